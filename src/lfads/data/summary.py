"""What sessions hold, in numbers and names: the one table of the command line and of notebooks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lfads.arrays import SPLITS
from lfads.checks import first_of, many
from lfads.data.companions import in_order
from lfads.data.mean_value import mean_value
from lfads.data.session import FIELDS, STORED, Field, Session, ValueKind

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
    modalities: Mapping[str, int]
    beside: Mapping[str, tuple[str, ...]]

    @property
    def num_trials(self) -> int:
        """Trials of all splits."""
        return sum(self.trials.values())

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the values, `trial time neuron`."""
        return self.num_trials, self.num_bins, self.num_neurons


def sizes_of(session: Session) -> dict[str, int]:
    """How many trials, bins and neurons a session has."""
    return {"trial": session.num_trials, "bin": session.num_bins, "neuron": session.num_neurons}


def sizes_in_words(session: Session) -> str:
    """The same, as in `24 trials, 20 bins, 6 neurons`."""
    return ", ".join(many(size, name) for name, size in sizes_of(session).items())


def data_rows(
    sessions: Sequence[SessionSummary],
    *,
    bin_width_s: float | None,
    num_forward_bins: int,
    unit: str,
) -> list[tuple[str, str]]:
    """Label and value of each line of a table.

    Sessions follow one another, each begun by a row `session`, or each in one row if there are many.

    Parameters
    ----------
    sessions
        What to show.
    bin_width_s
        None where it is not known.
    num_forward_bins
        Bins of each trial that are predicted, never encoded.
    unit
        Of signals; empty if it is not known.
    """
    rows = [("bin width", _NO_WIDTH if bin_width_s is None else f"{1000 * bin_width_s:g} ms")]
    if num_forward_bins:
        rows.append(("forward bins", str(num_forward_bins)))
    if unit:
        rows.append(("unit", unit))
    if len(sessions) > MOST_IN_FULL:
        rows.append(("sessions", str(len(sessions))))
        return rows + [(s.name, _in_a_line(s, bin_width_s, unit)) for s in sessions]
    for session in sessions:
        rows.extend(session_rows(session, bin_width_s, unit))
    return rows


def summary_of(session: Session) -> SessionSummary:
    """One session in numbers and names."""
    num_samples = int(session.valid_bins().sum()) * session.num_neurons
    num_observed = num_samples
    if session.observed is not None:
        num_observed = int(session.observed_bins().sum())
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
        num_missing=num_samples - num_observed,
        kind=session.kind,
        mean_value=mean_value(session),
        silent_neurons=tuple(np.flatnonzero(session.silent_neurons()).tolist()),
        conditions=_tally(session.condition),
        areas=_tally(session.neuron_table.get("area")),
        modalities=_tally(session.modalities),
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
    found = {str(name): int(count) for name, count in zip(names, counts, strict=True)}
    return {name: found[name] for name in in_order(found)}


def session_rows(
    session: SessionSummary, bin_width_s: float | None, unit: str
) -> list[tuple[str, str]]:
    """Label and value of each line about one session."""
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
        _mean(session, bin_width_s, unit),
    ]
    if session.silent_neurons:
        rows.append(("silent neurons", first_of(session.silent_neurons)))
    if session.num_missing:
        rows.append(("missing samples", str(session.num_missing)))
    tallies = (
        ("conditions", session.conditions), ("areas", session.areas), ("modalities", session.modalities),
    )  # fmt: skip
    for label, number_of in tallies:
        if number_of:
            each = [f"{name} ({count})" for name, count in number_of.items()]
            rows.append((label, f"{len(each)}: {first_of(each)}"))
    rows += [(label, first_of(items)) for label, items in session.beside.items()]
    return rows


def _in_a_line(session: SessionSummary, bin_width_s: float | None, unit: str) -> str:
    """The most important of a session."""
    parts = [
        many(session.num_trials, "trial"), many(session.num_bins, "bin"),
        many(session.num_neurons, "neuron"), _mean(session, bin_width_s, unit)[1],
    ]  # fmt: skip
    if session.conditions:
        parts.append(many(len(session.conditions), "condition"))
    return ", ".join(parts)


def _mean(session: SessionSummary, bin_width_s: float | None, unit: str) -> tuple[str, str]:
    """Label and value of the mean, of counts as a rate."""
    mean = session.mean_value
    if session.kind == "real":
        return "mean", f"{mean:.3g} {unit}".rstrip()
    rate = f"{mean:.3g} spikes/bin" if bin_width_s is None else f"{mean / bin_width_s:.3g} spikes/s"
    return "mean rate", rate
