"""Recordings from trials of counts in MATLAB files: spikes at the middle of their bins."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from lfads.checks import UserError
from lfads.formats.contents import FileContents
from lfads.formats.matlab.trials import read_mat
from lfads.paths import printable
from lfads.recordings.reading import Reading
from lfads.recordings.recording import Recording
from lfads.recordings.relative import from_triplets


def of_counts(path: Path, reading: Reading) -> Recording:
    """A recording from trials of counts: spikes at the middle of their bins."""
    contents = read_mat(path)
    width = _width(contents, reading)
    session = contents.checked(width, for_inference=True)[0]
    trial, time, unit = np.nonzero(session.spikes)
    number = session.spikes[trial, time, unit].astype(np.int64)
    trials = dict(session.trial_table)
    for name in ("condition", "split"):
        if name in contents.sessions[0].arrays:
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
        ],
        name=session.name,
        source=printable(path),
    )
    return replace(recording, is_in_seconds=True, counted_in_s=width)


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
