"""What a data file holds, for `lfads show`: also where its bin width is not in the file."""

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lfads.arrays import SPLITS
from lfads.checks import Problems, first_of, many
from lfads.data.counts import warn_of_silent_neurons
from lfads.data.mean_value import mean_value
from lfads.data.remarks import about_several_sessions, remarks_on
from lfads.data.session import FIELDS, STORED, Field, Session, ValueKind
from lfads.data.validation import why_not_trained_on
from lfads.formats.contents import FileContents
from lfads.formats.read import read_contents
from lfads.paths import printable

MOST_IN_FULL = 3
"""Sessions that are shown in full; of more, each is a line."""

_NO_WIDTH = "not in the file: it must be given, in seconds"


@dataclass(frozen=True, kw_only=True)
class SessionSummary:
    """One session in numbers and names.

    `mean_value` is the mean over observed samples, of counts in spikes per bin; `conditions` and `areas`
    have the number of trials and of neurons of each; `beside` says what else there is, by its label in the
    table.
    """

    name: str
    trials: Mapping[str, int]
    num_bins: int
    shortest_trial: int
    num_neurons: int
    num_held_out: int
    num_missing: int
    kind: ValueKind
    mean_value: float
    silent_neurons: tuple[int, ...]
    conditions: Mapping[str, int]
    areas: Mapping[str, int]
    beside: Mapping[str, tuple[str, ...]]

    @property
    def num_trials(self) -> int:
        """Trials of all splits."""
        return sum(self.trials.values())

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the values, `trial time neuron`."""
        return self.num_trials, self.num_bins, self.num_neurons


@dataclass(frozen=True, kw_only=True)
class FileSummary:
    """One data file.

    `bin_width_s` is None where the file does not say it. `problems` say why training would refuse
    the file, in the same words; `remarks` what else to know before training.
    """

    path: Path
    layout: str
    size_bytes: int
    bin_width_s: float | None
    num_forward_bins: int
    sessions: tuple[SessionSummary, ...]
    problems: tuple[str, ...]
    remarks: tuple[str, ...]

    def rows(self) -> list[tuple[str, str]]:
        """Label and value of each line of a table, in the order to show them.

        Sessions follow one another, each begun by a row `session`, or each in one row if there are
        many; then problems and remarks. A text of several lines is as many rows, of which only the
        first has a label.
        """
        width = self.bin_width_s
        rows = [
            ("file", printable(self.path)),
            ("layout", self.layout),
            ("size", _size(self.size_bytes)),
            ("bin width", _NO_WIDTH if width is None else f"{1000 * width:g} ms"),
        ]
        if self.num_forward_bins:
            rows.append(("forward bins", str(self.num_forward_bins)))
        if len(self.sessions) > MOST_IN_FULL:
            rows.append(("sessions", str(len(self.sessions))))
            rows.extend((session.name, _in_a_line(session, width)) for session in self.sessions)
        else:
            for session in self.sessions:
                rows.extend(_session_rows(session, width))
        for label, texts in (("problem", self.problems), ("remark", self.remarks)):
            for text in texts:
                first, *others = text.splitlines()
                rows.extend([(label, first), *(("", line) for line in others)])
        return rows


def describe_file(path: str | os.PathLike[str]) -> FileSummary:
    """Open a data file and sum up what it holds.

    Raises
    ------
    UserError
        If the file is missing, damaged or of another kind, or neither training nor inference can
        use its arrays.
    """
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        contents = read_contents(path)
        width_s = contents.bin_width_s or 1.0  # for rates of true counts, not summed up here
        checked = contents.checked(width_s, for_inference=True)
        problems = _problems_of(contents, checked)
    remarks = [str(warning.message) for warning in said] + remarks_on(checked)
    where = printable(contents.path)
    return FileSummary(
        path=contents.path,
        layout=contents.layout,
        size_bytes=contents.path.stat().st_size,
        bin_width_s=contents.bin_width_s,
        num_forward_bins=contents.num_forward_bins,
        sessions=tuple(summary_of(session) for session in checked),
        problems=tuple(text.removeprefix(where).lstrip(":, ") for text in problems),
        remarks=tuple(text.removeprefix(where).lstrip(":, ") for text in dict.fromkeys(remarks)),
    )


def _problems_of(contents: FileContents, checked: Sequence[Session]) -> list[str]:
    """Why training refuses a file that opens, in its words: of sessions, the first that it refuses."""
    found = [contents.lacks] if contents.lacks else []
    for session in checked if not found else ():
        problems = Problems(contents.where(session.name))
        problems.found.extend(why_not_trained_on(session))
        if problems.found:
            found.append(problems.message())
            break
        if session.kind == "counts":
            warn_of_silent_neurons(session, problems.where)
    return found + about_several_sessions(checked)


def summary_of(session: Session) -> SessionSummary:
    """One session in numbers and names."""
    observed = session.observed_bins()
    held, beside = session.held(), dict[str, tuple[str, ...]]()
    for field in FIELDS:
        if field.label and field.name in held:
            items = _items(field, held[field.name])
            beside[field.label] = (*beside.get(field.label, ()), *items)
    return SessionSummary(
        name=session.name,
        trials={split: int(session.of_split(split).sum()) for split in SPLITS},
        num_bins=session.num_bins,
        shortest_trial=int(session.trial_length.min()),
        num_neurons=session.num_neurons,
        num_held_out=int(session.held_out_neurons.sum()),
        num_missing=int((session.valid_bins()[:, :, None] & ~observed).sum()),
        kind=session.kind,
        mean_value=mean_value(session),
        silent_neurons=tuple(np.flatnonzero(session.silent_neurons()).tolist()),
        conditions=_tally(session.condition),
        areas=_tally(session.neuron_table.get("area")),
        beside=beside,
    )


def _items(field: Field, value: Any) -> list[str]:
    """What there is of a field: names, or how many channels."""
    if not field.by_name:
        return [field.name] if field.known_truth else [str(value.shape[-1])]
    if not field.over_time:
        return list(value)
    return [f"{name} ({int(np.prod(series.shape[2:]))})" for name, series in value.items()]


def _tally(labels: np.ndarray | None) -> dict[str, int]:
    if labels is None:
        return {}
    names, counts = np.unique(labels, return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def _session_rows(session: SessionSummary, bin_width_s: float | None) -> list[tuple[str, str]]:
    trials = ", ".join(f"{count} {split}" for split, count in session.trials.items() if count)
    bins = str(session.num_bins)
    if session.shortest_trial != session.num_bins:
        bins = f"{session.shortest_trial} to {session.num_bins}"
    neurons = str(session.num_neurons)
    if session.num_held_out:
        neurons += f", {session.num_held_out} of them held out"
    rows = [
        ("session", session.name),
        (STORED[session.kind], f"(trial, time, neuron) = {session.shape}"),
        ("trials", f"{session.num_trials} ({trials})"),
        ("bins", bins),
        ("neurons", neurons),
        _mean(session, bin_width_s),
    ]
    if session.silent_neurons:
        rows.append(("silent neurons", first_of(session.silent_neurons)))
    if session.num_missing:
        rows.append(("missing samples", str(session.num_missing)))
    for label, number_of in (("conditions", session.conditions), ("areas", session.areas)):
        if number_of:
            each = [f"{name} ({count})" for name, count in number_of.items()]
            rows.append((label, f"{len(each)}: {first_of(each)}"))
    rows += [(label, first_of(items)) for label, items in session.beside.items()]
    return rows


def _in_a_line(session: SessionSummary, bin_width_s: float | None) -> str:
    """The most important of a session."""
    parts = [
        many(session.num_trials, "trial"), many(session.num_bins, "bin"),
        many(session.num_neurons, "neuron"), _mean(session, bin_width_s)[1],
    ]  # fmt: skip
    if session.conditions:
        parts.append(many(len(session.conditions), "condition"))
    return ", ".join(parts)


def _mean(session: SessionSummary, bin_width_s: float | None) -> tuple[str, str]:
    """Label and value of the mean, of counts as a rate."""
    mean = session.mean_value
    if session.kind == "real":
        return "mean", f"{mean:.3g}"
    rate = f"{mean:.3g} spikes/bin" if bin_width_s is None else f"{mean / bin_width_s:.3g} spikes/s"
    return "mean rate", rate


def _size(num_bytes: int) -> str:
    size, unit = float(num_bytes), "bytes"
    for larger in ("KiB", "MiB", "GiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:.3g} {unit}" if unit != "bytes" else f"{num_bytes} bytes"
