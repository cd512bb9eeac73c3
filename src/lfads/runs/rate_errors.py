"""What spreads of a run lack, measured once on samples that it did not see, and kept in its folder.

It is measured on the run's own training data, whatever is inferred. `spread.json` has it by session, with
the weights and the data that it is of.
"""

import math
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.files import CannotWrite
from lfads.inference.held_out import held_out_rates
from lfads.inference.rate_error import RateError, rate_error
from lfads.inference.spread import KLWeights
from lfads.inference.spread_by_lag import spread_by_lag
from lfads.numerics.evenly import evenly
from lfads.runs.fits import network_for, number_in_run
from lfads.runs.kept import read_kept, weights_of, write_kept
from lfads.training.folder import TrainedModel
from lfads.training.trials import trials_for

FILE_NAME = "spread.json"
FORMAT_VERSION = 2
FEWEST_TRIALS, MOST_TRIALS = 20, 200
"""Unseen trials below which nothing is measured, and the number that suffices."""

ENCODERS_KL_WEIGHTS = "encoders_kl_weights"
"""Where a run whose encoders were trained in another one remembers the weights of that one."""


def kl_weights_of(trained: TrainedModel) -> KLWeights:
    """The weights that a network's encoders were trained with."""
    if given := trained.data.get(ENCODERS_KL_WEIGHTS):
        return KLWeights(*given)
    settings = trained.config.hyperparameters
    return KLWeights(settings.initial_condition_kl_weight, settings.inferred_input_kl_weight)


def rate_errors(
    folder: Path,
    dataset: Dataset,
    trained: TrainedModel,
    training_data: Callable[[], Dataset | None],
) -> Mapping[str, RateError]:
    """By session of the data what its spreads lack; absent where that could not be measured.

    It cannot be where too few trials were not trained on, or the training data are not to be had.

    Parameters
    ----------
    folder
        Of the run, where it is kept and looked for.
    dataset
        Trials that fit the run, whose spreads are asked for.
    trained
        The run.
    training_data
        Gives what the run was trained on, if it is there; asked only where nothing is kept.
    """
    if dataset.kind != "counts":
        return {}
    names = {}
    for session in dataset.sessions:
        number = number_in_run(session, trained.data)
        if number is not None:
            names[session.name] = trained.data["sessions"][number]
    kept = _read(folder, trained)
    if any(name not in kept for name in names.values()):
        found = _measured_on(_own(dataset, trained, training_data), trained)
        if found:
            kept = kept | found
            _write(folder, trained, kept)
    known = {name: kept.get(own) for name, own in names.items()}
    return {name: error for name, error in known.items() if error is not None}


def _own(
    dataset: Dataset, trained: TrainedModel, training_data: Callable[[], Dataset | None]
) -> Dataset | None:
    """What the run was trained on: the data themselves, if they are it."""
    own = trained.data["fingerprint"]
    if dataset.fingerprint() == own:
        return dataset
    try:
        found = training_data()
    except UserError:  # a damaged file is no reason not to infer from another one
        return None
    return found if found is not None and found.fingerprint() == own else None


def _measured_on(dataset: Dataset | None, trained: TrainedModel) -> dict[str, RateError | None]:
    """By session of the run; None where too few trials are unseen."""
    if dataset is None:
        return {}
    names = trained.data["sessions"]
    return {
        names[number_in_run(session, trained.data) or 0]: _measured(session, dataset, trained)
        for session in dataset.sessions
    }


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
    network = network_for(trained.model, part, dataset, trained.data)
    trials = trials_for(network, part, dataset.bin_width_s)
    first = trained.config.model.initial_condition_length
    return rate_error(
        spread_by_lag(network, trials, kl_weights_of(trained)),
        held_out_rates(network, trials),
        part.values[:, first:].astype(np.float32),
    )


def _read(folder: Path, trained: TrainedModel) -> dict[str, RateError | None]:
    """What is kept of the run's weights and training data; nothing of what is no error of rates."""
    sessions = read_kept(folder / FILE_NAME, _about(folder, trained)).get("sessions")
    try:
        return {
            name: None if found is None else _checked(RateError(**found))
            for name, found in dict(sessions or {}).items()
        }
    except (TypeError, ValueError):
        return {}


def _checked(error: RateError) -> RateError:
    numbers = [float(value) for value in error]
    if not all(math.isfinite(value) and value >= 0 for value in numbers):
        raise ValueError
    return RateError(*numbers)


def _write(folder: Path, trained: TrainedModel, errors: Mapping[str, RateError | None]) -> None:
    """Keep it; where nothing can be written, it is measured again."""
    sessions = {name: error and error._asdict() for name, error in errors.items()}
    try:
        write_kept(folder / FILE_NAME, _about(folder, trained), {"sessions": sessions})
    except (CannotWrite, OSError) as error:
        warnings.warn(f"the error of rates is not kept: {error}", stacklevel=2)


def _about(folder: Path, trained: TrainedModel) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        **weights_of(folder),
        "fingerprint": trained.data["fingerprint"],
    }
