"""Seconds of a training step, beside the machine's floor for its matrix products.

The floor is the arithmetic of the step's matrix products at the rate of one large product, all cores
or the whole accelerator, measured in the same run. A step is forward, backward and update, its noise
drawn; it is measured as an epoch's time divided by its steps, the median over epochs.
"""

import time
from collections.abc import Callable
from typing import Any

import _record
import numpy as np
from _networks import SIZES, Sizes
from _stepping import seconds_per_step

from lfads.devices import configure_devices, describe_devices, local_devices

PATHS: dict[str, dict[str, Any]] = {
    "default": {},
    "by scans": {"recurrence": "scan"},
    "one device": {"num_shards": 1},
    "time in segments": {"time_segments": 10},
    "trials streamed": {"stream_steps": 2},
}
"""Settings of the training run, by what they change."""


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["small", "paper"])
    parser.add_argument("--paths", nargs="+", choices=PATHS, default=list(PATHS))
    parser.add_argument("--epochs", type=int, default=7, help="timed, after one to warm up")
    arguments = parser.parse_args()
    configure_devices()
    results: dict[str, Any] = {"ceilings": ceilings()}
    for name in arguments.sizes:
        sizes = SIZES[name]
        results[name] = {"sizes": vars(sizes), "step_gflop": sizes.step_flops / 1e9}
        for path in arguments.paths:
            results[name][path] = timed(sizes, arguments.epochs, PATHS[path])
    _record.record(results, arguments.out, describe_devices())


def timed(sizes: Sizes, epochs: int, training: dict[str, Any]) -> dict[str, float]:
    """Seconds of a step, and their ratio to the floor."""
    step = seconds_per_step(sizes, epochs, **training)
    # Measured again each time: on a shared machine the rate changes while the benchmark runs.
    product = product_flops()
    floor = sizes.step_flops / product
    return {
        **step,
        "product_gflops": product / 1e9,
        "floor_seconds": floor,
        "ratio_to_floor": step["seconds"] / floor,
        "peak_mib_so_far": _record.peak_mib(),
    }


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

    from lfads.training.sharding import make_mesh

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
