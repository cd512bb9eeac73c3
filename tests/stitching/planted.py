"""Sessions whose counts follow latents that they share, exactly but for rounding."""

from collections.abc import Sequence

import numpy as np

from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.numerics.smoothing import SMOOTHING_S
from lfads.stitching.alignment import Alignment, inputs_of
from lfads.stitching.trial_averages import averages_of_all, encoded_parts

BIN_WIDTH_S = 0.01


def latents(num_conditions: int = 6, num_bins: int = 30, num: int = 3, seed: int = 0) -> np.ndarray:
    """Smooth courses, `condition time latent`."""
    rng = np.random.default_rng(seed)
    time = np.arange(num_bins) / num_bins
    frequency = rng.uniform(0.5, 2.0, (num_conditions, 1, num))
    phase = rng.uniform(0, 2 * np.pi, (num_conditions, 1, num))
    size = 0.6 ** np.arange(num)  # so that principal axes are determined
    return size * np.sin(2 * np.pi * (frequency * time[None, :, None] + phase))


def planted(
    sizes: Sequence[int] = (12, 9, 15),
    *,
    course: np.ndarray | None = None,
    conditions: Sequence[Sequence[int]] | None = None,
    bins: Sequence[int] | None = None,
    trials_per_condition: int = 3,
    labelled: bool = True,
    noise: float = 0.0,
    seed: int = 0,
) -> Dataset:
    """Sessions of so many neurons with counts round(2000 + 400 z w), with their own conditions or bins.

    What a neuron does depends neither on the conditions nor on the bins that its session has.
    """
    course = latents() if course is None else course
    sessions: list[Session] = []
    for number, size in enumerate(sizes):
        rng = np.random.default_rng([seed, number])
        weights = rng.normal(size=(course.shape[2], size))
        chosen = range(len(course)) if conditions is None else conditions[number]
        label = np.repeat(np.array(chosen), trials_per_condition)
        reached = course.shape[1] if bins is None else bins[number]
        counts = 2000 + 400 * course[label][:, :reached] @ weights
        counts = np.maximum(counts + noise * rng.normal(size=counts.shape), 0)
        dataset = Dataset.from_arrays(
            counts.round(), bin_width_s=BIN_WIDTH_S, split=["train"] * len(label),
            condition=label if labelled else None, name=f"day_{number}",
        )  # fmt: skip
        sessions.append(dataset.session)
    return Dataset(sessions=tuple(sessions), bin_width_s=BIN_WIDTH_S)


def aligned_courses(
    dataset: Dataset, alignment: Alignment, smoothing_s: float = SMOOTHING_S
) -> tuple[np.ndarray, ...]:
    """Averages of all sessions in the common space, by which they were aligned."""
    by_condition, bins = alignment.start == "conditions", smoothing_s / dataset.bin_width_s
    averages = averages_of_all(encoded_parts(dataset), by_condition, bins)
    return tuple(map(inputs_of, averages, alignment.read_ins))
