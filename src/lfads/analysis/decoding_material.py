"""What decoders are given of a session: trials with behaviour, their channels, and folds."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Int

from lfads.analysis.behavior import Channels, Names, channels_of, of_trials
from lfads.analysis.nested import folds_of, in_several_folds
from lfads.arrays import CHOP_COLUMNS
from lfads.checks import UserError
from lfads.data.session import Session
from lfads.evaluation.matching import matched
from lfads.numerics.evenly import evenly


class Material(NamedTuple):
    """A session matched to its results; some of its trials, and of these the behaviour and folds."""

    data: Session
    trials: Int[np.ndarray, " chosen"]
    channels: Channels
    fold: Int[np.ndarray, " chosen"]


def material_of(
    posterior: xr.Dataset, session: Session, behavior: Names, num_folds: int, most_samples: int
) -> Material:
    """Trials with behaviour, of very many evenly chosen ones, dealt into folds alike for each condition.

    Windows of a recording are dealt in blocks, and bins that blocks share are not known.

    Raises
    ------
    UserError
        If there is no such behaviour, or in fewer than three trials.
    """
    data = matched(session, posterior)
    whole = channels_of(data, behavior)
    trials = _trials(np.isfinite(whole.values).sum(2) > 0, most_samples, data.name)
    chopped = CHOP_COLUMNS[0] in posterior.coords
    group = None
    if data.condition is not None:
        group = np.unique(data.condition[trials].astype(str), return_inverse=True)[1]
    fold = folds_of(len(trials), num_folds, blocks=chopped, group=group)
    if chopped:
        shared = in_several_folds(posterior.isel(trial=trials), fold)
        whole.values[trials] = np.where(shared[:, :, None], np.nan, whole.values[trials])
    return Material(data, trials, of_trials(whole, trials), fold)


def _trials(
    known: Bool[np.ndarray, "trial time"], most_samples: int, name: str
) -> Int[np.ndarray, " chosen"]:
    there = np.flatnonzero(known.any(1))
    if len(there) < 3:
        raise UserError(
            f"decoding needs at least three trials with behaviour; session `{name}` has {len(there)}"
        )
    most = int(most_samples / known[there].sum(1).mean())
    return there[evenly(len(there), max(3, most))]
