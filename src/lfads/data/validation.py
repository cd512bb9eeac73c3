"""A checked `Session` from arrays: everything that is wrong is collected and raised at once."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lfads.arrays import SPLITS
from lfads.checks import Problems, describe, many
from lfads.data.companions import (
    as_columns,
    as_held_out,
    as_labels,
    as_length,
    as_mask,
    as_name,
    as_series,
    as_whole,
    is_finite_number,
    series_by_name,
)
from lfads.data.counts import as_counts, as_numbers, warn_of_silent_neurons
from lfads.data.session import FIELDS, Field, Session
from lfads.data.splits import default_split

_WIDEST_BIN_S = 1.0  # beyond, widths are likely in milliseconds


def checked_session(
    name: Any,
    arrays: Mapping[str, Any],
    *,
    where: str,
    num_forward_bins: Any = 0,
    for_inference: bool = False,
    noted: Sequence[str] = (),
) -> Session:
    """One session, checked.

    Parameters
    ----------
    name
        Of the session.
    arrays
        What it holds, by the names of `FIELDS`; what is absent or None is not known.
    where
        What messages begin with: a path, or what the arrays are.
    num_forward_bins
        As in `Dataset`.
    for_inference
        Accept data without training trials.
    noted
        Problems that were found before, to be raised together with those found here.

    Raises
    ------
    UserError
        Naming everything that is wrong.
    """
    problems = Problems(where)
    problems.found.extend(noted)
    array = as_numbers(arrays.get("spikes"), problems)
    num_trials, num_bins, num_neurons = array.shape
    sizes = {"trial": num_trials, "time": num_bins, "neuron": num_neurons}

    forward = as_length("num_forward_bins", num_forward_bins, num_bins, problems)
    length = _trial_lengths(arrays.get("trial_length"), num_trials, num_bins, forward, problems)
    within = np.arange(num_bins)[None, :] < length[:, None]
    mask = arrays.get("observed")
    seen = None if mask is None else as_mask("observed", mask, array.shape, problems)
    counts = as_counts(array, _known(within, seen), problems)
    labels = arrays.get("condition")
    labels = None if labels is None else as_labels("condition", labels, num_trials, problems)
    beside: dict[str, Any] = {
        f.name: _beside(f, arrays.get(f.name), sizes, problems)
        for f in FIELDS
        if f.by_name or (f.over_time and f.name not in ("spikes", "observed"))
    }
    beside["external_inputs"] = _inputs(beside["external_inputs"], within, problems)
    beside["true_rates_hz"] = _rates(beside["true_rates_hz"], array.shape, problems)
    session = Session(
        name=as_name("name", name, problems),
        spikes=counts,
        split=_splits(arrays.get("split"), num_trials, labels, problems),
        trial_length=length,
        trial_index=_trial_index(arrays.get("trial_index"), num_trials, problems),
        held_out_neurons=as_held_out(arrays.get("held_out_neurons"), num_neurons, problems),
        observed=_missing_only(seen, within),
        condition=labels,
        **beside,
    )
    problems.raise_if_any()
    if not for_inference:
        problems.found.extend(why_not_trained_on(session))
        problems.raise_if_any()
        warn_of_silent_neurons(session, where)
    _warn_of_padding(array, within, where)
    return session


def _beside(field: Field, values: Any, sizes: Mapping[str, int], problems: Problems) -> Any:
    """Series over trials and bins, or columns, as their field has them."""
    if not field.over_time:
        axis = field.axes[0]
        return as_columns(field.name, values, sizes[axis], axis, problems)
    shape = sizes["trial"], sizes["time"]
    if not field.by_name:
        return _optional_series(field.name, values, shape, problems)
    return {
        as_name(field.name, key, problems): as_series(f"{field.name}[{key!r}]", v, shape, problems)
        for key, v in series_by_name(values, problems).items()
    }


def why_not_trained_on(session: Session) -> list[str]:
    """What keeps a session that is all right from being trained on."""
    num_train = int(session.of_split("train").sum())
    if num_train < 2:
        few = f"{num_train} of {many(session.num_trials, 'trial')}"
        hint = ": mark them as 'train' in `split`" if session.num_trials > 2 else ""
        return [f"training needs at least 2 training trials; got {few}{hint}"]
    problems = []
    for split in ("train", "valid") if session.observed is not None else ():
        trials = session.of_split(split)
        if trials.any() and not (session.observed_bins().any((1, 2)) & trials).any():
            problems.append(
                f"`observed` is False for every sample of {many(int(trials.sum()), f'{split} trial')}: "
                "mark what was recorded as True"
            )
    if not problems and not (session.spikes.any((1, 2)) & session.of_split("train")).any():
        problems.append(
            f"`spikes` holds no spikes at all in {many(num_train, 'training trial')}: "
            "are these the right data, in counts per bin?"
        )
    return problems


def check_bin_width(bin_width_s: Any, problems: Problems, name: str = "`bin_width_s`") -> None:
    """Note what is wrong with a bin width in seconds."""
    number = isinstance(bin_width_s, int | float | np.integer | np.floating)
    if isinstance(bin_width_s, bool) or not number:
        problems.add(f"{name} must be a number of seconds; got {bin_width_s!r}")
    elif not is_finite_number(bin_width_s) or bin_width_s <= 0:
        problems.add(f"{name} must be positive and finite; got {bin_width_s!r}")
    elif bin_width_s > _WIDEST_BIN_S:
        problems.add(
            f"{name} must be in seconds, not milliseconds, and at most {_WIDEST_BIN_S:g}; "
            f"got {bin_width_s!r}: {bin_width_s:g} ms are `bin_width_s={bin_width_s / 1000:g}`"
        )


def check_start(start_s: Any, problems: Problems) -> None:
    """Note what is wrong with the time of the first bin in seconds."""
    problems.require(
        is_finite_number(start_s), f"`start_s` must be a time in seconds, finite; got {start_s!r}"
    )


def _known(within: np.ndarray, observed: np.ndarray | None) -> np.ndarray | None:
    if observed is None:
        return None if within.all() else within[:, :, None]
    return observed & within[:, :, None]


def _missing_only(observed: np.ndarray | None, within: np.ndarray) -> np.ndarray | None:
    """None if every sample within its trial was observed."""
    if observed is None or bool((observed | ~within[:, :, None]).all()):
        return None
    return observed


def _trial_lengths(
    lengths: Any, num_trials: int, num_bins: int, forward: int, problems: Problems
) -> np.ndarray:
    problems.require(
        forward <= num_bins - 2,
        f"`num_forward_bins` must leave at least 2 bins to encode; got {forward} of {num_bins}",
    )
    full = np.full(num_trials, num_bins, dtype=np.int64)
    if lengths is None:
        return full
    lengths = as_whole("trial_length", lengths, num_trials, problems)
    shortest = min(forward, max(num_bins - 2, 0)) + 2
    if lengths is None:
        return full
    bad = (lengths < shortest) | (lengths > num_bins)
    if bad.any():
        trial = int(np.argmax(bad))
        problems.add(
            f"`trial_length` must be {shortest} to {num_bins} bins; got {lengths[trial]} for "
            f"trial {trial}"
        )
        return full
    return lengths


def _splits(
    split: Any, num_trials: int, condition: np.ndarray | None, problems: Problems
) -> np.ndarray:
    if split is None:
        return default_split(num_trials, condition)
    found = len(problems.found)
    names = as_labels("split", split, num_trials, problems)
    if len(problems.found) == found:
        unknown = sorted({str(n) for n in names} - set(SPLITS))
        problems.require(
            not unknown, f"`split` must hold {', '.join(SPLITS)}; got {', '.join(unknown)}"
        )
    return names


def _trial_index(trial_index: Any, num_trials: int, problems: Problems) -> np.ndarray:
    default = np.arange(num_trials, dtype=np.int64)
    if trial_index is None:
        return default
    index = as_whole("trial_index", trial_index, num_trials, problems)
    if index is None:
        return default
    problems.require(
        len(np.unique(index)) == num_trials, "`trial_index` must name every trial once"
    )
    return index


def _inputs(series: np.ndarray | None, within: np.ndarray, problems: Problems) -> np.ndarray | None:
    if series is None:
        return None
    series = np.where(within[:, :, None], series, np.zeros((), series.dtype))
    problems.require(
        bool(np.isfinite(series).all()),
        "`external_inputs` must be finite, as the generator sees them; got NaN or inf",
    )
    with np.errstate(over="ignore"):
        fits = bool((np.isfinite(series.astype(np.float32)) | ~np.isfinite(series)).all())
    problems.require(
        fits,
        "`external_inputs` must fit into float32, in which the network computes; got values beyond "
        "3.4e38: give them in other units",
    )
    return series


def _rates(
    series: np.ndarray | None, shape: tuple[int, ...], problems: Problems
) -> np.ndarray | None:
    if series is None:
        return None
    if series.shape != shape:
        problems.add(
            f"`true_rates_hz` must have the shape of `spikes`, {shape}; got {series.shape}"
        )
        return None
    problems.require(not bool((series < 0).any()), "`true_rates_hz` must not be negative")
    return series


def _optional_series(
    name: str, values: Any, shape: tuple[int, int], problems: Problems
) -> np.ndarray | None:
    if values is None:
        return None
    found = len(problems.found)
    series = as_series(name, values, shape, problems)
    if len(problems.found) > found:
        return None
    if series.ndim != 3:
        problems.add(f"`{name}` must have shape (trial, time, channel); got {describe(series)}")
        return None
    return series


def _warn_of_padding(array: np.ndarray, within: np.ndarray, where: str) -> None:
    if within.all():
        return
    behind = np.where(within[:, :, None], 0, np.nan_to_num(array)).any(axis=(1, 2))
    if behind.any():
        warnings.warn(
            f"{where}: `spikes` holds counts behind `trial_length` in {many(int(behind.sum()), 'trial')}; "
            "they are set to 0",
            UserWarning,
            stacklevel=5,
        )
