"""The engine that trains a population on the devices of this process."""

import dataclasses
import time
from collections.abc import Iterator

import jax
import numpy as np
from jax.sharding import Mesh

from lfads.config import RunSettings, SearchSettings
from lfads.devices import local_devices
from lfads.hyperparameters import HyperParameters
from lfads.model.shapes import Shapes
from lfads.search.generation import MEMBERS, RUN_SPECS, EpochsToRun, MemberRuns, compile_generation
from lfads.search.members import Members, take
from lfads.training.batching import as_steps, epoch_order, in_order
from lfads.training.epochs import epoch_record
from lfads.training.schedules import learning_rate_factor, ramp_weight
from lfads.training.sharding import EVERYWHERE, STEP_SPECS, place
from lfads.training.sizes import activation_bytes, this_machine
from lfads.training.start import empty_model
from lfads.training.step import SHARDS, epoch_functions
from lfads.training.tracking import EpochRecord
from lfads.training.trials import TrainingData

Trained = tuple[Members, list[list[EpochRecord]]]
"""Members after some epochs, and the records of each."""

SECONDS_PER_CALL = 15.0
"""After about so long Python looks at signals and shows progress, within a generation as well."""


class LocalEngine:
    """Trains a population, or a part of one, on the devices of this process.

    Parameters
    ----------
    shapes
        What the data fix about the network.
    data
        Trials.
    config
        With every setting resolved.
    num_members
        How many it trains at most.
    """

    def __init__(
        self, shapes: Shapes, data: TrainingData, config: SearchSettings, num_members: int
    ) -> None:
        training = config.training
        self.config, self.data = config, data
        search = config.search
        devices = local_devices()
        shards = min(training.num_shards, len(devices))
        across = min(num_members, len(devices) // shards)
        chosen = np.array(devices[: across * shards]).reshape(across, shards)
        self.mesh = Mesh(chosen, (MEMBERS, SHARDS))
        self.num_shards, self.num_places = shards, -(-num_members // across) * across
        each = self.num_places // across
        most = search.members_at_once
        if most is None:
            most, _ = members_side_by_side(config, shapes, each)
        at_once = max(d for d in range(1, each + 1) if each % d == 0 and d <= most)
        static = empty_model(config.model, shapes, training.recurrence)[1]
        functions = epoch_functions(static, config.objective, training, shards)
        self.compiled = compile_generation(self.mesh, functions, at_once, training.score_smoothing)
        self.trials, self.valid_trials = (
            place(trials, self.mesh, EVERYWHERE) for trials in (data.train, data.valid)
        )
        num_valid = data.valid.counts.shape[0]
        valid_slots = in_order(num_valid, training.batch_size, shards)
        self.valid_steps = place(as_steps(valid_slots), self.mesh, STEP_SPECS)
        self.epochs_per_call, self.most_epochs = 1, search.epochs_per_generation

    def train(self, members: Members, first_epoch: int, num_epochs: int) -> Iterator[Trained]:
        """Some epochs more, given back piece by piece: the members, and for each its records.

        Parameters
        ----------
        members
            To train.
        first_epoch
            Counted from 1.
        num_epochs
            How many.
        """
        epoch, last = first_epoch, first_epoch + num_epochs - 1
        while epoch <= last:
            number = min(self.epochs_per_call, last - epoch + 1)
            began = time.monotonic()
            members, records = self._call(members, range(epoch, epoch + number))
            seconds = (time.monotonic() - began) / number
            yield members, records
            epoch += number
            self.epochs_per_call = max(1, min(self.most_epochs, int(SECONDS_PER_CALL / seconds)))

    def _call(self, members: Members, epochs: range) -> Trained:
        """One compiled call."""
        training, batch_size = self.config.training, self.config.training.batch_size
        num_trials, unused = self.data.train.counts.shape[0], self.most_epochs - len(epochs)
        orders = np.stack([
            [epoch_order(num_trials, batch_size, self.num_shards, seed, epoch) for epoch in epochs]
            for seed in members.seeds.tolist()
        ])  # fmt: skip
        trials_in_step = as_steps(orders[0, 0]).num_trials
        ramps = [ramp_weight(epoch, training.ramp_epochs) for epoch in epochs]
        factors = [learning_rate_factor(epoch, training, 1.0) for epoch in epochs]
        places = np.arange(self.num_places) % len(orders)  # devices without a member repeat one
        placed: Members = take(members, places)
        values = {name: np.float32(column) for name, column in placed.values.items()}
        orders = np.pad(orders, ((0, 0), (0, unused), (0, 0), (0, 0)))[places]
        runs = MemberRuns(
            placed.states, placed.kept, placed.seeds, HyperParameters(**values), orders
        )
        number, *course = (
            np.pad(np.array(column, kind), (0, unused))
            for column, kind in ((epochs, np.int32), (ramps, np.float32), (factors, np.float32))
        )
        to_run = EpochsToRun(number, *course, num_epochs=np.asarray(len(epochs), np.int32))
        given = MemberRuns(*map(place, runs, [self.mesh] * len(runs), RUN_SPECS))
        to_run, in_step = place((to_run, trials_in_step), self.mesh, EVERYWHERE)
        states, kept, sums = jax.device_get(
            self.compiled(given, to_run, self.trials, in_step, self.valid_trials, self.valid_steps)
        )
        num_members = len(members.seeds)
        states, kept = jax.tree.map(lambda x: x[:num_members], (states, kept))

        def record(member: int, row: int) -> EpochRecord:
            train, valid, smoothed = jax.tree.map(lambda x: x[member, row], sums)
            rate = factors[row] * float(members.values["learning_rate"][member])
            dropped = int(np.asarray(states.dropped)[member])  # at the end of the call
            found = epoch_record(epochs[row], ramps[row], rate, dropped, train, valid, self.data)
            return dataclasses.replace(found, valid_smoothed=float(smoothed))

        records = [[record(m, row) for row in range(len(epochs))] for m in range(num_members)]
        return members._replace(states=states, kept=kept), records


def members_side_by_side(config: RunSettings, shapes: Shapes, most: int) -> tuple[int, str]:
    """Members that one device of this process trains at the same time, and why so many."""
    if local_devices()[0].platform == "cpu":
        return 1, "a core trains one at a time"
    needed = activation_bytes(config.model, config.training.batch_size, shapes)
    return max(1, min(most, this_machine().activation_bytes // needed)), "as many as memory allows"
