"""What a run was trained on, as its summary says: a report may be about other data.

What the summary does not say is taken from the data at hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfads.data.dataset import Dataset
from lfads.model.shapes import Shapes, shapes_from_dict, shapes_of


@dataclass(frozen=True, kw_only=True)
class TrainedOn:
    """The training data of a run, and whether the data of the report are others.

    Parameters
    ----------
    num_trials
        Trials that were trained on.
    shapes
        What these data fixed about the network.
    source, paths, fingerprint, bin_width_s
        Of the data; `paths` are the absolute ones of files, empty for arrays.
    adapted_from
        Folder of the run whose network was adapted; empty for others.
    elsewhere
        Whether the report is about data of another fingerprint.
    here
        Fingerprint of the data that the report is about.
    """

    num_trials: int
    shapes: Shapes
    source: str
    paths: tuple[Path, ...]
    fingerprint: str
    bin_width_s: float
    adapted_from: str
    elsewhere: bool
    here: str

    @property
    def num_neurons(self) -> int:
        """Of all sessions."""
        return sum(session.num_neurons for session in self.shapes.sessions)

    @property
    def num_sessions(self) -> int:
        """That were trained on."""
        return len(self.shapes.sessions)


def trained_on(summary: Mapping[str, Any], dataset: Dataset) -> TrainedOn:
    """The training data of a run with this summary, reported on with these data."""
    said = _mapping(summary.get("data"))
    kept = said.get("shapes")
    counted = sum(int(s.of_split("train").sum()) for s in dataset.sessions)
    here = dataset.fingerprint()
    fingerprint = str(said.get("fingerprint", here))
    return TrainedOn(
        num_trials=int(_mapping(said.get("trials")).get("train", counted)),
        shapes=shapes_from_dict(kept) if kept else shapes_of(dataset),
        source=str(said.get("source", dataset.source)),
        paths=tuple(map(Path, said.get("paths", ()))),
        fingerprint=fingerprint,
        bin_width_s=float(said.get("bin_width_s", dataset.bin_width_s)),
        adapted_from=str(said.get("adapted_from", "")),
        elsewhere=fingerprint != here,
        here=here,
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
