"""`best/` of a search: its best member as a training run of its own, which every command takes."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lfads.config import RunSettings
from lfads.files import write_text
from lfads.hyperparameters import HyperParameterSettings
from lfads.search.members import Population, one_of
from lfads.search.record import MemberRow
from lfads.training.checkpoint import Keeper
from lfads.training.folder import read_summary, write_summary
from lfads.training.schedules import Course
from lfads.training.tracking import write_metrics

RESULTS = (
    "posterior.nc", "continuous.nc", "scores.json", "spread.json", "null.json", "report.html",
)  # fmt: skip
"""What commands write into `best/`; they go with the weights that they were inferred with."""


def write_best(
    folder: Path,
    best: MemberRow,
    population: Population,
    config: RunSettings,
    *,
    last_epoch: int,
    seconds: float,
    records: Iterable[dict[str, Any]],
    header: dict[str, Any],
) -> None:
    """Write a member of a population as a run.

    Parameters
    ----------
    folder
        Of the run.
    best, population
        The member's row, and the population after its generation.
    config
        Of the search, with the member's seed.
    last_epoch, seconds
        That the member was trained until, and that the search took.
    records
        Its epochs and those of its ancestors.
    header
        Of its checkpoints; `data` describes the training data.
    """
    own = dataclasses.replace(
        config,
        hyperparameters=HyperParameterSettings(**best.hyperparameters),
        training=dataclasses.replace(config.training, num_epochs=last_epoch),
    )
    course = Course(
        epoch=last_epoch,
        seconds=seconds,
        smoothed=best.final_score,
        best_score=best.score,
        best_epoch=int(population.kept.epoch[best.member]) or best.epoch,
    )
    if read_summary(folder).get("scores", {}).get("valid_nll_smoothed") != best.score:
        for name in RESULTS:  # of a former best
            (folder / name).unlink(missing_ok=True)
    write_text(folder / "config.toml", own.to_toml())
    state = one_of(population.states, best.member)
    average = one_of(population.kept.average, best.member)
    keeper = Keeper(folder / "checkpoints", {**header, "config": own.to_dict(), "seed": own.seed})
    keeper.write(state, average, course)
    write_metrics(folder / "metrics.jsonl", records)
    write_summary(folder, "search", course, int(state.dropped), header["data"], header["parts"])
