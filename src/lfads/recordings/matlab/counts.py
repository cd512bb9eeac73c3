"""Recordings from trials of counts in MATLAB files: spikes at the middle of their bins."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from lfads.checks import UserError
from lfads.data.session import FIELDS, Session
from lfads.formats.contents import FileContents
from lfads.formats.matlab.trials import read_mat
from lfads.guarded.messages import quoted
from lfads.paths import printable
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Intervals, Recording, union_of
from lfads.recordings.relative import from_triplets


def of_counts(path: Path, reading: Reading) -> Recording:
    """A recording from trials of counts, for `lfads.prepare` to bin anew.

    Raises
    ------
    UserError
        If nothing says how wide bins are, or the file holds what cannot be binned anew.
    """
    contents = read_mat(path)
    width = _width(contents, reading)
    session = contents.checked(width, for_inference=True)[0]
    _require_plain(contents, session)
    trial, time, unit = np.nonzero(session.spikes)
    number = session.spikes[trial, time, unit].astype(np.int64)
    held = contents.sessions[0].arrays
    trials = dict(session.trial_table)
    for name in ("condition", "split", "trial_index"):
        if name in held:
            trials[name] = getattr(session, name)
    ends = contents.start_s + session.trial_length * width
    recording = from_triplets(
        np.repeat(contents.start_s + (time + 0.5) * width, number),
        np.repeat(trial, number),
        np.repeat(unit, number),
        num_trials=session.num_trials,
        num_units=session.num_neurons,
        trials=trials,
        units=session.neuron_table,
        span_s=(contents.start_s, ends),
        left_out=[
            f"`{name}` (a series of trials; `lfads train` reads it with the counts as they are)"
            for name in session.behavior
        ]
        + [
            f"`{about.name}` (what a simulation knows)"
            for about in FIELDS
            if about.name in held and about.known_truth
        ],
        trial_seconds=1 / reading.per_second_of_trials,
        name=session.name,
        source=printable(path),
    )
    starts_s = recording.times_of_trials("start_time")
    observed = _observed_s(session, starts_s, width, printable(path))
    return replace(recording, is_in_seconds=True, counted_in_s=width, units_observed_s=observed)


def _require_plain(contents: FileContents, session: Session) -> None:
    """A UserError for what stands beside counts, is used as they are, and has no place in a recording."""
    found = {
        "external_inputs": session.external_inputs is not None,
        "held_out_neurons": bool(session.held_out_neurons.any()),
        "num_forward_bins": contents.num_forward_bins > 0,
    }
    names = [name for name, is_there in found.items() if is_there]
    if names:
        where = printable(contents.path)
        raise UserError(
            f"{where}: holds {quoted(names)} beside the counts, which cannot be binned anew with them: "
            f"train on the file as it is, `lfads train {where}`; or leave them out of the file, and choose "
            "neurons to hold out and bins to predict by `hold_out_neurons=` and `forward_s=`"
        )


def _observed_s(
    session: Session, starts_s: np.ndarray, width: float, where: str
) -> list[Intervals]:
    """When each unit was observed; empty where it always was."""
    if session.observed is None:
        return []
    bins = np.arange(session.num_bins)
    inside = bins[None, :] < np.asarray(session.trial_length)[:, None]
    found: list[Intervals] = []
    for unit in range(session.num_neurons):
        seen = np.pad(session.observed[:, :, unit] & inside, ((0, 0), (1, 1))).astype(np.int8)
        trial, begin = np.nonzero(np.diff(seen, axis=1) == 1)
        _, end = np.nonzero(np.diff(seen, axis=1) == -1)  # as many, in the same order
        if not len(trial):
            raise UserError(f"{where}: unit {unit + 1} is observed in no trial: leave it out")
        zeros = starts_s[trial]
        found.append(union_of(np.stack([zeros + begin * width, zeros + end * width], axis=1)))
    return found


def _width(contents: FileContents, reading: Reading) -> float:
    """Seconds of a bin, from the file or from what was said."""
    where, said = printable(contents.path), contents.bin_width_s
    given = None if reading.sampling_rate_hz is None else 1 / reading.sampling_rate_hz
    if said is not None and given is not None and not np.isclose(said, given, rtol=1e-6):
        raise UserError(
            f"{where}: the file says bins of {said:g} s, but `sampling_rate_hz=` gives {given:g} s: leave "
            "it out, or mend the file"
        )
    width = given if said is None else said
    if width is None:
        raise UserError(
            f"{where}: holds counts in bins whose width it does not say ({contents.layout}): say how "
            "many a second has, `sampling_rate_hz=1000` for bins of 1 ms; or train on them as they are, "
            f"`lfads train {where}`"
        )
    return width
