"""Runs on the same trials beside each other: scores, whether their factors agree, settings that differ."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from lfads.analysis.agreement import cross_decoding, mean_of_sessions
from lfads.analysis.few_shot import FewShot, not_applicable
from lfads.checks import UserError, first_of
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.evaluation.listed import LABELS, deciding_split, score_of
from lfads.evaluation.matching import holds, matched, values_of
from lfads.evaluation.scores import score_dataset
from lfads.files import PathLike
from lfads.runs.baseline_run import BaselineRun
from lfads.runs.comparison import Comparison
from lfads.runs.kept_posterior import kept_or_inferred
from lfads.runs.places import open_run
from lfads.runs.settings_beside import differences
from lfads.runs.shared_trials import Shared, said_of_how_inferred, said_of_sharing, shared_trials
from lfads.runs.standing_out import what_stands_out
from lfads.runs.trained_run import Run

SHOTS = (4, 16, 64)

AnyRun = Run | BaselineRun


def compare(
    runs: Sequence[AnyRun | PathLike],
    dataset: Dataset | None = None,
    *,
    few_shot: bool = True,
) -> Comparison:
    """Put runs beside each other that were trained on the same data, or share trials.

    Among runs that predict neurons equally well, one whose factors the others' cannot predict, while it
    predicts theirs, carries dynamics that are not in the data; held-out neurons are learnt from its factors
    with more trials than from theirs.

    Parameters
    ----------
    runs
        Two or more, of networks or baselines: opened, or their folders.
    dataset
        Trials to compare on; by default those that the runs were trained on, or that all share.
    few_shot
        Whether to fit held-out neurons to a few trials, which takes some seconds a run; only where neurons
        are held out.

    Raises
    ------
    UserError
        If there are fewer than two runs, one is given twice, or they share no trials.

    References
    ----------
    Dabholkar & Barak (2024), arXiv:2405.14425: cross-decoding and few-shot co-smoothing.

    Examples
    --------
    >>> baseline = lfads.fit_baseline("psth", dataset, out=folder / "psth")
    >>> found = lfads.compare([run, baseline])
    >>> sorted(found.scores["bits_per_spike"])
    ['psth', 'run']
    """
    opened = _opened(runs)
    datasets = {name: _data_of(run, dataset) for name, run in opened.items()}
    posteriors = {
        name: kept_or_inferred(run, Path(run.folder), datasets[name])
        for name, run in opened.items()
    }
    shared = shared_trials(datasets, posteriors)
    names = tuple(opened)
    notes = [said_of_sharing(shared, datasets), said_of_how_inferred(shared.posteriors)]
    split, scores = _scores(shared, names)
    without = [
        n for n in names if not all(holds(p, "factors") for p in shared.posteriors[n].values())
    ]
    if without:
        notes.append(f"{first_of(without)}: no factors, so rates stand for them.")
    agreement = mean_of_sessions(
        [_agreement(shared, session) for session in shared.dataset.sessions]
    )
    curves: dict[str, dict[str, xr.Dataset]] = {}
    if few_shot:
        curves, said = _few_shot(shared, [name for name in names if name not in without])
        notes.append(said)
    r2, least = agreement["r2"], agreement["worst_direction"]
    notes += what_stands_out(names, r2, least, scores)
    return Comparison(
        names, split, scores, r2, least, curves, differences(opened), tuple(filter(None, notes))
    )


def _opened(runs: Sequence[AnyRun | PathLike]) -> dict[str, AnyRun]:
    """Runs by their folders' names, or by their places where these are alike."""
    if isinstance(runs, str) or len(runs) < 2:
        number = 1 if isinstance(runs, str) else len(runs)
        raise UserError(f"give two runs or more to compare; got {number}")
    opened = [run if isinstance(run, Run | BaselineRun) else open_run(run) for run in runs]
    places = [str(run.place) for run in opened]
    if twice := [place for place in dict.fromkeys(places) if places.count(place) > 1]:
        raise UserError(f"{twice[0]} is given twice: give runs that differ")
    names = [_name(place) for place in places]
    names = places if len(set(names)) < len(names) else names
    return dict(zip(names, opened, strict=True))


def _name(place: str) -> str:
    path = Path(place)
    return path.parent.name if path.name == "best" and path.parent.name else path.name


def _data_of(run: AnyRun, dataset: Dataset | None) -> Dataset:
    return run.training_data() if dataset is None else dataset


def _scores(
    shared: Shared, names: Sequence[str]
) -> tuple[str | None, dict[str, dict[str, float | None]]]:
    """The split that decides, and all of its scores that are one number."""
    each = {
        name: score_dataset(shared.dataset, shared.posteriors[name]).to_dict() for name in names
    }
    split = deciding_split(each[names[0]])
    if split is None:
        return None, {}
    scores: dict[str, dict[str, float | None]] = {}
    for score in LABELS:
        values = {name: score_of(of, split, score) for name, of in each.items()}
        if any(value is not None for value in values.values()):
            scores[score] = {n: None if v is None else float(v) for n, v in values.items()}
    return split, scores


def _agreement(shared: Shared, session: Session) -> xr.Dataset:
    """Of one session, over the last bins that all runs have."""
    values = {name: _signal(of[session.name]) for name, of in shared.posteriors.items()}
    num_bins = min(one.shape[1] for one in values.values())
    values = {name: one[:, one.shape[1] - num_bins :] for name, one in values.items()}
    within = session.valid_bins()[:, session.num_bins - num_bins :]
    return cross_decoding(values, session.of_split("train"), within)


def _signal(posterior: xr.Dataset) -> np.ndarray:
    name = "factors" if holds(posterior, "factors") else "rates"
    values = values_of(posterior, name, {"factors": "factor", "rates": "neuron"}[name])
    return np.where(np.isfinite(values), values, 0.0)


def _few_shot(shared: Shared, names: Sequence[str]) -> tuple[dict[str, dict[str, xr.Dataset]], str]:
    """Curves by session and run, and why there are none."""
    found: dict[str, dict[str, xr.Dataset]] = {}
    why = ""
    for session in shared.dataset.sessions:
        own: Mapping[str, xr.Dataset] = {n: shared.posteriors[n][session.name] for n in names}
        if not own:
            return {}, ""
        if lacking := not_applicable(matched(session, next(iter(own.values())))):
            why = f"No few-shot co-smoothing: it needs {lacking}."
            continue
        found[session.name] = {
            name: FewShot(shots=SHOTS).compute(posterior, session)
            for name, posterior in own.items()
        }
    return found, "" if found else why
