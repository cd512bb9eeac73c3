"""How well new sessions can be fitted to a network: each session is left out once."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import UserError
from lfads.config import RunConfig
from lfads.data.dataset import Dataset
from lfads.data.session import FIELDS, Session
from lfads.files import PathLike, fingerprint, write_json
from lfads.runs.adapt import adapt
from lfads.runs.kept import read_kept, weights_of, write_kept
from lfads.runs.train import train
from lfads.runs.trained_run import Run
from lfads.storage.pusher import Pusher
from lfads.storage.run_folder import RunFolder, run_folder
from lfads.terminal.saying import say
from lfads.training.defaults import resolve_defaults
from lfads.training.folder import describe_data, is_done, versions
from lfads.training.resuming import not_default, resumed_config
from lfads.training.sizes import sizes_of, this_machine
from lfads.training.tracking import Tracker
from lfads.training.training_run import refuse_used_folder
from lfads.training.trials import checked_dataset

FILE_NAME = "scores.json"
RUNS = "*/others/config.toml"


class LeftOut(NamedTuple):
    """Scores of each session on a network that was trained without it (`Scores.to_dict`), by name.

    `interrupted` says that there are sessions left to do.

    Examples
    --------
    >>> scores = {"monday": {"splits": {"valid": {"bits_per_spike": 0.3}}}}
    >>> lfads.LeftOut(scores, interrupted=False).scores["monday"]["splits"]["valid"]["bits_per_spike"]
    0.3
    """

    scores: dict[str, dict[str, Any]]
    interrupted: bool


def leave_one_out(
    dataset: Dataset,
    config: RunConfig | None = None,
    *,
    out: PathLike,
    resume: bool = False,
    trackers: Sequence[Tracker] = (),
    progress: bool = True,
) -> LeftOut:
    """For each session, train on the others, adapt to it, and score it.

    Parameters
    ----------
    dataset
        At least two sessions.
    config
        Settings of the trainings.
    out
        New folder, or an address where it is kept. `SESSION/others` and `SESSION/adapted` in it are runs;
        `scores.json` is written after every session, and `SESSION/scores.json` with what it is of.
    resume
        Go on in `out`; scores of sessions that are done are read again.
    trackers
        Told of every epoch of every training.
    progress
        Show the epochs on stderr.

    Raises
    ------
    UserError
        If there is one session only, the folder is in use, or its runs are of other data.

    Examples
    --------
    >>> lfads.leave_one_out(dataset, config, out=folder / "left-out", progress=False)
    Traceback (most recent call last):
    lfads.checks.UserError: expected at least two sessions to leave one out of; got one
    """
    checked_dataset(dataset)
    if len(dataset.sessions) < 2:
        raise UserError("expected at least two sessions to leave one out of; got one")
    with run_folder(out) as kept:
        if not resume:
            refuse_used_folder(kept.path, RUNS)
        with kept.owned("leave-one-out"):
            if not resume:
                refuse_used_folder(kept.path, RUNS)  # another process was here first
            return _each(dataset, config, kept, [*trackers, Pusher(kept)], progress)


def _each(
    dataset: Dataset,
    config: RunConfig | None,
    kept: RunFolder,
    trackers: Sequence[Tracker],
    progress: bool,
) -> LeftOut:
    """Each session in turn, in a folder that is this process's."""
    scores: dict[str, dict[str, Any]] = {}
    for number, session in enumerate(dataset.sessions):
        if progress:
            say(f"session {number + 1} of {len(dataset.sessions)}, left out: {session.name}")
        place = kept.path / session.name
        found = _without(dataset, number, config, place, trackers=trackers, progress=progress)
        if found is None:
            return LeftOut(scores, interrupted=True)
        scores[session.name] = found
        write_json(kept.path / FILE_NAME, scores)
    return LeftOut(scores, interrupted=False)


def _without(
    dataset: Dataset, number: int, config: RunConfig | None, place: Path, **shown: Any
) -> dict[str, Any] | None:
    """Scores of a session on the others' network; None if one of the two trainings was interrupted."""
    session = dataset.sessions[number]
    others = tuple(s for n, s in enumerate(dataset.sessions) if n != number)
    rest = dataclasses.replace(
        dataset, sessions=others, files=(), source=f"{dataset.source} without {session.name}"
    )
    alone = dataclasses.replace(
        dataset, sessions=(session,), files=(), source=f"{session.name} of {dataset.source}"
    )
    base, found = Run(place / "others", rest), Run(place / "adapted", alone)
    begun = [(run.folder / "config.toml").exists() for run in (base, found)]
    of_data = {
        "trained_on": rest.fingerprint(), "scored_on": alone.fingerprint(),
        "beside": _of_what_is_scored(session), "lfads": versions()["lfads"],
    }  # fmt: skip
    if is_done(base.folder):
        _refuse_other_data(base, of_data["trained_on"])
        given = not_default(_with_read_in(config, rest))
        resumed_config(base.folder, describe_data(rest), given)
    else:
        base = train(rest, _with_read_in(config, rest), out=base.folder, resume=begun[0], **shown)
    if is_done(found.folder):
        _refuse_other_data(found, of_data["scored_on"])
        if kept := read_kept(place / FILE_NAME, of_data | weights_of(found.folder)):
            return kept
    elif is_done(base.folder):
        found = adapt(base, alone, out=found.folder, resume=begun[1], **shown)
    if not is_done(found.folder):
        return None
    scores = found.evaluate(alone, baselines=False, progress=False).to_dict()
    write_kept(place / FILE_NAME, of_data | weights_of(found.folder), scores)
    return scores


def _of_what_is_scored(session: Session) -> str:
    """A digest of what scores are of and no training sees: conditions, and what a simulation knows."""
    known = {
        field.name: np.asarray(value)
        for field in FIELDS
        if field.known_truth or field.name == "condition"
        for value in (getattr(session, field.name),)
        if value is not None
    }
    return fingerprint(known)


def _with_read_in(config: RunConfig | None, rest: Dataset) -> RunConfig:
    """Settings of a network that a session will be adapted to: one of a single session has a read-in, too.

    Left open, it is as wide as where several sessions are trained together: as many components as factors.
    Counts that were encoded as they are would fix the new session's read-in to as many components as that
    session has neurons.
    """
    config = config or RunConfig()
    if len(rest.sessions) > 1 or config.model.read_in_size is not None:
        return config
    settings, _ = resolve_defaults(config, sizes_of(rest), this_machine())
    model = dataclasses.replace(config.model, read_in_size=settings.model.num_factors)
    return dataclasses.replace(config, model=model)


def _refuse_other_data(run: Run, fingerprint: str) -> None:
    """A UserError unless a run that is done was trained on these data."""
    about = run.data
    if about["fingerprint"] != fingerprint:
        raise UserError(
            f"cannot go on in {run.folder.parent}: {run.place} was trained on {about['source']}, whose "
            "values are not those given now. Give the same data, or choose another folder"
        )
