"""Trials on their way to the devices: all at once, or a few steps at a time, or by their length.

A feed gives the parts of a pass over its trials, each with the steps to run. What is computed does not
depend on the parts: noise is keyed by trial and step.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Int

from lfads.training.batching import Steps, TrialArrays, as_steps, bucket_of, part_of_epoch
from lfads.training.buckets import Buckets
from lfads.training.sharding import EVERYWHERE, STEP_SPECS, place
from lfads.training.step import SHARDS

Part = tuple[TrialArrays, Steps]
Slots = Int[np.ndarray, "step slot"]


class ResidentTrials:
    """Trials that stay on the devices, each of which holds all of them."""

    def __init__(self, trials: TrialArrays, mesh: Mesh) -> None:
        self.mesh, self.num_trials = mesh, trials.counts.shape[0]
        self.trials = place(trials, mesh, EVERYWHERE)

    def parts(
        self, slots: Slots, num_rows: int | None = None, step_size: float | None = None
    ) -> Iterator[Part]:
        """One part: everything, compiled for so many steps."""
        steps = _of_size(as_steps(slots, num_rows), step_size)
        yield self.trials, place(steps, self.mesh, STEP_SPECS)


class StreamedTrials:
    """Trials that stay in the host's memory; those of the next steps are laid out while others run."""

    def __init__(self, trials: TrialArrays, mesh: Mesh, steps_at_a_time: int) -> None:
        self.mesh, self.num_trials = mesh, trials.counts.shape[0]
        self.trials, self.steps_at_a_time = trials, steps_at_a_time

    def parts(
        self, slots: Slots, num_rows: int | None = None, step_size: float | None = None
    ) -> Iterator[Part]:
        """As many steps at a time as were asked for; fewer in the last part."""
        num_rows = min(self.steps_at_a_time, len(slots) if num_rows is None else num_rows)
        parts = [slots[start : start + num_rows] for start in range(0, len(slots), num_rows)]
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="lfads-feed") as worker:
            coming = worker.submit(self._part, parts[0], num_rows, step_size)
            for following in [*parts[1:], None]:
                part = coming.result()
                if following is not None:
                    coming = worker.submit(self._part, following, num_rows, step_size)
                yield part

    def _part(self, slots: Slots, num_rows: int, step_size: float | None) -> Part:
        rows, steps = part_of_epoch(slots, num_rows, self.mesh.size)
        steps = _of_size(steps, step_size)
        chosen = jax.tree.map(lambda x: x[rows], self.trials)
        return place(chosen, self.mesh, PartitionSpec(SHARDS)), place(steps, self.mesh, STEP_SPECS)


def _of_size(steps: Steps, step_size: float | None) -> Steps:
    """The steps, as if each held so many trials, if that is given."""
    if step_size is None:
        return steps
    return steps._replace(num_trials=np.full_like(steps.num_trials, step_size))


class BucketedTrials:
    """Trials in buckets of similar length, each with a feed of its own; a step is of one bucket.

    The loss of every step is divided by the mean number of trials in a step, so that the trials of small
    buckets count no more than others.
    """

    def __init__(
        self, trials: TrialArrays, buckets: Buckets, mesh: Mesh, steps_at_a_time: int
    ) -> None:
        self.num_trials, self.num_shards = len(trials.counts), mesh.size
        self.bucket = buckets.of_trial
        self.feeds = [
            feed_of(bucket_of(trials, chosen, num_bins), mesh, steps_at_a_time)
            for chosen, num_bins in zip(buckets.trials, buckets.num_bins, strict=True)
        ]
        self.place_in_bucket = np.zeros(self.num_trials, np.int32)
        for chosen in buckets.trials:
            self.place_in_bucket[chosen] = np.arange(len(chosen))

    def parts(self, slots: Slots) -> Iterator[Part]:
        """Steps of one bucket that follow one another are a part."""
        bucket = self.bucket[slots.max(1)]
        local = np.where(slots >= 0, self.place_in_bucket[slots], -1).astype(slots.dtype)
        most = (slots >= 0).sum(1)
        for run in np.split(np.arange(len(slots)), np.flatnonzero(np.diff(bucket)) + 1):
            alike = bucket == bucket[run[0]]
            num_slots = -(-most[alike].max() // self.num_shards) * self.num_shards
            feed, size = self.feeds[bucket[run[0]]], self.num_trials / len(slots)
            yield from feed.parts(local[run, :num_slots], int(alike.sum()), size)


def feed_of(
    trials: TrialArrays, mesh: Mesh, steps_at_a_time: int
) -> ResidentTrials | StreamedTrials:
    """Trials that stay on the devices, unless they come some steps at a time."""
    if not steps_at_a_time:
        return ResidentTrials(trials, mesh)
    return StreamedTrials(trials, mesh, steps_at_a_time)


Feed = ResidentTrials | StreamedTrials | BucketedTrials
