"""`decoders.json`: decoders of behaviour that go along with a causal run when it streams or is exported.

They are fitted to what the run infers of its training data, test trials left out, and are of the weights
that it has now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lfads.analysis.linear_decoder import SIGNALS, LinearDecoder, fit_linear_decoder
from lfads.checks import UserError, first_of, suggestion
from lfads.data.dataset import Dataset
from lfads.guarded.fields import checked_record
from lfads.paths import printable
from lfads.results import Posterior
from lfads.runs.kept import read_kept, weights_of, write_kept

FILE_NAME = "decoders.json"
FIT = "`lfads.runs.kept_decoder.keep_decoders`"


@dataclass(frozen=True)
class Kept:
    """A decoder as the file has it."""

    signal: str
    channels: Sequence[str]
    weights: Sequence[Sequence[Sequence[float]]]
    bias: Sequence[float]
    step: int
    r2: Sequence[float]


def keeps_decoders(run: Any) -> bool:
    """Whether a run infers bin by bin, so that decoders go along."""
    from lfads.model.step import can_step
    from lfads.runs.trained_run import Run

    return isinstance(run, Run) and can_step(run.model)


def keep_decoders(
    folder: Path, posterior: Posterior, dataset: Dataset, names: Iterable[str]
) -> Path:
    """Fit a decoder of each series of behaviour, in each session that has it; others stay kept.

    Parameters
    ----------
    folder
        Of the run.
    posterior, dataset
        What it infers of its training data, and these.
    names
        Of the series.

    Raises
    ------
    UserError
        If there is no such behaviour, or in fewer than three trials.
    """
    about, path = weights_of(folder), folder / FILE_NAME
    kept = _sessions(folder)
    for session in dataset.sessions:
        found = posterior.sessions[session.name]
        fitted_on = found["split"].to_numpy().astype(str) != "test"
        found = found.isel(trial=np.flatnonzero(fitted_on)) if fitted_on.any() else found
        for name in (name for name in names if name in session.behavior):
            made = fit_linear_decoder(found, session, name)
            kept.setdefault(session.name, {})[name] = {
                "signal": made.signal,
                "channels": list(made.channels),
                "weights": made.weights.tolist(),
                "bias": made.bias.tolist(),
                "step": made.step,
                "r2": list(made.r2),
            }
    return write_kept(path, about, {"sessions": kept})


def kept_decoder(
    folder: Path, place: str, session: str, name: str, sizes: Mapping[str, int]
) -> LinearDecoder:
    """The decoder of a series of behaviour that a run keeps.

    Parameters
    ----------
    folder
        Of the run; `place` is what messages call it.
    place
        As said.
    session
        Of the run.
    name
        Of the series.
    sizes
        Numbers of factors and rates of that session, by signal.

    Raises
    ------
    UserError
        If there is none of the weights that the run has now, or it is damaged.
    """
    own = _sessions(folder).get(session, {})
    if name not in own:
        known = f"{suggestion(name, own)} " if own else ""
        raise UserError(
            f"{place} keeps no decoder of `{name}` for its present weights ({FILE_NAME} has "
            f"{first_of(f'`{one}`' for one in own) or 'none'}).{known} {FIT} fits one".replace(
                "  ", " "
            )
        )
    where, advice = (
        f"{printable(folder / FILE_NAME)}: the decoder of `{name}`",
        f"{FIT} fits it again",
    )
    made = checked_record(Kept, own[name], where, advice)
    weights = _array(made.weights)
    if (
        made.signal not in SIGNALS
        or weights.ndim != 3
        or weights.shape[1:] != (sizes[made.signal], len(made.channels))
        or len(made.bias) != len(made.channels)
        or not 1 <= made.step < 10_000
        or not np.isfinite(weights).all()
    ):
        raise UserError(f"{where}: is damaged: its sizes are not those of the run. {advice}")
    return LinearDecoder(
        name,
        tuple(made.channels),
        made.signal,
        weights,
        _array(made.bias),
        made.step,
        tuple(made.r2),
    )


def _sessions(folder: Path) -> dict[str, dict[str, Any]]:
    """What is kept of the weights that a run has now: by session, by name of the series."""
    found = read_kept(folder / FILE_NAME, weights_of(folder)).get("sessions", {})
    found = found if isinstance(found, dict) else {}
    return {session: dict(of) for session, of in found.items() if isinstance(of, dict)}


def _array(values: Sequence[object]) -> np.ndarray:
    try:
        return np.asarray(values, np.float32)
    except ValueError:  # of unequal lengths
        return np.zeros(0, np.float32)
