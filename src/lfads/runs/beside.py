"""What simple methods score on the data of a run, to be put beside its own scores.

They are computed once a data set and kept in the run's folder (`baselines.json`): numbers alone, by a
fingerprint of the data and of what is scored. Choices are lighter than those of `lfads baseline`, which
searches more.
"""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lfads.baselines.baseline import choices_of
from lfads.checks import UserError, reason_of
from lfads.data.dataset import Dataset
from lfads.data.session import FIELDS
from lfads.evaluation.scores import score_dataset
from lfads.files import CannotWrite, fingerprint
from lfads.numerics.threads import one_thread
from lfads.parts import made
from lfads.results import Posterior
from lfads.runs.kept import read_kept, write_kept
from lfads.training.folder import versions

FILE_NAME = "baselines.json"
FORMAT_VERSION = 1
MOST_KEPT = 20
"""Data sets whose numbers are kept; the oldest go first."""

CHOICES: Mapping[str, Mapping[str, Any]] = {
    "smoothing": {
        "widths_s": (0.02, 0.03, 0.05, 0.08, 0.14),
        "features": ("square root",),
        "penalties": (3e3, 3e2),
        "num_components": 80,
        "most_scored": 25,
        "most_samples": 8_000,
        "tolerance": 1e-4,
    },
    "psth": {},
    "constant": {},
}
"""The baselines, and what they choose from where it shall not be their defaults."""


def beside(
    folder: Path, dataset: Dataset, posterior: Posterior, without: str = ""
) -> dict[str, dict[str, Any]]:
    """Scores of baselines by name, as `Scores.to_dict` gives them but for sessions and areas.

    Of a baseline that cannot be fitted there are no splits, and a note says why.

    Parameters
    ----------
    folder
        Of the run, where they are kept and looked for.
    dataset
        What is scored.
    posterior
        Of the run: baselines are scored on the same trials and bins.
    without
        The baseline that the run is one of.
    """
    key, kept = _key(dataset, posterior), _read(folder / FILE_NAME)
    found = kept.get(key, {})
    wanted = [name for name in CHOICES if name != without]
    missing = [name for name in wanted if name not in found]
    if missing:
        with one_thread():
            found = found | {name: _scores_of(name, dataset, posterior) for name in missing}
        others = [item for item in kept.items() if item[0] != key]
        kept = dict([*others[1 - MOST_KEPT :], (key, found)])
        _write(folder / FILE_NAME, kept)
    return {name: found[name] for name in wanted}


def _scores_of(name: str, dataset: Dataset, posterior: Posterior) -> dict[str, Any]:
    """Scores by split, and notes, warnings among them."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            results = made("baselines", name, CHOICES[name]).fit(dataset).infer(dataset)
            same = {
                session: _alike(results.sessions[session], own)
                for session, own in posterior.sessions.items()
            }
            scores = score_dataset(dataset, same).to_dict()
        except UserError as error:
            return {"splits": {}, "notes": [f"no baseline `{name}`: {reason_of(error)}"]}
        except (np.linalg.LinAlgError, MemoryError) as error:  # no score of the run hangs on it
            why = f"{type(error).__name__}: {reason_of(error)}"
            return {"splits": {}, "notes": [f"no baseline `{name}`: {why}"]}
    notes = [str(warning.message) for warning in said if warning.category is UserWarning]
    return {"splits": scores["splits"], "notes": notes}


def _alike(results: xr.Dataset, own: xr.Dataset) -> xr.Dataset:
    """The trials and bins that the run itself is scored on."""
    first, index = int(own.attrs.get("first_bin", 0)), results["trial_index"].to_numpy()
    found = results.isel(time=slice(first, None)).assign_attrs(first_bin=first)
    if "trial_index" in own.coords:
        found = found.isel(trial=np.flatnonzero(np.isin(index, own["trial_index"].to_numpy())))
    return found


def _key(dataset: Dataset, posterior: Posterior) -> str:
    """A digest of what the numbers depend on: all that baselines see, the truth, trials and bins."""
    arrays: dict[str, np.ndarray] = {"data": np.array(dataset.fingerprint())}
    for number, session in enumerate(dataset.sessions):
        for about in FIELDS:
            value = getattr(session, about.name)
            if (about.known_truth or about.name == "condition") and value is not None:
                arrays[f"{number}/{about.name}"] = (
                    value.astype(str) if about.name == "condition" else value
                )
        own = posterior.sessions[session.name]
        arrays[f"{number}/first_bin"] = np.array(int(own.attrs.get("first_bin", 0)))
        if "trial_index" in own.coords:
            arrays[f"{number}/trials"] = own["trial_index"].to_numpy()
    return fingerprint(arrays)


def _made_with() -> dict[str, Any]:
    """The version and choices that numbers are kept for."""
    choices = {name: choices_of(made("baselines", name, own)) for name, own in CHOICES.items()}
    about = {
        "format_version": FORMAT_VERSION, "lfads": versions()["lfads"], "choices": choices,
    }  # fmt: skip
    return json.loads(json.dumps(about))


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """What is kept by data set; nothing if it is of another version or of other choices, or damaged."""
    of_data = read_kept(path, _made_with()).get("data")
    return of_data if isinstance(of_data, dict) else {}


def _write(path: Path, of_data: Mapping[str, Any]) -> None:
    """Keep them; where nothing can be written, they are computed again."""
    try:
        write_kept(path, _made_with(), {"data": of_data})
    except (CannotWrite, OSError) as error:
        warnings.warn(f"scores of baselines are not kept: {error}", stacklevel=2)
