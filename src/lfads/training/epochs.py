"""One epoch after another: trials to the devices, the compiled functions, and a record of each.

Nothing is kept between epochs but what is compiled.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from lfads.config import RunSettings
from lfads.model.lfads import LFADS
from lfads.training.batching import TrialArrays, epoch_order, in_order
from lfads.training.buckets import buckets_by_length
from lfads.training.feed import BucketedTrials, Feed, Slots, feed_of
from lfads.training.schedules import Course, learning_rate_factor, ramp_weight
from lfads.training.sharding import EVERYWHERE, compile_run, place
from lfads.training.step import EpochSettings, Sums, TrainState
from lfads.training.tracking import EpochRecord
from lfads.training.trials import TrainingData


class Epochs:
    """Runs the epochs of one network on one set of trials.

    Parameters
    ----------
    static_model
        The network without its arrays.
    data
        Trials.
    config
        With every setting resolved.
    mesh
        Devices that share a batch.
    """

    def __init__(
        self, static_model: LFADS, data: TrainingData, config: RunSettings, mesh: Mesh
    ) -> None:
        training = config.training
        self.data, self.config, self.mesh = data, config, mesh
        self.num_forward_bins = static_model.shapes.num_forward_bins
        self.compiled = compile_run(
            mesh,
            static_model,
            config.objective,
            training,
            trials_are_shared=not training.stream_steps,
        )
        self.train, self.bucket = self._feed(data.train)
        self.valid, bucket = self._feed(data.valid)
        self.valid_slots = in_order(self.valid.num_trials, training.batch_size, mesh.size, bucket)

    def _feed(self, trials: TrialArrays) -> tuple[Feed, np.ndarray | None]:
        """Trials on their way to the devices, and their buckets, if they are not all in one."""
        training, model = self.config.training, self.config.model
        steps_at_a_time = training.stream_steps
        if training.length_buckets == 1 or trials.trial_length is None:
            return feed_of(trials, self.mesh, steps_at_a_time), None
        fewest = model.initial_condition_length + self.num_forward_bins + 2
        lengths = np.maximum(trials.trial_length, fewest)
        buckets = buckets_by_length(lengths, training.length_buckets)
        return BucketedTrials(trials, buckets, self.mesh, steps_at_a_time), buckets.of_trial

    def run(self, state: TrainState, course: Course) -> tuple[TrainState, EpochRecord]:
        """One epoch and its validation."""
        training, epoch = self.config.training, course.epoch + 1
        ramp = ramp_weight(epoch, training.ramp_epochs)
        factor = learning_rate_factor(epoch, training, course.plateau_factor)
        batch_size, seed = training.batch_size, self.config.seed
        slots = epoch_order(
            self.train.num_trials, batch_size, self.mesh.size, seed, epoch, self.bucket
        )
        state, sums = self.train_one(state, slots, ramp, factor)
        valid = self.validate(state)
        rate = factor * self.config.hyperparameters.learning_rate
        dropped = int(state.dropped)
        return state, epoch_record(epoch, ramp, rate, dropped, sums, valid, self.data)

    def train_one(
        self, state: TrainState, slots: Slots, ramp: float, factor: float
    ) -> tuple[TrainState, Sums]:
        """An epoch of the given steps, at a ramp's weight and a factor of the learning rate."""
        settings, parts = self.settings(ramp, factor), []
        for trials, steps in self.train.parts(slots):
            state, sums = self.compiled.train_epoch(state, trials, steps, settings)
            parts.append((sums, steps.num_steps))
        return state, _rows_run(parts)

    def settings(self, ramp: float, factor: float) -> EpochSettings:
        """What an epoch is told beside its steps."""
        settings = EpochSettings(
            hyperparameters=self.config.hyperparameters.traced(),
            ramp=jnp.float32(ramp),
            learning_rate_factor=jnp.float32(factor),
            seed=jnp.uint32(self.config.seed),
        )
        return place(settings, self.mesh, EVERYWHERE)

    def validate(self, state: TrainState) -> Sums:
        """A pass over the validation trials with the averaged weights."""
        seed = place(np.uint32(self.config.seed), self.mesh, EVERYWHERE)
        parts = [
            (self.compiled.evaluate(state.average, trials, steps, seed), steps.num_steps)
            for trials, steps in self.valid.parts(self.valid_slots)
        ]
        return _rows_run(parts)


def epoch_record(
    epoch: int,
    ramp: float,
    learning_rate: float,
    dropped: int,
    train: Sums,
    valid: Sums,
    data: TrainingData,
) -> EpochRecord:
    """What an epoch's sums say; time and the smoothed score are left at 0."""
    valid_nll = _ratio(valid.nll, valid.num_scored)
    gain = data.valid_null_nll - valid_nll
    return EpochRecord(
        epoch=epoch,
        seconds=0.0,
        learning_rate=learning_rate,
        ramp=ramp,
        train_loss=float(np.mean(train.loss)),
        train_nll=_ratio(train.nll, train.num_scored),
        train_kl_initial_condition=_ratio(train.kl_initial_condition, train.num_trials),
        train_kl_inferred_inputs=_ratio(train.kl_inferred_inputs, train.num_trials),
        train_l2=float(np.mean(train.l2)),
        gradient_norm=float(np.mean(train.gradient_norm)),
        dropped_steps=dropped,
        valid_nll=valid_nll,
        valid_kl_initial_condition=_ratio(valid.kl_initial_condition, valid.num_trials),
        valid_kl_inferred_inputs=_ratio(valid.kl_inferred_inputs, valid.num_trials),
        valid_bits_per_spike=gain / (data.valid_spikes_per_sample * math.log(2)),
        valid_bits_per_sample=gain / math.log(2),
        valid_smoothed=0.0,
        train_sample_nll=_ratio(train.nll_removed, train.num_removed),
        valid_sample_nll=_ratio(valid.nll_removed, valid.num_removed),
    )


def _ratio(numerator: Any, denominator: Any) -> float:
    total = float(np.sum(denominator, dtype=np.float64))
    return float(np.sum(numerator, dtype=np.float64)) / total if total else math.nan


def _rows_run(parts: list[tuple[Sums, Any]]) -> Sums:
    """Sums of the steps that were run, of all parts, in the host's memory."""
    on_host = jax.device_get(parts)
    rows = [jax.tree.map(lambda x, n=int(count): x[:n], sums) for sums, count in on_host]
    return jax.tree.map(lambda *parts: np.concatenate(parts), *rows)
