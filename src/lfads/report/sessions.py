"""The part of the report on several sessions together: how they were aligned, and how well they agree.

Agreement is one measure at each moment, so that they can be compared: R² of a session's averages over
conditions, of training trials, predicted by the mean of the other sessions' (`agreement_of`).
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from lfads.checks import first_of, many
from lfads.config import RunConfig
from lfads.data.dataset import Dataset
from lfads.evaluation.listed import LABELS, gain_of, in_words, score_of
from lfads.evaluation.matching import holds
from lfads.model.observations.chosen import observation_of
from lfads.numerics.evenly import evenly
from lfads.numerics.smoothing import SMOOTHING_S
from lfads.plots import captions
from lfads.plots.agreement import plot_agreement
from lfads.plots.common_space import plot_sessions
from lfads.plots.courses import factor_courses, shared_labels
from lfads.plots.page import figure_block, heading, note, paragraph, table
from lfads.report.analyses import analyses_together
from lfads.report.trained import TrainedOn
from lfads.results import Posterior
from lfads.stitching.align import align
from lfads.stitching.alignment import agreement_of, inputs_of, own_components
from lfads.stitching.shared import labels_of
from lfads.stitching.trial_averages import averages_of_all, encoded_parts
from lfads.training.moments import as_seen
from lfads.training.trials import default_observation

BEFORE = "before: own principal components"
START = "start: read-ins before training"
AFTER = "after: factors of the trained network"

MOST_IN_FULL = 6
"""Sessions that get a section with all figures, about 2 MB each: a page of 44 would hardly open."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Agreement of each session with the others at two or three moments.

    Parameters
    ----------
    sessions
        Names of those that could be compared.
    moments
        For each moment, in order, an R² a session; NaN for one that shares nothing with the others.
    by_condition
        Whether averages are over conditions, or over all trials.
    """

    sessions: tuple[str, ...]
    moments: Mapping[str, tuple[float, ...]]
    by_condition: bool

    @property
    def after(self) -> dict[str, float]:
        """After training, by session."""
        return dict(zip(self.sessions, self.moments[AFTER], strict=True))

    def of(self, session: str) -> list[float]:
        """Of one session at each moment; NaN if it could not be compared."""
        if session not in self.sessions:
            return [float("nan")] * len(self.moments)
        place = self.sessions.index(session)
        return [values[place] for values in self.moments.values()]


def together(
    dataset: Dataset,
    posterior: Posterior,
    trained: TrainedOn,
    config: RunConfig,
    scores: Mapping[str, Any],
    agreement: Agreement | None,
) -> list[str]:
    """How sessions were brought together, figures of them beside each other, and a table."""
    parts = [paragraph(" ".join(_how(config, trained)))]
    names = [session.name for session in dataset.sessions]
    found = _with_factors(dataset, posterior)
    if len(found) < 2:
        sentence = (
            "There is nothing to compare: the posterior has factors of fewer than two of these "
            f"sessions. It holds {', '.join(posterior.sessions) or 'none'}."
        )
        parts.append(note(sentence))
    else:
        caption = captions.sessions(found)
        parts.append(figure_block(plot_sessions(found), "sessions-factors", caption))
        parts += _agreement(agreement)
    parts += _table(names, agreement, scores)
    if len(found) > 1:
        sessions = {s.name: s for s in dataset.sessions if s.name in found}
        parts += analyses_together(found, sessions, "sessions")
    return parts


def in_full(dataset: Dataset) -> list[int]:
    """Sessions that get a section of their own, evenly chosen."""
    return evenly(len(dataset.sessions), MOST_IN_FULL).tolist()


def left_out(dataset: Dataset) -> str:
    """Which sessions get no section, and how to see them; empty if all do."""
    chosen = in_full(dataset)
    names = [s.name for number, s in enumerate(dataset.sessions) if number not in chosen]
    if not names:
        return ""
    return (
        f"Below, {len(chosen)} of {len(dataset.sessions)} sessions are shown one by one, evenly chosen. "
        f"Left out: {first_of(names)}. A report on one, from its file: lfads report RUN FILE --out "
        "PAGE.html; or in Python, from a data set of that session alone: run.report(dataset, out=...), and "
        "run.infer(dataset) for the numbers."
    )


def _how(config: RunConfig, trained: TrainedOn) -> list[str]:
    """Where read-ins started, whether they were trained, and what trials weigh."""
    if not config.model.read_in_size:
        return ["The network has no read-ins: counts of all sessions are encoded as they are."]
    freeze = config.training.freeze
    start = "network" if freeze == "dynamics" else config.model.read_in_start or "time_course"
    sentences = [_STARTS[start], _FROZEN[freeze]]
    if trained.num_sessions > 1:
        sentences.append(
            "In training every session counted the same, however many trials it has."
            if config.training.session_weights == "session"
            else "In training every trial counted the same, so that a session counts by its trials."
        )
    if trained.elsewhere:
        sentences.append(
            "These are not the data that the run was trained on, so the start of the read-ins is not "
            "shown."
        )
    return sentences


_STARTS = {
    "network": "The sessions were fitted to a trained network. Their read-ins started where its own "
    "training data say that they should lie, or at random if those were not there.",
    "random": "Read-ins started at random: sessions were not aligned before training.",
    "files": "Read-ins started from the matrices that the data files bring along (start “files”).",
    "conditions": "Read-ins started from the conditions that sessions share (start “conditions”): "
    "each session's averages predict the principal components of all sessions' averages together.",
    "time_course": "Read-ins started from averages over all trials (start “time_course”): factors of "
    "each session, turned so that their average time courses lie on each other.",
}
_FROZEN = {
    "nothing": "They were then trained with the network.",
    "read_in": "They were frozen: training left them as they started.",
    "dynamics": "Only read-ins and read-outs were trained.",
    "generator": "They were trained with encoders and controller; the generator stayed as it was.",
    "generative": "They were trained with encoders and controller alone.",
}


def _agreement(agreement: Agreement | None) -> list[str]:
    if agreement is None:
        few = "fewer than two of these sessions have any"
        return [note(f"How well sessions agree is measured on training trials; {few}.")]
    medians = {m: np.array(v)[np.isfinite(v)] for m, v in agreement.moments.items()}
    words = [f"{np.median(v):.2f} ({m.split(':')[0]})" for m, v in medians.items() if v.size]
    sentence = f"Median R² over sessions: {', '.join(words)}."
    figure = plot_agreement(agreement.sessions, agreement.moments)
    caption = captions.agreement(tuple(agreement.moments), by_condition=agreement.by_condition)
    block = figure_block(figure, "sessions-agreement", caption)
    return [paragraph(sentence), block] if words else [block]


def _table(
    names: Sequence[str], agreement: Agreement | None, scores: Mapping[str, Any]
) -> list[str]:
    """A row for each session: agreement at each moment, and bits per spike."""
    moments = [] if agreement is None else list(agreement.moments)
    of_sessions = scores.get("sessions", {})
    gain = gain_of(of_sessions.values())
    splits = [
        (split, words)
        for split, words in (("valid", "validation"), ("test", "test"))
        if any(score_of(each, split, gain) is not None for each in of_sessions.values())
    ]
    if not moments and not splits:
        return []
    header = ["session", *(f"R² {moment.split(':')[0]}" for moment in moments)]
    header += [f"{LABELS[gain]}, {words}" for _, words in splits]
    rows = []
    for name in names:
        values: list[float | None] = [] if agreement is None else [*agreement.of(name)]
        values += [score_of(of_sessions.get(name, {}), s, gain) for s, _ in splits]
        rows.append([name, *map(in_words, values)])
    summary = f"Agreement and {LABELS[gain]} of {many(len(names), 'session')}"
    return [heading(summary), table(header, rows)]


def agreement_in(
    dataset: Dataset, posterior: Posterior, trained: TrainedOn, config: RunConfig
) -> Agreement | None:
    """Agreement of the sessions of a report; read-ins are aligned again where training began so."""
    adapted = config.training.freeze == "dynamics"
    aligned = (
        bool(config.model.read_in_size)
        and config.model.read_in_start != "random"
        and not (adapted or trained.elsewhere)
    )
    return measured(dataset, _with_factors(dataset, posterior), config, aligned=aligned)


def _with_factors(dataset: Dataset, posterior: Posterior) -> dict[str, xr.Dataset]:
    found = {session.name: posterior.sessions.get(session.name) for session in dataset.sessions}
    return {name: of for name, of in found.items() if of is not None and holds(of, "factors")}


def measured(
    dataset: Dataset, posteriors: Mapping[str, xr.Dataset], config: RunConfig, *, aligned: bool
) -> Agreement | None:
    """Agreement of the sessions of a data set; None if fewer than two have factors of training trials.

    Parameters
    ----------
    dataset
        Several sessions.
    posteriors
        What was inferred from them, by name.
    config
        Of the run.
    aligned
        Whether read-ins started from an alignment of these data, which is then made again.
    """
    chosen = [
        number
        for number, session in enumerate(dataset.sessions)
        if session.of_split("train").any() and holds(posteriors.get(session.name), "factors")
    ]
    if len(chosen) < 2:
        return None
    sessions = tuple(dataset.sessions[number] for number in chosen)
    part = dataclasses.replace(dataset, sessions=sessions, files=())
    of_part = {session.name: posteriors[session.name] for session in sessions}
    labels = shared_labels(of_part)
    if not all(labels_of(session) for session in sessions):
        labels = None
    by_condition = labels is not None
    num = config.model.read_in_size or next(iter(of_part.values())).sizes["factor"]
    start = "conditions" if by_condition else "time_course"
    moments = {BEFORE: agreement_of(own_components(part, num, start))}
    if aligned:
        moments[START] = agreement_of(_at_start(dataset, config, num, chosen, by_condition))
    moments[AFTER] = agreement_of(list(factor_courses(of_part, labels, split="train").values()))
    return Agreement(
        sessions=tuple(session.name for session in sessions),
        moments=moments,
        by_condition=by_condition,
    )


def _at_start(
    dataset: Dataset, config: RunConfig, num: int, chosen: Sequence[int], by_condition: bool
) -> list[np.ndarray]:
    """Averages of the chosen sessions behind the read-ins that training started from."""
    seen = as_seen(
        dataset, observation_of(config.model.observation or default_observation(dataset))
    )
    read_ins = align(seen, num, config.model.read_in_start).read_ins
    parts = encoded_parts(seen)
    averages = averages_of_all(
        [parts[number] for number in chosen], by_condition, SMOOTHING_S / seen.bin_width_s
    )
    return [inputs_of(a, read_ins[number]) for a, number in zip(averages, chosen, strict=True)]
