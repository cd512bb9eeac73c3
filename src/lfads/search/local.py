"""A population on the devices of this process, trained in one compiled call.

Members are spread over devices; where there are more devices than members can use, several share the
batches of one member, as in a single training. On a device members take turns on a CPU, whose cores are
busy with one, and stand side by side (`vmap`) on a GPU, as many as memory allows. A member's numbers
do not depend on the others: each has its own seed, order of trials and hyperparameters.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, Int, UInt32

from lfads.config import RunConfig, SearchConfig
from lfads.data.batching import Steps, TrialArrays, as_steps, cut_into_steps, epoch_order
from lfads.devices import local_devices
from lfads.hyperparameters import HyperParameters
from lfads.model.lfads import LFADS
from lfads.training.epochs import TrainingData, epoch_record
from lfads.training.schedules import learning_rate_factor, ramp_weight
from lfads.training.sharding import EVERYWHERE, STEP_SPECS, place
from lfads.training.step import (
    SHARDS,
    EpochFunctions,
    EpochSettings,
    Sums,
    TrainState,
    epoch_functions,
)
from lfads.training.tracking import EpochRecord

MEMBERS = "members"
"""The axis of the devices that have members of their own."""

SECONDS_PER_CALL = 15.0
"""After about so long Python looks at signals and shows progress, within a generation as well."""


class MemberSums(NamedTuple):
    """Sums of every member, epoch and step."""

    train: Sums
    valid: Sums


class MemberRuns(NamedTuple):
    """What differs between members, members first."""

    states: TrainState
    seeds: UInt32[Array, " member"]
    hyperparameters: HyperParameters
    orders: Int[Array, "member epoch step slot"]


RUN_SPECS: Any = MemberRuns(
    PartitionSpec(MEMBERS),  # type: ignore[arg-type]
    PartitionSpec(MEMBERS),  # type: ignore[arg-type]
    PartitionSpec(MEMBERS),  # type: ignore[arg-type]
    PartitionSpec(MEMBERS, None, None, SHARDS),  # type: ignore[arg-type]
)
"""Where they lie: members on their devices, the slots of a step on those that share it."""


class EpochsToRun(NamedTuple):
    """What epochs have in common; rows from `num_epochs` on are not run."""

    ramps: Float[Array, " epoch"]
    factors: Float[Array, " epoch"]
    num_epochs: Int[Array, ""]


def layout(population: int, num_devices: int, most_shards: int) -> tuple[int, int]:
    """(devices that have members of their own, devices that share each member's batches).

    The product is at most the number of devices, and the fewest turns are taken.

    >>> layout(20, 4, 8), layout(5, 4, 8), layout(1, 4, 2)
    ((4, 1), (1, 4), (1, 2))
    """

    def turns(across: int) -> tuple[float, int]:
        shards = min(num_devices // across, most_shards)
        return -(-population // across) / shards, -across

    across = min(range(1, min(population, num_devices) + 1), key=turns)
    return across, min(num_devices // across, most_shards)


def compile_generation(
    mesh: Mesh, functions: EpochFunctions, members_at_once: int
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
    """

    def generation(
        runs: MemberRuns,
        epochs: EpochsToRun,
        trials: TrialArrays,
        trials_in_step: Array,
        valid_trials: TrialArrays,
        valid_steps: Steps,
    ) -> tuple[TrainState, MemberSums]:
        def member(run: MemberRuns) -> tuple[TrainState, MemberSums]:
            def epoch(index: Array, carried: tuple[TrainState, MemberSums]) -> Any:
                state, rows = carried
                ramp, factor = epochs.ramps[index], epochs.factors[index]
                settings = EpochSettings(run.hyperparameters, ramp, factor, run.seeds)
                slots = run.orders[index]
                steps = Steps(slots, trials_in_step, jnp.int32(len(slots)))  # type: ignore[arg-type]
                state, trained = functions.train_epoch(state, trials, steps, settings)
                scored = functions.evaluate(state.average, valid_trials, valid_steps, run.seeds)
                sums = MemberSums(trained, scored)
                return state, jax.tree.map(lambda row, x: row.at[index].set(x), rows, sums)

            num_rows, num_steps = run.orders.shape[:2]
            rows = MemberSums(
                Sums(*(jnp.zeros((num_rows, num_steps)) for _ in Sums._fields)),
                Sums(*(jnp.zeros((num_rows, len(valid_steps.slots))) for _ in Sums._fields)),
            )
            return lax.fori_loop(0, epochs.num_epochs, epoch, (run.states, rows))

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


class LocalEngine:
    """Trains a population, or a part of one, on the devices of this process.

    Parameters
    ----------
    static_model
        The network without its arrays.
    data
        Trials.
    config
        With every setting resolved.
    seeds
        Of each member.
    """

    def __init__(
        self, static_model: LFADS, data: TrainingData, config: RunConfig, seeds: list[int]
    ) -> None:
        training = config.training
        self.config, self.data, self.seeds = config, data, seeds
        search = config.search or SearchConfig()
        devices = local_devices()
        shards = min(training.num_shards or 1, len(devices))
        across = min(len(seeds), len(devices) // shards)
        chosen = np.array(devices[: across * shards]).reshape(across, shards)
        self.mesh = Mesh(chosen, (MEMBERS, SHARDS))
        self.num_shards, self.num_places = shards, -(-len(seeds) // across) * across
        at_once = _divisor(self.num_places // across, search.members_at_once)
        functions = epoch_functions(static_model, config.objective, training, shards)
        self.compiled = compile_generation(self.mesh, functions, at_once)
        self.trials, self.valid_trials = (
            place(trials, self.mesh, EVERYWHERE) for trials in (data.train, data.valid)
        )
        num_valid = data.valid.counts.shape[0]
        batch_size = min(training.batch_size or 1, num_valid)
        valid_slots = cut_into_steps(np.arange(num_valid), batch_size, shards)
        self.valid_steps = place(as_steps(valid_slots), self.mesh, STEP_SPECS)
        self.epochs_per_call, self.most_epochs = 1, search.epochs_per_generation

    def train(
        self,
        states: TrainState,
        values: Mapping[str, Float[np.ndarray, " member"]],
        first_epoch: int,
        num_epochs: int,
    ) -> Iterator[tuple[TrainState, list[list[EpochRecord]]]]:
        """Some epochs more, given back piece by piece: all states, and for each member its records.

        Parameters
        ----------
        states
            Of all members, members first.
        values
            Hyperparameters by name, one value a member.
        first_epoch
            Counted from 1.
        num_epochs
            How many.
        """
        epoch, last = first_epoch, first_epoch + num_epochs - 1
        while epoch <= last:
            number = min(self.epochs_per_call, last - epoch + 1)
            began = time.monotonic()
            states, records = self._call(states, values, range(epoch, epoch + number))
            seconds = (time.monotonic() - began) / number
            yield states, records
            epoch += number
            self.epochs_per_call = max(1, min(self.most_epochs, int(SECONDS_PER_CALL / seconds)))

    def _call(
        self, states: TrainState, values: Mapping[str, Any], epochs: range
    ) -> tuple[TrainState, list[list[EpochRecord]]]:
        """One compiled call."""
        training, batch_size = self.config.training, self.config.training.batch_size or 1
        num_trials = self.data.train.counts.shape[0]
        orders = np.stack([
            [epoch_order(num_trials, batch_size, self.num_shards, seed, epoch) for epoch in epochs]
            for seed in self.seeds
        ])  # fmt: skip
        trials_in_step = as_steps(orders[0, 0]).num_trials
        ramps = [ramp_weight(epoch, training.ramp_epochs or 0) for epoch in epochs]
        factors = [learning_rate_factor(epoch, training, 1.0) for epoch in epochs]
        unused = self.most_epochs - len(epochs)
        runs = MemberRuns(
            states=states,
            seeds=np.array(self.seeds, np.uint32),  # type: ignore[arg-type]
            hyperparameters=HyperParameters(
                **{name: np.asarray(column, np.float32) for name, column in values.items()}
            ),
            orders=np.pad(orders, ((0, 0), (0, unused), (0, 0), (0, 0))),  # type: ignore[arg-type]
        )
        to_run = EpochsToRun(
            ramps=np.pad(np.array(ramps, np.float32), (0, unused)),  # type: ignore[arg-type]
            factors=np.pad(np.array(factors, np.float32), (0, unused)),  # type: ignore[arg-type]
            num_epochs=np.asarray(len(epochs), np.int32),  # type: ignore[arg-type]
        )
        places = np.arange(self.num_places) % len(self.seeds)  # devices without a member repeat one
        runs = jax.tree.map(lambda x: np.asarray(x)[places], runs)
        given = MemberRuns(*map(place, runs, [self.mesh] * len(runs), RUN_SPECS))
        shared = place((to_run, trials_in_step), self.mesh, EVERYWHERE)
        states, sums = jax.device_get(
            self.compiled(
                given, shared[0], self.trials, shared[1], self.valid_trials, self.valid_steps
            )
        )
        states = jax.tree.map(lambda x: x[: len(self.seeds)], states)
        return states, self._records(epochs, values, states, sums, ramps, factors)

    def _records(
        self, epochs: range, values: Mapping[str, Any], states: TrainState, sums: MemberSums,
        ramps: list[float], factors: list[float],
    ) -> list[list[EpochRecord]]:  # fmt: skip
        """Records of each member. Steps dropped are those at the end of the call."""

        def record(member: int, row: int) -> EpochRecord:
            train, valid = jax.tree.map(lambda x: x[member, row], sums)
            rate = factors[row] * float(values["learning_rate"][member])
            dropped = int(np.asarray(states.dropped)[member])
            return epoch_record(epochs[row], ramps[row], rate, dropped, train, valid, self.data)

        return [[record(m, row) for row in range(len(epochs))] for m in range(len(self.seeds))]


def _divisor(number: int, most: int | None) -> int:
    """The largest divisor of a number up to a limit."""
    return max(d for d in range(1, number + 1) if number % d == 0 and d <= (most or 1))


def stack(states: list[TrainState]) -> TrainState:
    """States of members as one, members first, in the host's memory."""
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(x) for x in leaves]), *states)


def take(states: TrainState, source: Int[np.ndarray, " member"]) -> TrainState:
    """Each member the state of its source."""
    return jax.tree.map(lambda x: np.asarray(x)[source], states)


def state_of(states: TrainState, member: int) -> TrainState:
    """The state of one member."""
    return jax.tree.map(lambda x: np.array(x[member]), states)


def static_part(model: LFADS) -> LFADS:
    """The network without its arrays."""
    return eqx.filter(model, eqx.is_inexact_array, inverse=True)
