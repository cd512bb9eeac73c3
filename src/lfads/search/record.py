"""What a search leaves for people: a row a member and generation, and the epochs of each.

`population.csv` is written anew after every generation; `epochs.jsonl` grows. Lineage is in both: a
member's `parent` is the member of the generation before whose state it went on with.
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from lfads.checks import UserError
from lfads.config import SearchSettings
from lfads.files import append_text, flush_to_disk, write_json, write_text
from lfads.guarded.fields import checked_record
from lfads.guarded.messages import one_message
from lfads.hyperparameters import HyperParameterConfig
from lfads.paths import printable
from lfads.training.defaults import Derived
from lfads.training.tracking import TO_GO_ON, EpochRecord, finite, read_metrics, write_metrics

HYPERPARAMETERS = tuple(f.name for f in fields(HyperParameterConfig))


@dataclass(frozen=True)
class MemberRow:
    """One member in one generation: what it reached at the best of its epochs after the ramp.

    `score` is the smoothed validation likelihood of that epoch, nats per sample, and `final_score` that
    of the last one, by which members are compared. Of a random search, whose members may differ in
    sizes, these are among the hyperparameters.

    Examples
    --------
    >>> row = lfads.MemberRow(
    ...     generation=1, epoch=16, member=0, parent=0, score=0.41, train_nll=0.4, valid_nll=0.41,
    ...     valid_bits_per_spike=0.3, hyperparameters={"learning_rate": 0.004},
    ... )
    >>> row.score, row.hyperparameters["learning_rate"]
    (0.41, 0.004)
    """

    generation: int
    epoch: int
    member: int
    parent: int
    score: float
    train_nll: float
    valid_nll: float
    valid_bits_per_spike: float
    hyperparameters: Mapping[str, float]
    final_score: float = math.nan
    valid_bits_per_sample: float = math.nan

    @property
    def comparable_score(self) -> float:
        """The score, or infinity where it is not finite."""
        return self.score if math.isfinite(self.score) else math.inf


COLUMNS: dict[str, Any] = {f.name: f.type for f in fields(MemberRow) if f.name != "hyperparameters"}
"""Those of `population.csv` beside hyperparameters, and the type of each."""


@dataclass(frozen=True)
class Standing:
    """Where a search stood when its checkpoint was written, as the header says it."""

    generation: int
    seconds: str | float
    rows: Sequence[MemberRow]


def standing_of(header: Mapping[str, Any], path: Path) -> Standing:
    """Where the search stood that wrote a checkpoint; a UserError if the header does not say it."""
    advice = "Restore it from a copy, or search again in another folder"
    where = f"{printable(path)}: its header"
    found = checked_record(Standing, header, where, advice)
    with one_message(where, "that of a search", (ValueError,), advice):
        float(found.seconds)
    return found


def write_population(path: Path, rows: Iterable[MemberRow]) -> None:
    """Write `population.csv` in one piece."""
    rows, text = list(rows), io.StringIO()
    searched = list(rows[0].hyperparameters) if rows else HYPERPARAMETERS
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *searched])
    for row in rows:
        values = [getattr(row, name) for name in COLUMNS]
        writer.writerow([*values, *(row.hyperparameters[name] for name in searched)])
    write_text(path, text.getvalue())


def read_population(path: Path) -> list[MemberRow]:
    """Rows of a `population.csv`.

    Raises
    ------
    UserError
        If the file is missing or damaged.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [
                MemberRow(
                    **{name: kind(row[name]) for name, kind in COLUMNS.items()},
                    hyperparameters={k: float(v) for k, v in row.items() if k not in COLUMNS},
                )
                for row in csv.DictReader(file)
            ]
    except (OSError, csv.Error, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{printable(path)} is missing or damaged: it is needed to go on with a search"
        ) from error


class EpochsFile:
    """`epochs.jsonl`: an object a member and epoch, as in a run's `metrics.jsonl`, with the member."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep_until(self, epoch: int) -> None:
        """Drop what comes after an epoch: a generation that was not finished."""
        write_metrics(self.path, (r for r in read_metrics(self.path) if r["epoch"] <= epoch))

    def append(self, records: list[list[EpochRecord]]) -> None:
        """Some epochs of all members."""
        lines = [
            json.dumps({"member": member, **finite(asdict(record))}) + "\n"
            for member, own in enumerate(records)
            for record in own
        ]
        append_text(self.path, "".join(lines), TO_GO_ON)
        flush_to_disk(self.path)  # the checkpoint that is written next counts on them

    def of_lineage(
        self, lineage: Mapping[int, int], epochs_of: Mapping[int, range]
    ) -> list[dict[str, Any]]:
        """Records of a member and its ancestors: `lineage` names the member of each generation."""
        found = {(r.pop("member", None), r["epoch"]): r for r in read_metrics(self.path)}
        wanted = [(member, epoch) for g, member in lineage.items() for epoch in epochs_of[g]]
        return [found[key] for key in wanted if key in found]


def lineage_of(rows: Iterable[MemberRow], generation: int, member: int) -> dict[int, int]:
    """The member of every generation that a member's state comes through, the first one first."""
    parents = {(row.generation, row.member): row.parent for row in rows}
    line = {generation: member}
    for number in range(generation, 1, -1):
        member = parents[number, member]
        line[number - 1] = member
    return dict(sorted(line.items()))


def best_of(rows: Sequence[MemberRow]) -> MemberRow:
    """The member with the lowest score of all generations."""
    if not rows:
        raise UserError(
            "the search was stopped before its first generation ended: there is no member yet"
        )
    return min(rows, key=lambda row: row.comparable_score)


def best_scores(rows: Sequence[MemberRow]) -> list[float]:
    """The best finite score up to each generation; infinite before there is one."""
    generations = sorted({row.generation for row in rows})
    bests = [min(r.comparable_score for r in rows if r.generation == g) for g in generations]
    return list(accumulate(bests, min))


@dataclass(frozen=True)
class SearchOutcome:
    """How a search ended."""

    stopped_by: str
    best: MemberRow
    rows: list[MemberRow]
    seconds: float


@runtime_checkable
class SearchTracker(Protocol):
    """Listens to a search.

    Examples
    --------
    >>> class Generations:
    ...     def start(self, config, derived, first_generation): ...
    ...     def epochs(self, generation, epoch, last_epoch): ...
    ...     def generation(self, rows, best): print(len(rows), "members, best", best.member)
    ...     def end(self, stopped_by): print(stopped_by)
    >>> isinstance(Generations(), lfads.SearchTracker)
    True
    """

    def start(
        self, config: SearchSettings, derived: Sequence[Derived], first_generation: int
    ) -> None:
        """Called once, before the first generation."""
        ...

    def epochs(self, generation: int, epoch: int, last_epoch: int) -> None:
        """Called within a generation, which ends with `last_epoch`."""
        ...

    def generation(self, rows: Sequence[MemberRow], best: MemberRow) -> None:
        """Called after every generation with its members and the best so far."""
        ...

    def end(self, stopped_by: str) -> None:
        """Called once when the search ends."""
        ...


def write_search_summary(folder: Path, outcome: SearchOutcome, more: Mapping[str, Any]) -> None:
    """Write `summary.json`: how the search ended, its best member, and what is given besides."""
    summary = {
        "stopped_by": outcome.stopped_by,
        "generations": outcome.rows[-1].generation,
        "members": len({row.member for row in outcome.rows}),
        "best": asdict(outcome.best),
        "seconds": round(outcome.seconds, 3),
        **more,
    }
    write_json(folder / "summary.json", summary)
