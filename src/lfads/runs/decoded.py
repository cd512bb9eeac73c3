"""R² of behaviour that is decoded from results, beside their scores."""

import dataclasses
from collections.abc import Sequence

from lfads.data.dataset import Dataset
from lfads.evaluation.scores import Scores
from lfads.results import Posterior

Decoded = dict[str, dict[str, dict[str, float]]]
"""R² by series, signal and channel."""


def with_decoding(
    scores: Scores, names: Sequence[str], posterior: Posterior, dataset: Dataset
) -> Scores:
    """Scores with R² of some behaviour in each session that has it, and notes on what has none."""
    sessions = {s.session: s for s in (scores.sessions or [scores])}
    for session in dataset.sessions:
        own = [name for name in names if name in session.behavior]
        found, notes = _decoded(own, posterior, session.name, dataset)
        one = sessions[session.name]
        sessions[session.name] = dataclasses.replace(
            one, decoding=found, notes=(*one.notes, *notes)
        )
    if not scores.sessions:
        return next(iter(sessions.values()))
    return dataclasses.replace(scores, sessions=tuple(sessions.values()))


def check_decodable(names: Sequence[str], dataset: Dataset) -> None:
    """A UserError that lists the behaviour there is, if no session has one of the names."""
    from lfads.analysis.behavior import check_names, numeric_series

    there = list(dict.fromkeys(name for s in dataset.sessions for name in numeric_series(s)))
    check_names(names, there, dataset.source)


def _decoded(
    names: Sequence[str], posterior: Posterior, session: str, dataset: Dataset
) -> tuple[Decoded, list[str]]:
    from lfads.analysis.analysis import analysed
    from lfads.analysis.decoding import Decoding

    data = next(s for s in dataset.sessions if s.name == session)
    found: Decoded = {}
    notes = []
    for name in names:
        result = analysed("decoding", Decoding(behavior=name), posterior.sessions[session], data)
        r2, channels = result["r2"].values, result["channel"].values.astype(str)
        found[name] = {
            str(signal): {channel: float(v) for channel, v in zip(channels, row, strict=True)}
            for signal, row in zip(result["signal"].values, r2, strict=True)
        }
        for channel, remark in zip(channels, result["remark"].values.astype(str), strict=True):
            if remark:
                notes.append(f"no R² of {channel}: it is {remark}")
    return found, notes
