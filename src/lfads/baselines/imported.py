"""Results of another tool as those of a method: nothing is fitted, and they are of these trials alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lfads.baselines.baseline import Stored
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.data.session import Session
from lfads.files import fingerprint
from lfads.formats.inferred.labelled import AXES
from lfads.formats.inferred.opened import read_inferred
from lfads.parts import Part
from lfads.results import Posterior

IMPORTED = Part("baselines", "imported", "lfads.baselines.imported:Imported")
"""Of no list, since it fits nothing."""

_KEPT = ("observation", "imported_from")


@dataclass(frozen=True)
class Imported:
    """What another tool inferred of the data, read from its files by `lfads import-results`.

    Parameters
    ----------
    files
        Of the tool, or folders of them.
    """

    files: Sequence[str] = ()

    def fit(self, dataset: Dataset) -> "FittedImported":
        """Read the files.

        Raises
        ------
        UserError
            If there are none, or they are not of these data.
        """
        if not self.files:
            raise UserError(
                "the baseline `imported` needs files of another tool: `lfads.import_results` makes a run "
                "of these"
            )
        found = read_inferred([Path(one) for one in self.files], None, dataset)
        return FittedImported({s.name: _kept(found[s.name], s) for s in dataset.sessions})

    def from_arrays(self, stored: Stored) -> "FittedImported":
        """What was read, from what `FittedImported.to_arrays` gave."""
        sessions = {}
        for number, (name, about) in enumerate(stored.about["sessions"].items()):
            units = about["units"]
            arrays = {key: stored.arrays[f"{number}/{key}"] for key in units}
            sessions[name] = KeptResults(
                arrays, units, about["first_bin"], about["attributes"], about["data"]
            )
        return FittedImported(sessions)


@dataclass(frozen=True, eq=False)
class KeptResults:
    """Results of a session: variables and their units, and of which data they are."""

    arrays: Mapping[str, np.ndarray]
    units: Mapping[str, str]
    first_bin: int
    attributes: Mapping[str, str]
    data: str


def _kept(found: xr.Dataset, session: Session) -> KeptResults:
    names = [name for name in AXES if name in found]
    return KeptResults(
        arrays={name: found[name].transpose(*AXES[name]).values for name in names},
        units={name: str(found[name].attrs.get("units", "1")) for name in names},
        first_bin=int(found.attrs["first_bin"]),
        attributes={key: str(found.attrs[key]) for key in _KEPT if key in found.attrs},
        data=_digest(session),
    )


def _digest(session: Session) -> str:
    return fingerprint({"values": session.values, "trial_index": session.trial_index})


@dataclass(frozen=True, eq=False)
class FittedImported:
    """Results by session."""

    sessions: Mapping[str, KeptResults]

    def infer(self, dataset: Dataset) -> Posterior:
        """The results, with the labels of the data.

        Raises
        ------
        UserError
            If these are other data.
        """
        found = {}
        for session in dataset.sessions:
            kept = self.sessions.get(session.name) or next(iter(self.sessions.values()))
            if kept.data != _digest(session):
                raise UserError(
                    f"these results were read from files of another tool, for other trials than those of "
                    f"{dataset.source}: nothing here can infer them. Infer them with that tool and import "
                    "what it writes"
                )
            found[session.name] = labelled_results(
                {
                    name: Variable(values, AXES[name], kept.units[name])
                    for name, values in kept.arrays.items()
                },
                session, dataset, first_bin=kept.first_bin, attributes=kept.attributes,
            )  # fmt: skip
        return Posterior(found)

    def to_arrays(self) -> Stored:
        """Variables by number of the session."""
        arrays = {
            f"{number}/{name}": values
            for number, kept in enumerate(self.sessions.values())
            for name, values in kept.arrays.items()
        }
        about: dict[str, Any] = {
            name: {
                "units": dict(kept.units),
                "first_bin": kept.first_bin,
                "attributes": dict(kept.attributes),
                "data": kept.data,
            }
            for name, kept in self.sessions.items()
        }
        return Stored(arrays, {"sessions": about})

    def choices_made(self) -> list[tuple[str, str]]:
        """Which tool they are of."""
        tools = dict.fromkeys(
            kept.attributes.get("imported_from", "") for kept in self.sessions.values()
        )
        return [("results of", ", ".join(tools))]
