"""Continuous recordings as trials: overlapping windows, each with its place on the recording's clock.

`lfads.merge` is the way back, from results of the windows to results on the recording.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from lfads.arrays import CHOP_COLUMNS
from lfads.checks import Problems, first_of, many, suggests_keywords
from lfads.data.companions import by_name
from lfads.data.dataset import Dataset
from lfads.data.session import FIELDS, Field
from lfads.data.validation import check_bin_width
from lfads.windows.pieces import (
    as_bins,
    as_companion,
    as_floats,
    as_masks,
    as_pieces,
    as_split_of_bins,
    as_starts,
    check_counts,
)
from lfads.windows.placement import (
    FEWEST_BINS,
    Windows,
    blocked_split,
    cut,
    split_of_windows,
    windows_on,
)


@suggests_keywords
def chop(
    spikes: Any = None,
    *,
    bin_width_s: float,
    window_bins: int,
    overlap_bins: int | None = None,
    piece_starts_s: Any = None,
    split: Any = None,
    observed: Any = None,
    signals: Any = None,
    unit: str = "",
    observation: str = "",
    held_out_neurons: Any = None,
    external_inputs: Any = None,
    behavior: Any = None,
    true_rates_hz: Any = None,
    true_latents: Any = None,
    true_inputs: Any = None,
    neuron_table: Any = None,
    name: str = "session",
    source: str = "continuous counts",
    for_inference: bool = False,
) -> Dataset:
    """Cut a continuous recording into overlapping windows, each a trial.

    On a piece of T bins, windows of W = `window_bins` start every W - o bins, o = `overlap_bins`; there
    are floor((T - W) / (W - o)) + 1 of them. What they leave at the end of the piece is covered by one
    more window of W bins that ends with the piece, and so overlaps its neighbour by more than o. (A shorter
    trial there could be as short as o + 1 bins, of which the network would see little; a window of full
    length is inferred as well as any other, and nothing is padded.) A piece shorter than W is one shorter
    trial; one of fewer than 2 bins is left out, with a warning.

    Windows that validate share no bin with windows that train. A window has the split of its bins, and
    is `test` where these differ: it is inferred, so that results cover every bin, but neither trains nor
    validates.

    Parameters
    ----------
    spikes
        Counts per bin, `time neuron`; or a list of such arrays, one for each piece of a recording with
        gaps. Everything below that is said to run over time is then such a list, too.
    bin_width_s
        Width of a bin in seconds.
    window_bins
        Bins of a window, at least 2.
    overlap_bins
        Bins that a window shares with the next, at most half of it; a fifth of it by default.
    piece_starts_s
        Start of the first bin of each piece in seconds on one clock, in order; 0 for one piece.
    split
        `train`, `valid` or `test` over time. By default about a fifth of the windows validate, in one to
        five blocks spread over the recording (one for every 25 windows), each the end of an equal part of
        it.
    observed
        `time neuron`, False where a sample is missing.
    signals
        Real values instead of spikes, `time neuron`; NaN where missing.
    unit, observation
        As in `Dataset`.
    held_out_neurons
        Mask or indices of neurons to reconstruct but never encode.
    external_inputs
        Measured inputs, `time channel`, in their own units.
    behavior
        Series by name, `time channel` or `time`; an array alone is called `behavior`.
    true_rates_hz, true_latents, true_inputs
        What a simulation knows, `time channel`; rates in spikes/s.
    neuron_table
        Columns of the neurons by name, such as `name` and `area`.
    name, source
        Of the session, and of the data.
    for_inference
        Accept a recording too short to train on.

    Returns
    -------
    Dataset
        One session. Its `trial_table` says where each trial was cut out: `chop_piece`,
        `chop_piece_start_s`, `chop_piece_bins` and `chop_start_bin`, the trial's first bin in its piece.

    Raises
    ------
    UserError
        Naming everything that is wrong.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.2, (1000, 8))
    >>> dataset = chop(counts, bin_width_s=0.01, window_bins=100, overlap_bins=20)
    >>> dataset.session.trial_table["chop_start_bin"].tolist()
    [0, 80, 160, 240, 320, 400, 480, 560, 640, 720, 800, 880, 900]
    """
    given = locals()
    problems = Problems("chop")
    check_bin_width(bin_width_s, problems)
    window = problems.attempt(as_bins, "window_bins", window_bins, FEWEST_BINS) or FEWEST_BINS
    overlap = window // 5 if overlap_bins is None else overlap_bins
    half = window // 2, ", half a window"
    overlap = problems.attempt(as_bins, "overlap_bins", overlap, 0, *half) or 0
    what = "spikes" if signals is None else "signals"
    problems.require(
        spikes is None or signals is None, "give `spikes` or `signals`, one of the two; got both"
    )
    recorded = spikes if signals is None else signals
    pieces = as_pieces(recorded, problems, what)

    def over_pieces(what: str, series: Any, check: Callable[..., Any], **how: Any) -> Any:
        if series is None:
            return None
        found = problems.attempt(as_companion, what, series, recorded, pieces)
        return None if found is None else problems.attempt(check, what, found, **how)

    def on_pieces(field: Field) -> Any:
        what, value = field.name, given[field.name]
        if not field.by_name:
            return over_pieces(what, value, as_floats, channels=True)
        if isinstance(value, list | tuple):  # one series, of several pieces
            value = {what: value}
        return {
            key: over_pieces(f"{what}[{key!r}]", one, as_floats, channels=False)
            for key, one in (problems.attempt(by_name, what, value) or {}).items()
        }

    starts_s: Any = problems.attempt(as_starts, piece_starts_s, pieces, bin_width_s)
    masks = over_pieces("observed", observed, as_masks, pieces=pieces)
    if signals is None:
        check_counts(pieces, masks, problems)
    labels = over_pieces("split", split, as_split_of_bins)

    over_time = [f for f in FIELDS if f.over_time and f.name not in ("values", "observed")]
    beside = {f.name: on_pieces(f) for f in over_time}
    problems.raise_if_any()

    piece_bins = [len(piece) for piece in pieces]
    windows = windows_on(piece_bins, window, overlap)
    names = split_of_windows(labels or blocked_split(piece_bins, windows), windows)
    _check_enough(windows, names, piece_bins, for_inference, problems)
    _warn_of_short(piece_bins)

    def trials(field: Field) -> Any:
        found = beside[field.name]
        if field.by_name:
            return {key: cut(pieces, windows, field.fill) for key, pieces in found.items()}
        return None if found is None else cut(found, windows, field.fill)

    return Dataset.from_arrays(
        **{what: cut(pieces, windows, 0)},
        bin_width_s=bin_width_s,
        unit=unit,
        observation=observation,
        split=names,
        trial_length=windows.num_bins,
        observed=None if masks is None else cut(masks, windows, False),
        held_out_neurons=held_out_neurons,
        trial_table=_places(windows, piece_bins, starts_s),
        neuron_table=neuron_table,
        name=name,
        source=source,
        for_inference=for_inference,
        **{f.name: trials(f) for f in over_time},
    )


def _places(windows: Windows, piece_bins: list[int], starts_s: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of the trial table from which results are put together again."""
    columns = (
        windows.piece,
        starts_s[windows.piece],
        np.array(piece_bins, np.int64)[windows.piece],
        windows.start_bin,
    )
    return dict(zip(CHOP_COLUMNS, columns, strict=True))


def _check_enough(
    windows: Windows,
    names: np.ndarray,
    piece_bins: list[int],
    for_inference: bool,
    problems: Problems,
) -> None:
    """Refuse recordings too short for a trial or, unless for inference, for training."""
    number, training = len(names), int((names == "train").sum())
    recorded = f"{many(sum(piece_bins), 'bin')} in {many(len(piece_bins), 'piece')}"
    if not number:
        problems.add(f"a piece must have at least {FEWEST_BINS} bins to be a trial; got {recorded}")
    elif training < 2 and not for_inference:
        problems.add(
            "training needs at least 2 windows that share no bin with other splits; got "
            f"{training} of {many(number, 'window')} on {recorded}: take shorter windows, or "
            "`for_inference=True` to apply a trained run"
        )
    problems.raise_if_any()


def _warn_of_short(piece_bins: list[int]) -> None:
    short = [piece for piece, bins in enumerate(piece_bins) if bins < FEWEST_BINS]
    if short:
        warnings.warn(
            f"chop: {len(short)} of {many(len(piece_bins), 'piece')} left out, shorter than "
            f"{FEWEST_BINS} bins: {first_of(short)}",
            UserWarning,
            stacklevel=4,
        )
