"""What the loop reports after each epoch, and who listens.

A tracker is anything with these three methods; several may listen to one run.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from lfads.checks import UserError
from lfads.config import RunSettings
from lfads.files import append_text, write_text
from lfads.part_names import named
from lfads.parts import made
from lfads.training.defaults import Derived

TO_GO_ON = "The run goes on from its last checkpoint with `resume=True`."


@dataclass(frozen=True)
class EpochRecord:
    """One line of `metrics.jsonl`.

    `loss` and `nll` are nats per scored sample (bin and neuron), the KL terms nats per trial; the
    validation terms are those of the averaged weights. Bits are those gained over the best constant model
    of each neuron; those per spike are NaN where the likelihood is not Poisson's. `sample_nll` is that of
    the samples that sample validation removed, NaN without.

    Examples
    --------
    >>> class Last:
    ...     def start(self, config, derived, first_epoch): ...
    ...     def epoch(self, record): self.record = record
    ...     def end(self, stopped_by): ...
    >>> last = Last()
    >>> _ = lfads.train(dataset, config, out=folder / "run", trackers=[last], progress=False)
    >>> last.record.epoch, last.record.valid_nll > 0
    (2, True)
    """

    epoch: int
    seconds: float
    learning_rate: float
    ramp: float
    train_loss: float
    train_nll: float
    train_kl_initial_condition: float
    train_kl_inferred_inputs: float
    train_l2: float
    gradient_norm: float
    dropped_steps: int
    valid_nll: float
    valid_kl_initial_condition: float
    valid_kl_inferred_inputs: float
    valid_bits_per_spike: float
    valid_smoothed: float
    train_sample_nll: float = math.nan
    valid_sample_nll: float = math.nan
    valid_bits_per_sample: float = math.nan

    @property
    def score(self) -> float:
        """What decides."""
        return float(deciding_score(self.valid_nll, self.valid_sample_nll))


def deciding_score(nll: Any, sample_nll: Any, xp: Any = np) -> Any:
    """Nats per sample of removed samples if there are any, else (NaN) of all."""
    return xp.where(xp.isnan(sample_nll), nll, sample_nll)


def gain_in_words(bits_per_spike: float | None, bits_per_sample: float | None) -> str:
    """Bits gained per spike; per sample where that has no meaning.

    >>> gain_in_words(0.25, 0.01), gain_in_words(math.nan, 0.01)
    ('0.2500 bits/spike', '0.0100 bits/sample')
    """
    if bits_per_spike is None or math.isnan(bits_per_spike):
        return f"{math.nan if bits_per_sample is None else bits_per_sample:.4f} bits/sample"
    return f"{bits_per_spike:.4f} bits/spike"


@runtime_checkable
class Tracker(Protocol):
    """Listens to a run.

    Examples
    --------
    >>> class Epochs:
    ...     def start(self, config, derived, first_epoch): self.seen = []
    ...     def epoch(self, record): self.seen.append(record.epoch)
    ...     def end(self, stopped_by): print(self.seen, stopped_by)
    >>> isinstance(Epochs(), lfads.Tracker)
    True
    >>> _ = lfads.train(dataset, config, out=folder / "run", trackers=[Epochs()], progress=False)
    [1, 2] num_epochs
    """

    def start(self, config: RunSettings, derived: Sequence[Derived], first_epoch: int) -> None:
        """Called once, before the first epoch, with every setting and what was derived."""
        ...

    def epoch(self, record: EpochRecord) -> None:
        """Called after every epoch."""
        ...

    def end(self, stopped_by: str) -> None:
        """Called once when the run ends."""
        ...


def trackers_in(folder: Path, given: Iterable[Tracker | str]) -> list[Tracker]:
    """Trackers, those that are given by name made for a run's folder.

    Raises
    ------
    UserError
        If there is none of a name, or what there is cannot be told of epochs.
    """
    found = []
    for one in given:
        made_here = [one]
        if isinstance(one, str):
            made_here = [
                made("trackers", name, {"folder": folder, **choices}, "trackers")
                for name, choices in named(one)
            ]
        for each in made_here:
            if not isinstance(each, Tracker):
                raise UserError(
                    "a tracker has `start`, `epoch` and `end`, or is a name of `lfads parts trackers`; got "
                    f"{one!r}"
                )
            found.append(each)
    return found


class MetricsFile:
    """Appends each epoch to `metrics.jsonl`; numbers that are not finite become null."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def start(self, config: RunSettings, derived: Sequence[Derived], first_epoch: int) -> None:
        """Keep the epochs before the first one to come, so that none stands twice."""
        kept = [r for r in read_metrics(self.path) if r["epoch"] < first_epoch]
        write_metrics(self.path, kept)

    def epoch(self, record: EpochRecord) -> None:
        """Append one line."""
        append_text(self.path, json.dumps(finite(asdict(record))) + "\n", TO_GO_ON)

    def end(self, stopped_by: str) -> None:
        """Nothing is left to do."""


def finite(values: dict[str, Any]) -> dict[str, Any]:
    """The same with numbers that JSON cannot hold as None."""
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in values.items()
    }


def write_metrics(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Write records, an object a line, in one piece."""
    write_text(path, "".join(json.dumps(record) + "\n" for record in records))


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Every whole line of a `metrics.jsonl`, up to the first that a crash cut short or damaged."""
    if not path.is_file():
        return []
    records: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            break
        if not isinstance(record, dict) or not _is_of_numbers(record):
            break
        records.append(record)
    return records


def _is_of_numbers(record: Mapping[str, Any]) -> bool:
    """Whether a record has the number of its epoch, and numbers of an epoch as numbers."""
    known = [record.get(f.name) for f in fields(EpochRecord)]
    are_numbers = all(value is None or isinstance(value, int | float) for value in known)
    return are_numbers and isinstance(record.get("epoch"), int)
