"""Some epochs of a population as one compiled call.

Members are spread over devices; where there are more devices than members can use, several share the
batches of one member, as in a single training. On a device members take turns on a CPU, whose cores are
busy with one, and stand side by side (`vmap`) on a GPU, as many as memory allows. A member's numbers
do not depend on the others: each has its own seed, order of trials and hyperparameters.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, Int, PyTree, UInt32

from lfads.hyperparameters import HyperParameters
from lfads.search.members import Kept
from lfads.training.batching import Steps, TrialArrays
from lfads.training.schedules import is_best, smoothed_score
from lfads.training.sharding import EVERYWHERE, STEP_SPECS, axes
from lfads.training.step import (
    PROGRAMS_KEPT,
    SHARDS,
    EpochFunctions,
    EpochSettings,
    Sums,
    TrainState,
)
from lfads.training.tracking import deciding_score

MEMBERS = "members"
"""The axis of the devices that have members of their own."""


class MemberSums(NamedTuple):
    """Sums of every member, epoch and step, and the smoothed score after each epoch."""

    train: Sums
    valid: Sums
    smoothed: Float[Array | np.ndarray, "*member epoch"]


class MemberRuns(NamedTuple):
    """What differs between members, members first."""

    states: TrainState
    kept: Kept
    seeds: UInt32[Array | np.ndarray, " member"]
    hyperparameters: HyperParameters
    orders: Int[Array | np.ndarray, "member epoch step slot"]


RUN_SPECS: Any = MemberRuns(
    axes(MEMBERS), axes(MEMBERS), axes(MEMBERS), axes(MEMBERS), axes(MEMBERS, None, None, SHARDS)
)
"""Where they lie: members on their devices, the slots of a step on those that share it."""


class EpochsToRun(NamedTuple):
    """What epochs have in common; rows from `num_epochs` on are not run."""

    numbers: Int[Array | np.ndarray, " epoch"]
    ramps: Float[Array | np.ndarray, " epoch"]
    factors: Float[Array | np.ndarray, " epoch"]
    num_epochs: Int[Array | np.ndarray, ""]


def shards_each(population: int, num_devices: int, most_shards: int) -> int:
    """Devices that share each member's batches, so that the fewest turns are taken.

    >>> shards_each(20, 4, 8), shards_each(5, 4, 8), shards_each(1, 4, 2)
    (1, 4, 2)
    """

    def turns(across: int) -> tuple[float, int]:
        shards = min(num_devices // across, most_shards)
        return -(-population // across) / shards, -across

    across = min(range(1, min(population, num_devices) + 1), key=turns)
    return min(num_devices // across, most_shards)


@lru_cache(PROGRAMS_KEPT)
def compile_generation(
    mesh: Mesh, functions: EpochFunctions, members_at_once: int, score_smoothing: float
) -> Callable[[MemberRuns, EpochsToRun, TrialArrays, Any, TrialArrays, Steps], Any]:
    """Compiled training of all members for some epochs, each with its validation.

    Parameters
    ----------
    mesh
        Devices, along the axes `members` and `shards`.
    functions
        Of one shard.
    members_at_once
        Members that a device trains side by side.
    score_smoothing
        Share of the score before in a smoothed score.
    """

    def generation(
        runs: MemberRuns,
        epochs: EpochsToRun,
        trials: TrialArrays,
        trials_in_step: Any,
        valid_trials: TrialArrays,
        valid_steps: Steps,
    ) -> tuple[TrainState, Kept, MemberSums]:
        def member(run: MemberRuns) -> tuple[TrainState, Kept, MemberSums]:
            def epoch(index: Array, carried: tuple[TrainState, Kept, MemberSums]) -> Any:
                state, kept, rows = carried
                ramp, factor = epochs.ramps[index], epochs.factors[index]
                settings = EpochSettings(run.hyperparameters, ramp, factor, run.seeds)
                slots: Any = run.orders[index]
                num_steps: Any = jnp.int32(len(slots))
                steps = Steps(slots, trials_in_step, num_steps)
                state, trained = functions.train_epoch(state, trials, steps, settings)
                scored = functions.evaluate(state.average, valid_trials, valid_steps, run.seeds)
                number = epochs.numbers[index]
                kept = _keep(kept, state.average, scored, number, ramp < 1, score_smoothing)
                sums = MemberSums(trained, scored, kept.smoothed)
                rows = jax.tree.map(lambda row, x: row.at[index].set(x), rows, sums)
                return state, kept, rows

            rows_and_steps = run.orders.shape[:2]
            num_rows = rows_and_steps[0]
            rows = MemberSums(
                Sums(*(jnp.zeros(rows_and_steps) for _ in Sums._fields)),
                Sums(*(jnp.zeros((num_rows, len(valid_steps.slots))) for _ in Sums._fields)),
                jnp.zeros(num_rows),
            )
            return lax.fori_loop(0, epochs.num_epochs, epoch, (run.states, run.kept, rows))

        return lax.map(member, runs, batch_size=members_at_once if members_at_once > 1 else None)

    members = PartitionSpec(MEMBERS)
    return jax.jit(
        jax.shard_map(
            generation,
            mesh=mesh,
            in_specs=(RUN_SPECS, EVERYWHERE, EVERYWHERE, EVERYWHERE, EVERYWHERE, STEP_SPECS),
            out_specs=members,
            check_vma=False,
        )
    )


def _keep(
    kept: Kept, average: PyTree, scored: Sums, number: Any, in_ramp: Any, score_smoothing: float
) -> Kept:
    """The best weights after an epoch, by the rule of a training alone."""
    score = deciding_score(
        scored.nll.sum() / scored.num_scored.sum(),
        scored.nll_removed.sum() / scored.num_removed.sum(),
        jnp,
    )
    smoothed = smoothed_score(kept.smoothed, score, score_smoothing, jnp)
    best = is_best(smoothed, kept.score, in_ramp, jnp)
    found = Kept(average, jnp.where(in_ramp, jnp.inf, smoothed), number, smoothed)
    return jax.tree.map(lambda new, old: jnp.where(best, new, old), found, kept)._replace(
        smoothed=smoothed
    )
