"""A checked `Session` from arrays: everything that is wrong is collected and raised at once."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from lfads.arrays import SPLITS
from lfads.checks import Problems, describe, many
from lfads.data.companions import (
    as_column,
    as_held_out,
    as_labels,
    as_length,
    as_mask,
    as_name,
    as_series,
    as_whole,
    columns_by_name,
    is_finite_number,
    series_by_name,
)
from lfads.data.counts import as_counts, as_numbers, warn_of_silent_neurons
from lfads.data.session import Session
from lfads.data.splits import default_split

_WIDEST_BIN_S = 1.0  # beyond, widths are likely in milliseconds


def checked_session(
    spikes: Any,
    *,
    name: Any,
    split: Any,
    trial_length: Any,
    observed: Any,
    held_out_neurons: Any,
    num_forward_bins: Any,
    condition: Any,
    external_inputs: Any,
    behavior: Any,
    true_rates_hz: Any,
    true_latents: Any,
    true_inputs: Any,
    trial_index: Any,
    trial_table: Any,
    where: str,
    for_inference: bool = False,
    noted: Sequence[str] = (),
) -> Session:
    """One session, checked; parameters as in `Session` and `Dataset.from_arrays`.

    Parameters
    ----------
    where
        What messages begin with: a path, or what the arrays are.
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
    array = as_numbers(spikes, problems)
    num_trials, num_bins, num_neurons = array.shape
    shape = (num_trials, num_bins)

    forward = as_length("num_forward_bins", num_forward_bins, num_bins, problems)
    length = _trial_lengths(trial_length, num_trials, num_bins, forward, problems)
    within = np.arange(num_bins)[None, :] < length[:, None]
    seen = None if observed is None else as_mask("observed", observed, array.shape, problems)
    counts = as_counts(array, _known(within, seen), problems)
    labels = None if condition is None else as_labels("condition", condition, num_trials, problems)
    names = _splits(split, num_trials, labels, for_inference, problems)
    session = Session(
        name=as_name("name", name, problems),
        spikes=counts,
        split=names,
        trial_length=length,
        trial_index=_trial_index(trial_index, num_trials, problems),
        held_out_neurons=as_held_out(held_out_neurons, num_neurons, problems),
        observed=_missing_only(seen, within),
        condition=labels,
        external_inputs=_inputs(external_inputs, shape, within, problems),
        behavior={
            as_name("behavior", key, problems): as_series(f"behavior[{key!r}]", v, shape, problems)
            for key, v in series_by_name(behavior, problems).items()
        },
        true_rates_hz=_rates(true_rates_hz, array.shape, problems),
        true_latents=_optional_series("true_latents", true_latents, shape, problems),
        true_inputs=_optional_series("true_inputs", true_inputs, shape, problems),
        trial_table={
            as_name("trial_table", key, problems): as_column(key, value, num_trials, problems)
            for key, value in columns_by_name(trial_table, problems).items()
        },
    )
    problems.raise_if_any()
    if not for_inference:
        _require_something_to_learn(session, problems)
        problems.raise_if_any()
    _warn_of_padding(array, within, where)
    training = names == "train"
    if training.any() and not for_inference:
        warn_of_silent_neurons(np.any(counts, axis=1)[training], where)
    return session


def _require_something_to_learn(session: Session, problems: Problems) -> None:
    """Note splits of which nothing was observed, and training trials without a spike."""
    for split in ("train", "valid") if session.observed is not None else ():
        trials = session.of_split(split)
        if trials.any() and not (session.observed_bins().any((1, 2)) & trials).any():
            problems.add(
                f"`observed` is False for every sample of {many(int(trials.sum()), f'{split} trial')}: "
                "mark what was recorded as True"
            )
    training = session.of_split("train")
    if not problems.found and not (session.spikes.any((1, 2)) & training).any():
        problems.add(
            f"`spikes` holds no spikes at all in {many(int(training.sum()), 'training trial')}: "
            "are these the right data, in counts per bin?"
        )


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
    split: Any,
    num_trials: int,
    condition: np.ndarray | None,
    for_inference: bool,
    problems: Problems,
) -> np.ndarray:
    if split is None:
        names = default_split(num_trials, condition)
    else:
        found = len(problems.found)
        names = as_labels("split", split, num_trials, problems)
        if len(problems.found) > found:
            return names
        unknown = sorted({str(n) for n in names} - set(SPLITS))
        if unknown:
            problems.add(f"`split` must hold {', '.join(SPLITS)}; got {', '.join(unknown)}")
            return names
    num_train = int((names == "train").sum())
    if num_train < 2 and not for_inference:
        problems.add(
            f"training needs at least 2 training trials; got {num_train} of {many(num_trials, 'trial')}"
            + ("" if split is None else ": mark them as 'train' in `split`")
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


def _inputs(
    inputs: Any, shape: tuple[int, int], within: np.ndarray, problems: Problems
) -> np.ndarray | None:
    series = _optional_series("external_inputs", inputs, shape, problems)
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


def _rates(rates: Any, shape: tuple[int, ...], problems: Problems) -> np.ndarray | None:
    series = _optional_series("true_rates_hz", rates, (shape[0], shape[1]), problems)
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
