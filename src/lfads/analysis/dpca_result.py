"""Demixed components as a labelled result: axes, courses, shares of the variance and of noise in it."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float

from lfads.analysis.around import Around
from lfads.analysis.demixing import Averages, Axes, Grid, Normalised
from lfads.analysis.dpca_left_out import Told
from lfads.numerics.demixed import Demixed


def labelled(
    trials: Normalised,
    grid: Grid,
    axes: Axes,
    r2: np.ndarray,
    told: Told,
    found: Around,
) -> xr.Dataset:
    """Components of each part, what left-out trials say of them, and the parts' shares."""
    averages = trials.averages
    parts = grid.parts(averages.mean - axes.centre)
    named, every = list(parts), list(axes.of_part.values())
    size = np.array([(part**2).sum() for part in parts.values()])
    total = max(float(size.sum()), 1e-300)
    split = np.array([
        [[_explained(part, one, k) for part in parts.values()] for k in range(r2.shape[1])]
        for one in every
    ])  # fmt: skip
    noise = _noise(averages, grid, named)
    courses = np.stack([(averages.mean - axes.centre) @ one.decoder for one in every])
    axis, unit = found.axis, found.unit
    of, over_bins = ("part", "component"), ("part", "component", "time")
    known = {
        "variance": (of, split.sum(2) / total, "share of the variance of averages"),
        "variance_of_part": ((*of, "of_part"), split / total, "share, by the part that it is of"),
        "r2_left_out": (of, r2, "R² of averages of left-out trials"),
        "part_variance": ("part", size / total, "share of the variance of averages"),
        "part_noise": ("part", noise / total, "share of noise in that variance, estimated"),
        "courses": ((*of, "condition", "time"), courses.transpose(0, 3, 1, 2), "averages"),
        "accuracy": (over_bins, told.accuracy, "share of single trials whose class is found"),
        "accuracy_shuffled": (over_bins, told.best_shuffled, "the same, best of shuffles"),
        "significant": (over_bins, told.significant.astype(np.int8), "1 where more than of shuffles"),
        "decoder": ((axis, *of), np.stack([one.decoder for one in every], 1), "axes to project on"),
        "encoder": ((axis, *of), np.stack([one.encoder for one in every], 1), "axes to rebuild from"),
        "num_trials": ("condition", averages.number, "trials of each condition"),
        "shuffle_seed": ("shuffle", np.arange(told.num_shuffles), "number of each shuffle"),
    }  # fmt: skip
    return xr.Dataset(
        {name: (dims, values, {"units": "1", "long_name": words})
         for name, (dims, values, words) in known.items()}
        | {"scale": (axis, trials.scale, {"units": unit}),
           "centre": (axis, axes.centre * trials.scale + trials.mean, {"units": unit})},
        {"part": named, "of_part": named, "condition": found.labels,
         "time": ("time", found.time_s, {"units": "s"})},
        {"bin_width_s": found.bin_width_s},
    )  # fmt: skip


def _explained(values: np.ndarray, axes: Demixed, component: int) -> float:
    """Sum of squares that one component takes away."""
    decoder, encoder = axes.decoder[:, component], axes.encoder[:, component]
    score = values @ decoder
    return float(2 * (score * (values @ encoder)).sum() - (score**2).sum() * (encoder @ encoder))


def _noise(averages: Averages, grid: Grid, names: Sequence[str]) -> Float[np.ndarray, " part"]:
    """Sum of squares that each part of averages of so many trials has by chance.

    The average of n trials keeps 1 / n of their scatter; a part holds as much of that of all conditions as
    it has degrees of freedom among them.
    """
    whole = float(np.trace(averages.scatter)) * float((1 / np.maximum(averages.number, 1)).mean())
    size = dict(zip(grid.names, grid.shape, strict=True))
    freedom = [
        1 if name == "time" else np.prod([size[f] - 1 for f in name.split(" × ")]) for name in names
    ]
    return whole * np.array(freedom, np.float64)
