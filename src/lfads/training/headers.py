"""What the small files of a run say, as they are checked when they are read."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lfads.checks import Problems
from lfads.guarded.fields import checked_record
from lfads.guarded.messages import one_message
from lfads.paths import printable

DELETE = "Delete it; the run itself does not need it"
RESTORE = "Restore the run from a copy, or train again in another folder"


@dataclass(frozen=True)
class AboutCheckpoint:
    """The header of a checkpoint, as far as all kinds have it."""

    parts: Mapping[str, str] = field(default_factory=dict)
    course: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class SizesOfSession:
    """What a session fixed about the network."""

    num_neurons: int
    encoded_neurons: Sequence[int]


@dataclass(frozen=True)
class Sizes:
    """What the data fixed about the network."""

    sessions: Sequence[SizesOfSession]
    num_bins: int
    num_forward_bins: int
    num_external_inputs: int
    slow_places: Sequence[Sequence[float]] = ()


@dataclass(frozen=True)
class AboutData:
    """What a run remembers of its training data."""

    source: str
    paths: Sequence[str]
    fingerprint: str
    bin_width_s: float
    sessions: Sequence[str]
    trials: Mapping[str, int]
    shapes: Sizes
    prepared: Mapping[str, Any] | None = None
    start_s: float = 0.0
    unit: str = ""
    adapted_from: str = ""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How a run ended, as far as it says it: a training, a search or a baseline."""

    stopped_by: str | None = None
    seconds: float | None = None
    device: str | None = None
    epochs: int | None = None
    best_epoch: int | None = None
    generations: int | None = None
    scores: Mapping[str, Any] | None = None
    versions: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class SummaryOfTraining:
    """How a training ended."""

    stopped_by: str
    seconds: float
    device: str
    epochs: int
    best_epoch: int
    scores: Mapping[str, float | None]
    versions: Mapping[str, str]


def check_about(found: Any, where: str, advice: str) -> None:
    """A UserError unless this is the header of a checkpoint, with numbers of where a run stood."""
    about = checked_record(AboutCheckpoint, found, where, advice)
    for name, said in about.course.items():
        with one_message(f"{where}: `{printable(name)}`", "a number", (ValueError,), advice):
            int(said) if name in ("epoch", "best_epoch") else float(said)


def check_data(found: Any, path: Path) -> None:
    """A UserError unless this is what a run remembers of its training data."""
    about = checked_record(
        AboutData, found, f"{printable(path)}: what it says of the training data", RESTORE
    )
    problems = Problems(f"{printable(path)}: is damaged")
    sizes = about.shapes
    problems.require(
        len(sizes.sessions) == len(about.sessions) > 0,
        f"it has sizes of {len(sizes.sessions)} sessions and names of {len(about.sessions)}. {RESTORE}",
    )
    for session in sizes.sessions:
        neurons = session.encoded_neurons
        if not (0 < len(neurons) <= session.num_neurons) or not all(
            0 <= neuron < session.num_neurons for neuron in neurons
        ):
            problems.add(
                f"a session has {session.num_neurons} neurons, and others are encoded. {RESTORE}"
            )
            break
    places = sizes.slow_places
    problems.require(
        len(places) in (0, len(about.sessions)) and all(map(_ascend, places)),
        f"the places of training trials are not those of its sessions, in order. {RESTORE}",
    )
    counts = (sizes.num_forward_bins, sizes.num_external_inputs, *about.trials.values())
    problems.require(
        sizes.num_bins > sizes.num_forward_bins and min(counts) >= 0 and about.bin_width_s > 0,
        f"sizes of the data are negative, or there are no bins. {RESTORE}",
    )
    problems.raise_if_any()


def _ascend(places: Sequence[float]) -> bool:
    """Whether there are places, each behind the one before, and all are finite."""
    ascending = all(earlier < later for earlier, later in itertools.pairwise(places))
    return len(places) > 0 and all(map(math.isfinite, places)) and ascending


def check_whole_summary(found: Mapping[str, Any], path: Path) -> None:
    """A UserError unless this says all that a training says at its end."""
    checked_record(SummaryOfTraining, found, printable(path), DELETE)
