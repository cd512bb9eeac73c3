"""Trials as rectangular arrays for the device, and the order in which an epoch visits them."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float, Int

from lfads.arrays import Counts, Observed, PerTrial, Signals
from lfads.data.places import Between
from lfads.data.session import Session


class TrialArrays(NamedTuple):
    """What the device holds of a session's trials. None where there is nothing to mark.

    `trial_id` numbers the trials within the dataset; the noise of a trial is keyed by it. Where there
    are several sessions, `session` numbers them, and neurons that a session does not have hold 0.
    `weight` is that of a trial in the objective, `beside` the training trials on both sides of it, for
    slow offsets.
    """

    counts: Counts | Signals
    trial_id: PerTrial
    trial_length: PerTrial | None
    observed: Observed | None
    external_inputs: Float[np.ndarray, "trial time external_input"] | None
    session: PerTrial | None = None
    weight: Float[np.ndarray, " trial"] | None = None
    beside: Between | None = None


class Steps(NamedTuple):
    """The trials of each step: `slots` (-1 where empty), and `num_trials` to divide their sum by.

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
        counts=part.values,
        trial_id=chosen.astype(np.int32),
        trial_length=part.trial_length.astype(np.int32) if ragged else None,
        observed=part.observed,
        external_inputs=None if external is None else external.astype(np.float32),
    )


def joined_trials(parts: Sequence[TrialArrays], first_ids: Sequence[int]) -> TrialArrays:
    """Trials of several sessions as one, padded to the longest trial and the widest session.

    Parameters
    ----------
    parts
        Trials of each session.
    first_ids
        What is added to the numbers of each session's trials.
    """
    num_bins, num_neurons = (max(part.counts.shape[axis] for part in parts) for axis in (1, 2))
    widest = np.result_type(*(part.counts.dtype for part in parts))
    total = sum(len(part.counts) for part in parts)
    counts = np.zeros((total, num_bins, num_neurons), widest)
    length = np.concatenate([
        np.full(len(part.counts), part.counts.shape[1], np.int32)
        if part.trial_length is None
        else part.trial_length
        for part in parts
    ])  # fmt: skip
    observed = external = None
    if any(part.observed is not None for part in parts):
        observed = np.ones(counts.shape, bool)
    channels = [part.external_inputs.shape[2] for part in parts if part.external_inputs is not None]
    if channels:
        external = np.zeros((total, num_bins, channels[0]), np.float32)
    start = 0
    for part in parts:
        rows, bins, neurons = (slice(n) for n in part.counts.shape)
        rows = slice(start, start := start + len(part.counts))
        counts[rows, bins, neurons] = part.counts
        if observed is not None and part.observed is not None:
            observed[rows, bins, neurons] = part.observed
        if external is not None and part.external_inputs is not None:
            external[rows, bins] = part.external_inputs
    ids = [part.trial_id + first for part, first in zip(parts, first_ids, strict=True)]
    return TrialArrays(
        counts=counts,
        trial_id=np.concatenate(ids).astype(np.int32),
        trial_length=length if (length != num_bins).any() else None,
        observed=observed,
        external_inputs=external,
        session=np.repeat(np.arange(len(parts), dtype=np.int32), [len(p.counts) for p in parts]),
    )


def epoch_order(
    num_trials: int,
    batch_size: int,
    num_shards: int,
    seed: int,
    epoch: int,
    bucket: Int[np.ndarray, " trial"] | None = None,
) -> Int[np.ndarray, "step slot"]:
    """A random order of all trials, cut into steps of nearly equal size.

    Every trial comes once. -1 marks empty slots, which fill the steps up to one size that the shards
    divide. The order depends on seed and epoch alone. Where trials have buckets, those of a step are of
    one bucket, and the steps of all buckets come in a random order.
    """
    rng = np.random.default_rng([seed, epoch])
    steps = cut_into_steps(rng.permutation(num_trials), batch_size, num_shards, bucket)
    return steps if bucket is None else rng.permutation(steps)


def cut_into_steps(
    order: Int[np.ndarray, " trial"],
    batch_size: int,
    num_shards: int,
    bucket: Int[np.ndarray, " trial"] | None = None,
) -> Int[np.ndarray, "step slot"]:
    """The given order in steps of nearly equal size, each of one bucket, -1 in empty slots."""
    if bucket is None:
        num_steps = -(-len(order) // batch_size)
        parts = np.array_split(order, num_steps)
        largest = max(len(part) for part in parts)
        num_slots = -(-largest // num_shards) * num_shards
        steps = np.full((num_steps, num_slots), -1, np.int32)
        for step, part in zip(steps, parts, strict=True):
            step[: len(part)] = part
        return steps
    buckets = [
        cut_into_steps(order[bucket[order] == each], batch_size, num_shards)
        for each in np.unique(bucket)
    ]
    num_slots = max(steps.shape[1] for steps in buckets)
    return np.concatenate([
        np.pad(steps, ((0, 0), (0, num_slots - steps.shape[1])), constant_values=-1)
        for steps in buckets
    ])  # fmt: skip


def in_order(
    num_trials: int,
    batch_size: int,
    num_shards: int,
    bucket: Int[np.ndarray, " trial"] | None = None,
) -> Int[np.ndarray, "step slot"]:
    """All trials as they come, bucket by bucket if they have one, in steps of at most `batch_size`."""
    return cut_into_steps(np.arange(num_trials), batch_size, num_shards, bucket)


def as_steps(slots: Int[np.ndarray, "step slot"], num_rows: int | None = None) -> Steps:
    """Steps of the given slots, all of which are run, in as many rows or more."""
    rows = with_rows(slots, len(slots) if num_rows is None else num_rows)
    filled = (rows >= 0).sum(1).astype(np.float32)
    return Steps(rows, filled, np.asarray(len(slots), np.int32))


def with_rows(slots: Int[np.ndarray, "step slot"], num_rows: int) -> Int[np.ndarray, "row slot"]:
    """Steps with empty ones behind them, up to so many."""
    return np.pad(slots, ((0, num_rows - len(slots)), (0, 0)), constant_values=-1)


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
    padded = with_rows(slots, num_rows)
    share = num_slots // num_shards
    rows = padded.reshape(num_rows, num_shards, share).swapaxes(0, 1).ravel()
    places = np.arange(num_rows * share, dtype=slots.dtype).reshape(num_rows, share)
    here = np.where(padded >= 0, np.tile(places, (1, num_shards)), -1)
    steps = as_steps(here.astype(slots.dtype))
    return np.maximum(rows, 0), steps._replace(num_steps=np.asarray(num_steps, np.int32))


def bucket_of(trials: TrialArrays, chosen: Int[np.ndarray, " trial"], num_bins: int) -> TrialArrays:
    """The chosen trials, none of which is longer than `num_bins`, cut to so many bins."""
    part = jax.tree.map(lambda x: x[chosen], trials)
    counts, observed, external = jax.tree.map(
        lambda x: x[:, :num_bins], (part.counts, part.observed, part.external_inputs)
    )
    length = part.trial_length
    return part._replace(
        counts=counts,
        trial_length=None if length is None or (length == num_bins).all() else length,
        observed=observed,
        external_inputs=external,
    )


def trial_bytes(trials: TrialArrays) -> int:
    """Bytes that one trial takes on a device."""
    return sum(x.nbytes for x in jax.tree.leaves(trials)) // len(trials.trial_id)
