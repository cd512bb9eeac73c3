"""Results of overlapping windows, put together on the bins of the continuous recording they were cut from.

Where windows overlap, the weight of the one that ends falls from 1 to 0 as 1 - x^p and that of the one
that starts rises as x^p, with p = 2 and x evenly spaced strictly between 0 and 1.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float

from lfads.arrays import CHOP_COLUMNS
from lfads.checks import UserError
from lfads.files import written_beside
from lfads.paths import refuse_to_replace, regular_file
from lfads.results import Posterior
from lfads.results.netcdf import format_of, read_results, write_netcdf

FORMAT = "lfads continuous"
POWER = 2
MADE_BY = "`lfads infer` writes them for a recording that `lfads.chop` cut"


class Step(NamedTuple):
    """One window's part in the merging.

    Parameters
    ----------
    trial
        Which window.
    target
        The bins of the recording that its first bins are.
    overlap
        How many of them, from the first on, windows before it cover already.
    """

    trial: int
    target: slice
    overlap: int


def merge(posterior: Posterior | xr.Dataset) -> xr.Dataset:
    """Results on the bins of the recording that `lfads.chop` cut, from results of its windows.

    With weight w = x^p over an overlap, a mean is (1 - w) m + w m', from m of the window that ends and m'
    of the one that starts, and a standard deviation that of the mixture of both posteriors,

        sqrt((1 - w) s^2 + w s'^2 + w (1 - w) (m - m')^2),

    so that it includes how far the windows disagree. It is no spread of samples of whole recordings:
    windows are inferred apart.

    Parameters
    ----------
    posterior
        Of one session, or its arrays (`Posterior.dataset`): of all windows, or some.

    Returns
    -------
    xr.Dataset
        The variables that run over time (`rates`, `factors`, `inferred_inputs`, `behavior_NAME`, …), with
        `time` in place of `trial` and `time`. Every bin of each piece is there, in order, NaN where no
        window gives results. What lies between pieces is left out, so that bins are those of the arrays
        that were chopped, one by one. Coordinates on `time`: `time` in seconds on the recording's clock,
        `piece`, and `split` (`train` for bins of training windows, else `valid` for those of validation
        windows, else `test`). Those on `neuron` stay.

    Raises
    ------
    UserError
        If the trials are not windows of a recording, or there are several sessions.

    Examples
    --------
    >>> windows = lfads.chop(np.ones((230, 3), int), bin_width_s=0.01, window_bins=50)
    >>> run = lfads.fit_baseline("constant", windows, out=folder / "run")
    >>> lfads.merge(run.infer(progress=False)).rates.shape
    (230, 3)
    """
    windows = posterior.dataset if isinstance(posterior, Posterior) else posterior
    missing = [name for name in CHOP_COLUMNS if name not in windows.coords]
    if missing:
        raise UserError(
            "merging needs windows that `lfads.chop` cut out of a continuous recording; these trials do "
            f"not say where they were: there is no `{missing[0]}`"
        )
    piece, start_s, piece_bins = _pieces(windows)
    offset = dict(zip(piece.tolist(), (np.cumsum(piece_bins) - piece_bins).tolist(), strict=True))
    steps = list(_steps(windows, offset))
    bins = np.concatenate([np.arange(number) for number in piece_bins])
    time_s = np.repeat(start_s, piece_bins) + bins * windows.attrs["bin_width_s"]
    variables = {}
    for name, values in windows.data_vars.items():
        if values.dims[:2] == ("trial", "time") and not str(name).endswith("_std"):
            spread = windows.get(f"{name}_std")
            mean, std = blended(
                values.values, None if spread is None else spread.values, steps, len(time_s)
            )
            dims = ("time", *values.dims[2:])
            variables[name] = (dims, mean, values.attrs)
            if spread is not None:
                variables[f"{name}_std"] = (dims, std, spread.attrs)
    coordinates = {
        "time": ("time", time_s, {"units": "s", "long_name": "start of the bin"}),
        "piece": ("time", np.repeat(piece, piece_bins)),
        "split": ("time", _split_of_bins(windows, steps, len(time_s))),
        **{n: c for n, c in windows.coords.items() if not {"trial", "time"} & set(c.dims)},
    }
    attributes = {**windows.attrs, "format": FORMAT, "overlap_weight_power": POWER}
    return xr.Dataset(variables, coordinates, attributes)


def _pieces(windows: xr.Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number, start in seconds, and bins of each piece that has windows here, in order."""
    columns = [windows[name].values for name in CHOP_COLUMNS[:3]]
    piece, first = np.unique(columns[0], return_index=True)
    return piece, columns[1][first], columns[2][first].astype(int)


def _steps(windows: xr.Dataset, offset: dict[int, int]) -> Iterator[Step]:
    """The windows in order of time, each with what it adds."""
    piece, _, _, start = (windows[name].values for name in CHOP_COLUMNS)
    length = windows["trial_length"].values
    unmodelled = int(windows.attrs.get("first_bin", 0))
    end, last_piece = 0, None
    for trial in np.lexsort((start, piece)):
        here = int(piece[trial])
        if here != last_piece:
            end, last_piece = offset[here], here
        begin = offset[here] + int(start[trial])
        target = slice(begin + unmodelled, begin + int(length[trial]))
        if target.stop > max(end, target.start):
            yield Step(int(trial), target, overlap=max(0, end - target.start))
            end = target.stop


def rising_weights(num_bins: int) -> Float[np.ndarray, " time"]:
    """Weights x^p of the window that starts, over an overlap; those of the one that ends are the rest.

    >>> rising_weights(3).tolist()
    [0.0625, 0.25, 0.5625]
    """
    return (np.arange(1, num_bins + 1) / (num_bins + 1)) ** POWER


def blended(
    mean: Float[np.ndarray, "trial window_time *channels"],
    std: Float[np.ndarray, "trial window_time *channels"] | None,
    steps: list[Step],
    num_bins: int,
) -> tuple[Float[np.ndarray, "time *channels"], Float[np.ndarray, "time *channels"] | None]:
    """Means and standard deviations on the recording's bins; see `merge`.

    Where three windows overlap, the third is blended with what the first two gave: weights sum to 1.
    """
    shape = (num_bins, *mean.shape[2:])
    merged = np.full(shape, np.nan, mean.dtype)
    spread = None if std is None else np.full(shape, np.nan, std.dtype)
    for trial, target, overlap in steps:
        number = target.stop - target.start
        shared = slice(target.start, target.start + overlap)
        weight = rising_weights(overlap).reshape(-1, *[1] * (mean.ndim - 2))
        before = merged[shared].astype(np.float64)
        apart = mean[trial, :overlap] - before
        merged[target] = mean[trial, :number]
        merged[shared] = before + weight * apart
        if std is not None and spread is not None:
            variance = spread[shared].astype(np.float64) ** 2
            added = std[trial, :overlap].astype(np.float64) ** 2 - variance
            spread[target] = std[trial, :number]
            spread[shared] = np.sqrt(variance + weight * (added + (1 - weight) * apart**2))
    return merged, spread


def _split_of_bins(windows: xr.Dataset, steps: list[Step], num_bins: int) -> np.ndarray:
    names = np.full(num_bins, "test", dtype="U5")
    split = windows["split"].values.astype(str)
    for chosen in ("valid", "train"):
        for step in steps:
            if split[step.trial] == chosen:
                names[step.target] = chosen
    return names


def write_continuous(
    merged: xr.Dataset, path: str | os.PathLike[str], *, overwrite: bool = False
) -> Path:
    """Write what `lfads.merge` gave as NetCDF, in one piece.

    Parameters
    ----------
    merged
        What to write.
    path
        The file.
    overwrite
        Replace a file of another kind, too.

    Raises
    ------
    UserError
        If there is a file of another kind. Earlier results are replaced.

    Examples
    --------
    >>> windows = lfads.chop(np.ones((230, 3), int), bin_width_s=0.01, window_bins=50)
    >>> run = lfads.fit_baseline("constant", windows, out=folder / "run")
    >>> lfads.write_continuous(lfads.merge(run.infer(progress=False)), folder / "rates.nc").name
    'rates.nc'
    """
    path = Path(path)
    refuse_other_than_continuous(path, overwrite)
    with written_beside(path) as beside:
        write_netcdf(merged, beside)
    return path


def refuse_other_than_continuous(path: Path, overwrite: bool = False) -> None:
    """Raise unless `path` is free, holds earlier merged results, or is to be overwritten whatever it is."""
    refuse_to_replace(
        path,
        lambda there: format_of(there) == FORMAT,
        "does not hold merged results",
        overwrite=overwrite,
    )


def open_continuous(path: str | os.PathLike[str]) -> xr.Dataset:
    """Read what `write_continuous` or `lfads infer` wrote of a continuous recording, into memory.

    Raises
    ------
    UserError
        If the file is missing, holds something else, or has another version of its layout.

    Examples
    --------
    >>> windows = lfads.chop(np.ones((230, 3), int), bin_width_s=0.01, window_bins=50)
    >>> run = lfads.fit_baseline("constant", windows, out=folder / "run")
    >>> path = lfads.write_continuous(lfads.merge(run.infer(progress=False)), folder / "rates.nc")
    >>> lfads.open_continuous(path).rates.dims
    ('time', 'neuron')
    """
    path = regular_file(path, MADE_BY, missing="there are no merged results")
    return read_results(path, FORMAT, "does not hold merged results of `lfads infer`")
