"""Trials as rectangular arrays for the device, and the order in which an epoch visits them."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from lfads.arrays import Counts, Observed, PerTrial
from lfads.data.session import Session


class TrialArrays(NamedTuple):
    """What the device holds of a session's trials. None where there is nothing to mark.

    `trial_id` numbers the trials within the dataset; the noise of a trial is keyed by it.
    """

    counts: Counts
    trial_id: PerTrial
    trial_length: PerTrial | None
    observed: Observed | None
    external_inputs: Float[np.ndarray, "trial time external_input"] | None


class Steps(NamedTuple):
    """The trials of each step: `slots` (-1 where empty), and how many they hold.

    Rows from `num_steps` on are not run.
    """

    slots: Int[np.ndarray, "step slot"]
    num_trials: Float[np.ndarray, " step"]
    num_steps: Int[np.ndarray, ""]


def trial_arrays(session: Session, trials: Bool[np.ndarray, " trial"]) -> TrialArrays:
    """The chosen trials of a session as arrays for the device."""
    chosen = np.flatnonzero(trials)
    part = session.take(chosen)
    ragged = bool((session.trial_length != session.num_bins).any())
    external = part.external_inputs
    return TrialArrays(
        counts=part.spikes,
        trial_id=chosen.astype(np.int32),
        trial_length=part.trial_length.astype(np.int32) if ragged else None,
        observed=part.observed,
        external_inputs=None if external is None else external.astype(np.float32),
    )


def epoch_order(
    num_trials: int, batch_size: int, num_shards: int, seed: int, epoch: int
) -> Int[np.ndarray, "step slot"]:
    """A random order of all trials, cut into steps of nearly equal size.

    Every trial comes once. -1 marks empty slots, which fill the steps up to one size that the shards
    divide. The order depends on seed and epoch alone.
    """
    order = np.random.default_rng([seed, epoch]).permutation(num_trials)
    return cut_into_steps(order, batch_size, num_shards)


def cut_into_steps(
    order: Int[np.ndarray, " trial"], batch_size: int, num_shards: int
) -> Int[np.ndarray, "step slot"]:
    """The given order in steps of nearly equal size, -1 in empty slots."""
    num_steps = -(-len(order) // batch_size)
    parts = np.array_split(order, num_steps)
    largest = max(len(part) for part in parts)
    num_slots = -(-largest // num_shards) * num_shards
    steps = np.full((num_steps, num_slots), -1, np.int32)
    for step, part in zip(steps, parts, strict=True):
        step[: len(part)] = part
    return steps


def in_order(num_trials: int, batch_size: int, num_shards: int) -> Int[np.ndarray, "step slot"]:
    """All trials as they come, in steps of at most `batch_size`."""
    return cut_into_steps(np.arange(num_trials), min(batch_size, num_trials), num_shards)


def as_steps(slots: Int[np.ndarray, "step slot"]) -> Steps:
    """Steps of the given slots, all of which are run."""
    filled = (slots >= 0).sum(1).astype(np.float32)
    return Steps(slots, filled, np.asarray(len(slots), np.int32))


def part_of_epoch(
    slots: Int[np.ndarray, "step slot"], num_rows: int, num_shards: int
) -> tuple[Int[np.ndarray, " row"], Steps]:
    """Trials to lay out for these steps, shard by shard, and the steps in terms of those rows.

    A shard's rows follow one another in the order in which it visits them. There are `num_rows` steps,
    of which those that were given are run. Empty slots take the place of trial 0.

    >>> rows, steps = part_of_epoch(np.array([[3, 0, 2, -1], [4, 1, 5, 6]]), 2, num_shards=2)
    >>> rows
    array([3, 0, 4, 1, 2, 0, 5, 6])
    >>> steps.slots
    array([[ 0,  1,  0, -1],
           [ 2,  3,  2,  3]])
    """
    num_steps, num_slots = slots.shape
    padded = np.full((num_rows, num_slots), -1, slots.dtype)
    padded[:num_steps] = slots
    share = num_slots // num_shards
    rows = padded.reshape(num_rows, num_shards, share).swapaxes(0, 1).ravel()
    places = np.arange(num_rows * share, dtype=slots.dtype).reshape(num_rows, share)
    here = np.where(padded >= 0, np.tile(places, (1, num_shards)), -1)
    steps = as_steps(here.astype(slots.dtype))
    return np.maximum(rows, 0), steps._replace(num_steps=np.asarray(num_steps, np.int32))


def trial_bytes(trials: TrialArrays) -> int:
    """Bytes that one trial takes on a device."""
    return sum(x.nbytes for x in trials if x is not None) // len(trials.trial_id)


def mean_counts(session: Session) -> Float[np.ndarray, " neuron"]:
    """Mean count per bin of each neuron over observed training samples, never 0.

    A silent neuron gets the rate at which half a spike would have been expected.
    """
    training = session.of_split("train")
    known = np.broadcast_to(
        session.valid_bins()[training][:, :, None], session.spikes[training].shape
    )
    if session.observed is not None:
        known = known & session.observed[training]
    num_known = np.maximum(known.sum((0, 1)), 1)
    total = np.where(known, session.spikes[training], 0).sum((0, 1), dtype=np.float64)
    return np.maximum(total, 0.5) / num_known
