"""Devices that share a batch, on one machine or on several, and what lies where on them.

Several processes (one for each machine, say) run the same program on the same data. The first one
writes files and takes the decisions that depend on clocks and signals.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import PyTree

from lfads.config import ObjectiveConfig, TrainingSettings
from lfads.devices import local_devices
from lfads.model.lfads import LFADS
from lfads.training.batching import Steps
from lfads.training.step import PROGRAMS_KEPT, SHARDS, EpochFunctions, epoch_functions

EVERYWHERE = PartitionSpec()


def axes(*names: str | None) -> Any:
    """A specification by axis, to stand in a tree in the place of an array."""
    return PartitionSpec(*names)


STEP_SPECS = Steps(slots=axes(None, SHARDS), num_trials=axes(), num_steps=axes())
"""Each device has its slots of every step."""


def make_mesh(num_shards: int) -> Mesh:
    """Devices of this process along one axis; fewer than asked if there are fewer."""
    return Mesh(np.array(local_devices()[:num_shards]), (SHARDS,))


def make_training_mesh(num_shards: int) -> Mesh:
    """Devices of all processes along one axis, as many of each process."""
    number = jax.process_count()
    each = max(1, num_shards // number)
    own = [[d for d in jax.devices() if d.process_index == process] for process in range(number)]
    return Mesh(np.concatenate([devices[:each] for devices in own]), (SHARDS,))


def place(tree: PyTree, mesh: Mesh, spec: Any) -> PyTree:
    """The tree on the devices, laid out by one specification or by a tree of them.

    Every process gives the same arrays, and copies to its devices what belongs there.
    """

    def put(leaf: Any, layout: PartitionSpec) -> jax.Array:
        value = np.asarray(leaf)
        sharding = NamedSharding(mesh, layout)
        return jax.make_array_from_callback(value.shape, sharding, lambda index: value[index])

    if isinstance(spec, PartitionSpec):
        return jax.tree.map(lambda leaf: put(leaf, spec), tree)
    return jax.tree.map(put, tree, spec)


def compile_run(
    mesh: Mesh,
    static_model: LFADS,
    objective: ObjectiveConfig,
    training: TrainingSettings,
    *,
    trials_are_shared: bool = True,
) -> EpochFunctions:
    """Compiled epoch and evaluation, their batches shared among devices.

    Parameters
    ----------
    mesh
        Devices, along the axis `shards`.
    static_model
        The network without its arrays (`equinox.partition`).
    trials_are_shared
        Every device holds every trial; otherwise each holds those of its own slots.
    """
    functions = epoch_functions(static_model, objective, training, mesh.size)
    return _compiled(mesh, functions, trials_are_shared)


@lru_cache(PROGRAMS_KEPT)
def _compiled(mesh: Mesh, functions: EpochFunctions, trials_are_shared: bool) -> EpochFunctions:
    trials = EVERYWHERE if trials_are_shared else PartitionSpec(SHARDS)

    def across_shards(function: Callable[..., Any]) -> Callable[..., Any]:
        return jax.shard_map(
            function,
            mesh=mesh,
            in_specs=(EVERYWHERE, trials, STEP_SPECS, EVERYWHERE),
            out_specs=EVERYWHERE,
            check_vma=False,
        )

    return EpochFunctions(
        train_epoch=jax.jit(across_shards(functions.train_epoch), donate_argnums=0),
        evaluate=jax.jit(across_shards(functions.evaluate)),
    )


def is_first_process() -> bool:
    """Whether this process writes the files."""
    return jax.process_index() == 0


def of_first_process(number: int) -> int:
    """The first process's number, in all of them: they must decide alike."""
    if jax.process_count() == 1:
        return number
    from jax.experimental import multihost_utils

    return int(multihost_utils.broadcast_one_to_all(np.int32(number)))
