"""Random search: members are trained one after the other, each a run of its own with drawn settings.

It may search sizes of the network, too, which a population that trains together cannot change. The
course of each training is that of `lfads train`.
"""

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lfads.config import SHAPES, RunSettings, SearchSettings
from lfads.data.dataset import Dataset
from lfads.files import part_beside
from lfads.search.population import draw
from lfads.search.record import (
    HYPERPARAMETERS,
    MemberRow,
    SearchOutcome,
    SearchTracker,
    best_of,
    write_population,
)
from lfads.search.resolve import member_seeds
from lfads.training.defaults import Derived
from lfads.training.folder import is_done, read_summary
from lfads.training.loop import Diverged
from lfads.training.tracking import read_metrics
from lfads.training.training_run import train_in_folder


def drawn_configs(config: SearchSettings) -> list[RunSettings]:
    """The configuration of each member: what is searched is drawn from its law, starts left aside."""
    configs = []
    for member, seed in enumerate(member_seeds(config)):
        # Keyed by the member, so that more members leave the first as they are.
        rng = np.random.default_rng([config.seed, 0, member])
        space = sorted(config.search.space.items())
        drawn = {n: float(draw(range_, 1, rng, from_start=False)[0]) for n, range_ in space}
        sizes = {name: round(drawn.pop(name)) for name in SHAPES if name in drawn}
        own = RunSettings(
            model=dataclasses.replace(config.model, **sizes),
            objective=config.objective,
            training=config.training,
            hyperparameters=dataclasses.replace(config.hyperparameters, **drawn),
            seed=seed,
        )
        configs.append(own)
    return configs


def train_members(
    dataset: Dataset,
    config: SearchSettings,
    folder: Path,
    derived: Sequence[Derived],
    trackers: Sequence[SearchTracker],
) -> SearchOutcome:
    """Train every member that is not trained yet, in `members/`.

    Parameters
    ----------
    dataset, folder
        As in `search_in_folder`.
    config
        With every setting resolved.
    derived, trackers
        What was derived, and who is told.
    """
    search = config.search
    for tracker in trackers:
        tracker.start(config, derived, 1)
    rows: list[MemberRow] = []
    stopped_by, seconds = "all_members", 0.0
    for member, own in enumerate(drawn_configs(config)):
        home = folder / "members" / f"{member:03d}"
        outcome = _trained(dataset, own, home)
        if outcome == "interrupted":
            stopped_by = outcome
            break
        rows.append(_row(member, own, home))
        seconds += float(read_summary(home).get("seconds", 0.0))
        write_population(folder / "population.csv", rows)
        if best_of(rows).member == member:
            _replace_folder(home, folder / "best")
        for tracker in trackers:
            tracker.generation(rows, best_of(rows))
        if search.max_hours is not None and seconds >= 3600 * search.max_hours:
            stopped_by = "max_hours" if member + 1 < search.population else stopped_by
            break
    for tracker in trackers:
        tracker.end(stopped_by)
    return SearchOutcome(stopped_by, best_of(rows), rows, seconds)


def _trained(dataset: Dataset, config: RunSettings, home: Path) -> str:
    """Why the member's training ended; a member that ended before is not trained again."""
    if is_done(home):
        return "trained before"
    try:
        begun = (home / "config.toml").exists()
        return train_in_folder(dataset, config, home, resume=begun, given={}).stopped_by
    except Diverged:
        return "diverged"


def _row(member: int, config: RunSettings, home: Path) -> MemberRow:
    """What a trained member reached at its best epoch; a score of infinity if it diverged."""
    best_epoch = read_summary(home).get("best_epoch")
    metrics = read_metrics(home / "metrics.jsonl")
    record: dict[str, Any] = next((r for r in metrics if r["epoch"] == best_epoch), {})

    def value(name: str) -> float:
        found = record.get(name)
        return np.inf if found is None else float(found)

    return MemberRow(
        generation=1,
        epoch=int(record.get("epoch", 0)),
        member=member,
        parent=member,
        score=value("valid_smoothed"),
        final_score=value("valid_smoothed"),
        train_nll=value("train_nll"),
        valid_nll=value("valid_nll"),
        valid_bits_per_spike=value("valid_bits_per_spike"),
        valid_bits_per_sample=value("valid_bits_per_sample"),
        hyperparameters={
            **{name: float(getattr(config.hyperparameters, name)) for name in HYPERPARAMETERS},
            **{name: float(getattr(config.model, name)) for name in SHAPES},
        },
    )


def _replace_folder(source: Path, target: Path) -> None:
    """A copy of a folder in the place of another; whole at every moment but that of two renames."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = part_beside(target)  # which goes, if this is killed, when the search goes on
    beside.mkdir()
    try:
        shutil.copytree(source, beside / "new")
        if target.exists():
            target.rename(beside / "old")
        (beside / "new").rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
