"""A checked `Session` from arrays: everything that is wrong is collected and raised at once."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lfads.arrays import SPLITS
from lfads.checks import Problems, UserError, describe, many
from lfads.data.axes import about_turned_axes
from lfads.data.companions import (
    as_column,
    as_conditions,
    as_held_out,
    as_labels,
    as_length,
    as_mask,
    as_name,
    as_series,
    as_whole,
    each_by_name,
    is_finite_number,
)
from lfads.data.counts import as_counts, as_numbers, warn_of_silent_neurons
from lfads.data.modalities import with_modalities
from lfads.data.ragged import with_lists_padded
from lfads.data.session import FIELDS, STORED, Session
from lfads.data.signals import about_constant_signals, as_signals
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
        What it holds, by the names of `ARRAYS`; what is absent or None is not known.
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
    joined = problems.attempt(with_modalities, arrays)
    padded = None if joined is None else problems.attempt(with_lists_padded, joined)
    if padded is None:
        raise UserError(problems.message())
    arrays = padded
    what = _recorded(arrays, problems)
    array = as_numbers(arrays.get(what), problems, what)
    if turned := about_turned_axes(what, array.shape, arrays):
        problems.add(turned)
        problems.raise_if_any()
    num_trials, num_bins, num_neurons = array.shape
    sizes = {"trial": num_trials, "neuron": num_neurons}

    def given(what: str, check: Callable[..., Any], *args: Any, default: Any = None) -> Any:
        values = arrays.get(what)
        found = None if values is None else problems.attempt(check, what, values, *args)
        return default if found is None else found

    forward = problems.attempt(as_length, "num_forward_bins", num_forward_bins, num_bins) or 0
    problems.require(
        forward <= num_bins - 2,
        f"`num_forward_bins` must leave at least 2 bins to encode; got {forward} of {num_bins}",
    )
    full = np.full(num_trials, num_bins, dtype=np.int64)
    length = given("trial_length", _as_lengths, num_trials, num_bins, forward, default=full)
    within = np.arange(num_bins)[None, :, None] < length[:, None, None]
    seen = given("observed", as_mask, array.shape)
    if what == "signals" and np.isnan(array).any():  # NaN marks what is missing
        seen = ~np.isnan(array) if seen is None else seen & ~np.isnan(array)
    known = within if seen is None else seen & within
    as_values = as_signals if what == "signals" else as_counts
    found = as_values(array, None if known.all() else known, problems)
    labels = given("condition", as_conditions, num_trials)
    beside: dict[str, Any] = {}
    for f in FIELDS:
        values = arrays.get(f.name)
        if f.by_name and f.over_time:
            beside[f.name] = each_by_name(f.name, values, problems, as_series, array.shape[:2])
        elif f.by_name:
            of = f.axes[0]
            beside[f.name] = each_by_name(f.name, values, problems, as_column, sizes[of], of)
        elif f.over_time and f.name not in ("values", "observed"):
            beside[f.name] = given(f.name, _as_channels, array.shape, within)
    name = problems.attempt(as_name, "name", name)
    split = given("split", _as_split, num_trials, default=default_split(num_trials, labels))
    in_order = np.arange(num_trials, dtype=np.int64)
    index = given("trial_index", _as_index, num_trials, default=in_order)
    none_held_out = np.zeros(num_neurons, dtype=bool)
    held_out = given("held_out_neurons", as_held_out, num_neurons, default=none_held_out)
    problems.raise_if_any()
    everything = seen is None or (seen | ~within).all()
    session = Session(
        name=str(name), values=found, split=split, trial_length=length, trial_index=index,
        held_out_neurons=held_out, observed=None if everything else seen, condition=labels, **beside,
    )  # fmt: skip
    if not for_inference:
        problems.found.extend(why_not_trained_on(session))
        problems.raise_if_any()
        if session.kind == "counts":
            warn_of_silent_neurons(session, where)
    _warn_of_padding(array, within, where, what)
    return session


def _recorded(arrays: Mapping[str, Any], problems: Problems) -> str:
    """Whether spikes or signals were given."""
    given = [name for name in STORED.values() if arrays.get(name) is not None]
    problems.require(len(given) < 2, "give `spikes` or `signals`, one of the two; got both")
    return given[0] if given else "spikes"


def why_not_trained_on(session: Session) -> list[str]:
    """What keeps a session that is all right from being trained on."""
    num_train = int(session.of_split("train").sum())
    if num_train < 2:
        few = f"{num_train} of {many(session.num_trials, 'trial')}"
        hint = ": mark them as 'train' in `split`" if session.num_trials > 2 else ""
        return [f"training needs at least 2 training trials; got {few}{hint}"]
    problems = about_constant_signals(session) if session.kind == "real" else []
    for split in ("train", "valid") if session.observed is not None else ():
        trials = session.of_split(split)
        if trials.any() and not (session.observed_bins().any((1, 2)) & trials).any():
            problems.append(
                f"`observed` is False for every sample of {many(int(trials.sum()), f'{split} trial')}: "
                "mark what was recorded as True"
            )
    some = session.values.any((1, 2)) | (session.kind == "real")
    if not problems and not (some & session.of_split("train")).any():
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


def _as_lengths(what: str, values: Any, num_trials: int, num_bins: int, forward: int) -> np.ndarray:
    lengths = as_whole(what, values, num_trials)
    shortest = min(forward, num_bins - 2) + 2
    bad = (lengths < shortest) | (lengths > num_bins)
    if bad.any():
        trial = int(np.argmax(bad))
        raise UserError(
            f"`{what}` must be {shortest} to {num_bins} bins; got {lengths[trial]} for trial {trial}"
        )
    return lengths


def _as_split(what: str, values: Any, num_trials: int) -> np.ndarray:
    names = as_labels(what, values, num_trials)
    unknown = sorted({str(n) for n in names} - set(SPLITS))
    if unknown:
        raise UserError(f"`{what}` must hold {', '.join(SPLITS)}; got {', '.join(unknown)}")
    return names


def _as_index(what: str, values: Any, num_trials: int) -> np.ndarray:
    index = as_whole(what, values, num_trials)
    if len(np.unique(index)) < num_trials:
        raise UserError(f"`{what}` must name every trial once")
    return index


def _as_channels(
    what: str, values: Any, shape: tuple[int, int, int], within: np.ndarray
) -> np.ndarray:
    """A series `trial time channel`; inputs and rates as the network and spikes need them."""
    series = as_series(what, values, shape[:2])
    if series.ndim != 3:
        raise UserError(f"`{what}` must have shape (trial, time, channel); got {describe(series)}")
    if what == "true_rates_hz":
        if series.shape != shape:
            raise UserError(
                f"`{what}` must have the shape of `spikes`, {shape}; got {series.shape}"
            )
        if (series < 0).any():
            raise UserError(f"`{what}` must not be negative")
    if what == "external_inputs":
        series = np.where(within, series, np.zeros((), series.dtype))
        if not np.isfinite(series).all():
            raise UserError(f"`{what}` must be finite, as the generator sees them; got NaN or inf")
        with np.errstate(over="ignore"):
            fits = np.isfinite(series.astype(np.float32)).all()
        if not fits:
            raise UserError(
                f"`{what}` must fit into float32, in which the network computes; got values beyond "
                "3.4e38: give them in other units"
            )
    return series


def _warn_of_padding(array: np.ndarray, within: np.ndarray, where: str, what: str) -> None:
    if within.all():
        return
    behind = np.where(within, 0, np.nan_to_num(array)).any(axis=(1, 2))
    if behind.any():
        values = "counts" if what == "spikes" else "values"
        warnings.warn(
            f"{where}: `{what}` holds {values} behind `trial_length` in "
            f"{many(int(behind.sum()), 'trial')}; they are set to 0",
            UserWarning,
            stacklevel=5,
        )
