"""Seconds of a training step, beside the machine's floor for its matrix products.

The floor is the arithmetic of the step's matrix products at the rate of one large product, all cores
or the whole accelerator, measured in the same run. A step is forward, backward and update, its noise
drawn; it is measured as an epoch's time divided by its steps, the median over epochs.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import _record
import numpy as np

import lfads
from lfads.devices import configure_devices, describe_devices, local_devices

STEPS = 8


@dataclass(frozen=True)
class Sizes:
    """Of a data set and a network."""

    neurons: int
    bins: int
    batch: int
    generator: int
    encoder: int
    controller: int
    factors: int = 20
    inferred_inputs: int = 1
    held_out: int = 0
    forward_bins: int = 0

    @property
    def step_flops(self) -> float:
        """Multiplications and additions of the matrix products, forward and twice that backward."""
        encoded, decoded = self.bins - self.forward_bins, self.bins
        seen = self.neurons - self.held_out

        def gru(inputs: int, units: int) -> int:
            return 3 * units * (inputs + units)

        encoders = 4 * gru(seen, self.encoder)
        controller = gru(2 * self.encoder + self.factors, self.controller)
        controller += self.controller * 2 * self.inferred_inputs
        generator = gru(self.inferred_inputs, self.generator)
        read_out = self.generator * self.factors + self.factors * self.neurons
        per_trial = encoded * encoders + decoded * (controller + generator + read_out)
        return 3 * 2.0 * self.batch * per_trial


SIZES = {
    "small": Sizes(neurons=30, bins=100, batch=128, generator=100, encoder=64, controller=64),
    "paper": Sizes(neurons=50, bins=100, batch=128, generator=200, encoder=128, controller=128),
    "nlb": Sizes(
        neurons=182, held_out=45, bins=180, forward_bins=40, batch=256,
        generator=200, encoder=100, controller=80, factors=40, inferred_inputs=4,
    ),
    "wide": Sizes(
        neurons=500, bins=200, batch=128, generator=512, encoder=256, controller=256, factors=40,
        inferred_inputs=4,
    ),
    "tiny": Sizes(neurons=8, bins=20, batch=16, generator=16, encoder=16, controller=16),
}  # fmt: skip


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["small", "paper"])
    parser.add_argument("--epochs", type=int, default=7, help="timed, after one to warm up")
    parser.add_argument("--time-segments", type=int, help="instead of the default")
    arguments = parser.parse_args()
    configure_devices()
    results: dict[str, Any] = {"ceilings": ceilings()}
    for name in arguments.sizes:
        step = seconds_per_step(SIZES[name], arguments.epochs, arguments.time_segments)
        # Measured again for each: on a shared machine the rate changes while the benchmark runs.
        product = product_flops()
        floor = SIZES[name].step_flops / product
        results[name] = {
            "sizes": vars(SIZES[name]),
            "step_gflop": SIZES[name].step_flops / 1e9,
            **step,
            "product_gflops": product / 1e9,
            "floor_seconds": floor,
            "ratio_to_floor": step["seconds"] / floor,
        }
    _record.record(results, arguments.out, describe_devices())


def seconds_per_step(sizes: Sizes, epochs: int, time_segments: int | None) -> dict[str, float]:
    """Median, least and largest over epochs."""
    import equinox as eqx
    import jax
    from jax.sharding import NamedSharding, PartitionSpec

    from lfads.data.batching import epoch_order
    from lfads.training.defaults import resolve_defaults
    from lfads.training.loop import make_mesh
    from lfads.training.setup import sizes_of, this_machine, training_data, untrained_model
    from lfads.training.step import EpochSettings, compile_run, initial_state

    dataset = random_dataset(sizes)
    session = dataset.session
    asked = config_of(sizes, time_segments)
    config, _ = resolve_defaults(asked, sizes_of(session, dataset), this_machine())
    mesh = make_mesh(config.training.num_shards or 1)
    model = untrained_model(config, dataset)
    static = eqx.filter(model, eqx.is_inexact_array, inverse=True)
    compiled = compile_run(mesh, static, config.objective, config.training, config.seed)
    replicated = NamedSharding(mesh, PartitionSpec())
    state = jax.device_put(initial_state(model, config.training), replicated)
    trials = jax.device_put(training_data(session, config.model).train, replicated)
    one = np.float32(1)
    settings = EpochSettings(
        config.hyperparameters.traced(), jax.numpy.asarray(one), jax.numpy.asarray(one)
    )
    seconds = []
    for epoch in range(epochs + 1):
        order = epoch_order(trials.counts.shape[0], sizes.batch, mesh.size, 0, epoch)
        began = time.perf_counter()
        state, sums = compiled.train_epoch(state, trials, order, settings)
        jax.block_until_ready((state, sums))
        seconds.append((time.perf_counter() - began) / len(order))
    timed = seconds[1:]
    return {
        "seconds": statistics.median(timed),
        "seconds_least": min(timed),
        "seconds_most": max(timed),
        "num_shards": mesh.size,
    }


def random_dataset(sizes: Sizes) -> lfads.Dataset:
    """Counts without structure: time does not depend on it."""
    num_trials = STEPS * sizes.batch
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.1, (num_trials, sizes.bins, sizes.neurons)).astype(np.uint8)
    return lfads.Dataset.from_arrays(
        counts,
        bin_width_s=0.01,
        split=["train"] * num_trials,
        held_out_neurons=np.arange(sizes.neurons) < sizes.held_out,
        num_forward_bins=sizes.forward_bins,
        source="random counts",
    )


def config_of(sizes: Sizes, time_segments: int | None) -> lfads.RunConfig:
    """The network of these sizes."""
    return lfads.RunConfig(
        model=lfads.ModelConfig(
            num_factors=sizes.factors,
            generator_size=sizes.generator,
            encoder_size=sizes.encoder,
            controller_size=sizes.controller,
            num_inferred_inputs=sizes.inferred_inputs,
        ),
        training=lfads.TrainingConfig(batch_size=sizes.batch, time_segments=time_segments),
    )


# --- what the machine can do --------------------------------------------------------------------


def ceilings() -> dict[str, float]:
    """Rates of one large product and of one large copy."""
    import jax.numpy as jnp

    source = on_every_device(1 << 24, 1)
    copied = rate(lambda x: x + jnp.float32(1), 2 * source.nbytes, source)
    return {"product_gflops": product_flops() / 1e9, "copy_gbytes_per_s": copied / 1e9}


def product_flops() -> float:
    """Operations per second of a float32 product, each device its own."""
    size = 1024 if local_devices()[0].platform == "cpu" else 8192
    matrices = on_every_device(size, size)
    return rate(lambda x: x @ x, 2.0 * size**3 * len(local_devices()), matrices)


def on_every_device(*shape: int) -> Any:
    """One array for each device, along the first axis."""
    import jax
    import jax.numpy as jnp
    from jax.sharding import NamedSharding, PartitionSpec

    from lfads.training.loop import make_mesh

    mesh = make_mesh(len(local_devices()))
    spread = NamedSharding(mesh, PartitionSpec(mesh.axis_names[0]))
    return jax.device_put(jnp.full((mesh.size, *shape), 1e-3, jnp.float32), spread)


def rate(function: Callable[[Any], Any], amount: float, argument: Any) -> float:
    """Amount per second of a compiled function, the best of several times."""
    import jax

    compiled = jax.jit(function)
    jax.block_until_ready(compiled(argument))
    best = np.inf
    for _ in range(9):
        began = time.perf_counter()
        jax.block_until_ready(compiled(argument))
        best = min(best, time.perf_counter() - began)
    return amount / best


if __name__ == "__main__":
    main()
