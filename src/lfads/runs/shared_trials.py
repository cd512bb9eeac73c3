"""Trials that several runs have in common, so that their results can be put beside each other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import xarray as xr

from lfads.checks import UserError, first_of, many
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.results import Posterior


class Shared(NamedTuple):
    """Sessions of trials that all have, and of each run by name what it inferred of exactly these.

    Trials that any run was trained on are training trials.
    """

    dataset: Dataset
    posteriors: Mapping[str, Mapping[str, xr.Dataset]]


def shared_trials(datasets: Mapping[str, Dataset], posteriors: Mapping[str, Posterior]) -> Shared:
    """Sessions and trials that the data of all runs hold, told by name, number and what was recorded.

    Raises
    ------
    UserError
        If runs share no trial.
    """
    names = list(datasets)
    first = datasets[names[0]]
    sessions, found = [], {name: dict[str, xr.Dataset]() for name in names}
    for session in first.sessions:
        own = {name: _same(session, datasets[name]) for name in names}
        if any(one is None for one in own.values()):
            continue
        index = session.trial_index
        for one in own.values():
            index = np.intersect1d(index, _alike(session, one)) if one is not None else index
        if not len(index):
            continue
        of_first = session.take(_places(session, index))
        split = of_first.split.copy()
        for name, one in own.items():
            if one is not None:
                split[one.split[_places(one, index)] == "train"] = "train"
                found[name][session.name] = _of(posteriors[name], one, index)
        sessions.append(replace(of_first, split=split))
    if not sessions:
        raise UserError(
            f"{first_of(names)} were trained on different data, and share no trials: only results of the "
            "same trials can be compared. Train them on the same file, or give data of all by `dataset=`"
        )
    return Shared(replace(first, sessions=tuple(sessions), files=()), found)


def said_of_sharing(shared: Shared, datasets: Mapping[str, Dataset]) -> str:
    """Which part of the data is compared, in a sentence; empty where it is all of them."""
    number = sum(session.num_trials for session in shared.dataset.sessions)
    if all(sum(s.num_trials for s in of.sessions) == number for of in datasets.values()):
        return ""
    sessions = [session.name for session in shared.dataset.sessions]
    return (
        f"Runs were trained on different data; compared are {many(number, 'trial')} that all have "
        f"({first_of(sessions)})."
    )


WAYS = {"context_bins": 0, "refine_steps": 0, "ensemble": 1}
"""Attributes of results that say how networks inferred them, and what is meant without."""


def said_of_how_inferred(posteriors: Mapping[str, Mapping[str, xr.Dataset]]) -> str:
    """Whether results of networks were inferred in different ways, in a sentence; empty if in one."""
    ways = {}
    for name, sessions in posteriors.items():
        attributes = next(iter(sessions.values())).attrs
        if "num_samples" in attributes:
            ways[name] = [int(attributes.get(way, usual)) for way, usual in WAYS.items()]
    different = [n for n, way in enumerate(WAYS) if len({own[n] for own in ways.values()}) > 1]
    if not different:
        return ""
    said = [
        f"{list(WAYS)[n]} {', '.join(f'{own[n]} ({name})' for name, own in ways.items())}"
        for n in different
    ]
    return f"Results were inferred in different ways: {'; '.join(said)}. `lfads infer` them alike."


def _same(session: Session, dataset: Dataset) -> Session | None:
    """The session of that name, or the only one, if it has as many neurons and bins."""
    named: Sequence[Session] = [s for s in dataset.sessions if s.name == session.name]
    if not named and len(dataset.sessions) == 1:
        named = dataset.sessions
    return next((s for s in named if s.values.shape[1:] == session.values.shape[1:]), None)


def _alike(session: Session, other: Session) -> np.ndarray:
    """`trial_index` of the trials in which both recorded the same."""
    index = np.intersect1d(session.trial_index, other.trial_index)
    here, there = (s.values[_places(s, index)] for s in (session, other))
    return index[(here == there).all((1, 2))]


def _places(session: Session, index: np.ndarray) -> np.ndarray:
    place = {int(trial): number for number, trial in enumerate(session.trial_index)}
    return np.array([place[int(trial)] for trial in index], np.int64)


def _of(posterior: Posterior, session: Session, index: np.ndarray) -> xr.Dataset:
    found = posterior.sessions.get(session.name)
    found = posterior.dataset if found is None else found
    place = {int(trial): number for number, trial in enumerate(found["trial_index"].values)}
    return found.isel(trial=[place[int(trial)] for trial in index])
