"""What `lfads show` remarks on in data that open: nothing is wrong, but look before training."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lfads.checks import many
from lfads.data.session import STORED, Session
from lfads.numerics.evenly import evenly
from lfads.numerics.means import mean_of_known

_FEW_TRIALS = 50  # as in docs/data.md
_TRIALS_LOOKED_AT = 200  # evenly spread
_SAMPLES_LOOKED_AT = 4 * 10**6  # each takes 25 bytes
_LEAST_SPREAD = 0.2  # of neurons' means about their mean; recordings have more than 0.5


def remarks_on(sessions: Sequence[Session]) -> list[str]:
    """What to know of each session, named where there are several."""
    return [
        f"session `{session.name}`: {remark}" if len(sessions) > 1 else remark
        for session in sessions
        for remark in [*_about_splits(session), *_about_axes(session)]
    ]


def about_several_sessions(sessions: Sequence[Session]) -> list[str]:
    """Why sessions cannot share a network; empty if they can."""
    names = [session.name for session in sessions]
    if len(set(names)) < len(names):
        return [f"sessions that share a network must have different names; got {', '.join(names)}"]
    inputs = {session.name: session.num_external_inputs for session in sessions}
    if len(set(inputs.values())) < 2:
        return []
    each = ", ".join(f"{many(number, 'input')} in {name}" for name, number in inputs.items())
    return [
        f"sessions that share a network must have the same external inputs; got {each}. Give all of them "
        "the same, zeros where there is none"
    ]


def _about_splits(session: Session) -> list[str]:
    remarks = []
    training = int(session.of_split("train").sum())
    if training and not session.of_split("valid").any():
        remarks.append(
            "there are no validation trials: training trials would be validated on, which does not "
            "show over-fitting. Mark some as 'valid' in `split`"
        )
    trials = int(session.of_split("train", "valid").sum())
    if training and trials < _FEW_TRIALS:
        remarks.append(
            f"only {many(trials, 'trial')} to train and validate on: below about {_FEW_TRIALS}, "
            "over-fitting is a danger; look at validation scores"
        )
    return remarks


def _about_axes(session: Session) -> list[str]:
    """Axes that look turned; many neurons in short trials are nothing unusual."""
    values = STORED[session.kind]
    spread = _spread(session)
    if _like_neurons(spread.trials, spread):
        return [
            "trials differ in their means more than neurons do, as if the axes were neuron, time, trial: "
            f"look at `{values}.mean((0, 1))`, the means of neurons; if they are all alike, turn the axes "
            f"with `{values}.transpose(2, 1, 0)`, in MATLAB `permute({values}, [3 2 1])`"
        ]
    if session.num_neurons <= session.num_bins or not _like_neurons(spread.bins, spread):
        return []
    return [
        f"more neurons ({session.num_neurons}) than bins ({session.num_bins}), and bins differ more than "
        f"neurons do, as if the axes were trial, neuron, time: look at `{values}.mean((0, 2))`, the time "
        "course of a trial; if it jumps as the means of neurons do, swap the axes with "
        f"`{values}.transpose(0, 2, 1)`"
    ]


class _Spread(NamedTuple):
    """Variance of the means along each axis, beyond chance, and the mean of all."""

    trials: float
    bins: float
    neurons: float
    level: float


def _like_neurons(variance: float, spread: _Spread) -> bool:
    """Whether means vary at least twice as much as those of neurons, and as those of neurons usually do."""
    return variance > max(4 * spread.neurons, (_LEAST_SPREAD * spread.level) ** 2)


def _spread(session: Session) -> _Spread:
    most = max(2, _SAMPLES_LOOKED_AT // (session.num_bins * session.num_neurons))
    session = session.take(evenly(session.num_trials, min(most, _TRIALS_LOOKED_AT)))
    known = session.observed_bins()
    num = int(known.sum())
    values = session.values.astype(np.float64)
    noise = float(mean_of_known(values**2, (0, 1, 2), known)) if num else 0.0

    def variance(over: tuple[int, int], count: int) -> float:
        means = mean_of_known(values, over, known)
        means = means[np.isfinite(means)]
        return float(means.var()) - noise * count / num if means.size and num else 0.0

    return _Spread(
        trials=variance((1, 2), session.num_trials),
        bins=variance((0, 2), session.num_bins),
        neurons=variance((0, 1), session.num_neurons),
        level=float(mean_of_known(values, (0, 1, 2), known)) if num else 0.0,
    )
