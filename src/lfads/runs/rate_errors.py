"""What spreads of a run lack, measured once on samples that it did not see, and kept in its folder.

`spread.json` has it by session, for the weights that the run has now.
"""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.files import CannotWrite, write_json
from lfads.inference.held_out import held_out_rates
from lfads.inference.rate_error import RateError, rate_error, spread_by_lag
from lfads.inference.spread import KLWeights
from lfads.numerics.evenly import evenly
from lfads.runs.fits import network_for
from lfads.training.folder import TrainedModel, read_summary
from lfads.training.trials import trials_of

FILE_NAME = "spread.json"
FORMAT_VERSION = 1
FEWEST_TRIALS, MOST_TRIALS = 20, 200
"""Unseen trials below which nothing is measured, and the number that suffices."""


def kl_weights_of(trained: TrainedModel) -> KLWeights:
    """The weights that a network was trained with."""
    given = trained.config.hyperparameters
    return KLWeights(given.initial_condition_kl_weight, given.inferred_input_kl_weight)


def rate_errors(folder: Path, dataset: Dataset, trained: TrainedModel) -> Mapping[str, RateError]:
    """By session what its spreads lack; sessions with too few trials that were not trained on are absent.

    Parameters
    ----------
    folder
        Of the run, where it is kept and looked for.
    dataset
        Trials to measure it on where it is not kept: validation trials, else test trials.
    trained
        The run.
    """
    if dataset.kind != "counts":
        return {}
    kept = _read(folder)
    missing = {
        session.name: measured
        for session in dataset.sessions
        if session.name not in kept
        and (measured := _measured(session, dataset, trained)) is not None
    }
    if missing:
        kept = kept | missing
        _write(folder, kept)
    return kept


def _measured(session: Session, dataset: Dataset, trained: TrainedModel) -> RateError | None:
    unseen = next(
        (
            chosen
            for split in ("valid", "test")
            if (chosen := session.of_split(split)).sum() >= FEWEST_TRIALS
        ),
        None,
    )
    if unseen is None:
        return None
    there = np.flatnonzero(unseen)
    part = session.take(there[evenly(len(there), MOST_TRIALS)])
    network, trials = network_for(trained.model, part, dataset, trained.data), trials_of(part)
    first = trained.config.model.initial_condition_length
    return rate_error(
        spread_by_lag(network, trials, kl_weights_of(trained)),
        held_out_rates(network, trials),
        part.values[:, first:].astype(np.float32),
    )


def _read(folder: Path) -> dict[str, RateError]:
    """What is kept of the weights that the run has now; nothing if it is of others, or damaged."""
    try:
        stored = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        if stored["about"] != _about(folder):
            return {}
        return {
            name: RateError(float(found["of_rates"]), float(found["of_factors"]))
            for name, found in stored["sessions"].items()
        }
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return {}


def _write(folder: Path, errors: Mapping[str, RateError]) -> None:
    """Keep it; where nothing can be written, it is measured again."""
    sessions = {name: error._asdict() for name, error in errors.items()}
    try:
        write_json(folder / FILE_NAME, {"about": _about(folder), "sessions": sessions})
    except (CannotWrite, OSError) as error:
        warnings.warn(f"the error of rates is not kept: {error}", stacklevel=2)


def _about(folder: Path) -> dict[str, Any]:
    best = read_summary(folder).get("best_epoch")
    return {"format_version": FORMAT_VERSION, "best_epoch": best}
