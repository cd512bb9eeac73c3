"""A training step as `lfads train` takes it: its seconds, and the memory that it needs."""

import statistics
import time
import warnings
from typing import Any, NamedTuple

from _networks import Sizes, config_of, random_dataset


class Prepared(NamedTuple):
    """A training that is about to begin: `orders` has the slots of each epoch."""

    runner: Any
    state: Any
    orders: list[Any]


def prepared(sizes: Sizes, epochs: int, **training: Any) -> Prepared:
    """Data, first weights and the functions to compile. `training` are settings of the run."""
    import equinox as eqx

    from lfads.training.batching import epoch_order
    from lfads.training.defaults import resolve_defaults
    from lfads.training.epochs import Epochs
    from lfads.training.sharding import EVERYWHERE, make_mesh, place
    from lfads.training.sizes import sizes_of, this_machine
    from lfads.training.start import untrained_model
    from lfads.training.step import initial_state
    from lfads.training.trials import training_data

    dataset = random_dataset(sizes)
    asked = config_of(sizes, **training)
    config, _ = resolve_defaults(asked, sizes_of(dataset), this_machine())
    mesh = make_mesh(config.training.num_shards or 1)
    model = untrained_model(config, dataset)
    static = eqx.filter(model, eqx.is_inexact_array, inverse=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no trials validate
        data = training_data(dataset, config)
    runner = Epochs(static, data._replace(valid=data.train), config, mesh)
    state = place(initial_state(model, config.training), mesh, EVERYWHERE)
    orders = [epoch_order(sizes.num_trials, sizes.batch, mesh.size, 0, e) for e in range(epochs)]
    return Prepared(runner, state, orders)


def seconds_per_step(sizes: Sizes, epochs: int, **training: Any) -> dict[str, float]:
    """An epoch's time divided by its steps: median, least and largest over epochs.

    A first epoch, not counted, says how long compilation takes.
    """
    import jax

    runner, state, orders = prepared(sizes, epochs + 1, **training)
    seconds = []
    for slots in orders:
        began = time.perf_counter()
        state, sums = runner.train_one(state, slots, 1.0, 1.0)
        jax.block_until_ready((state, sums))
        seconds.append((time.perf_counter() - began) / len(slots))
    timed = seconds[1:]
    median = statistics.median(timed)
    return {
        "seconds": median,
        "seconds_least": min(timed),
        "seconds_most": max(timed),
        "seconds_to_compile": (seconds[0] - median) * len(orders[0]),
        "num_shards": runner.mesh.size,
    }


def temporary_mib(sizes: Sizes, **training: Any) -> float:
    """Memory of one device for what an epoch computes, beside its data and weights, as compiled."""
    runner, state, orders = prepared(sizes, 1, **training)
    trials, steps = next(iter(runner.train.parts(orders[0])))
    lowered = runner.compiled.train_epoch.lower(state, trials, steps, runner.settings(1.0, 1.0))
    return lowered.compile().memory_analysis().temp_size_in_bytes / 2**20
