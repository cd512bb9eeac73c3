"""Signals from whatever a user gives as `signals`, or the message that helps.

Real values, such as fluorescence or field potentials; NaN marks what is missing.
"""

import numpy as np

from lfads.arrays import Signals
from lfads.checks import Problems, first_of, many
from lfads.data.modalities import are_counts
from lfads.data.session import Session


def as_signals(array: np.ndarray, known: np.ndarray | None, problems: Problems) -> Signals:
    """`array` as float32, 0 where not `known`; problems name the first bad sample.

    Parameters
    ----------
    array
        Numbers, `trial time neuron`.
    known
        True for samples that were observed and lie within their trial; None if all do.
    """
    values = array if known is None else np.where(known, array, np.zeros((), array.dtype))
    with np.errstate(over="ignore"):  # too large ones are infinite, and named
        found = values.astype(np.float32)
    bad = ~np.isfinite(found)
    if bad.any():
        trial, time, neuron = np.unravel_index(int(np.argmax(bad)), bad.shape)
        problems.add(
            "`signals` must be finite and fit into float32, in which the network computes; got "
            f"{array[trial, time, neuron]:g} at trial {trial}, bin {time}, neuron {neuron}: mark what is "
            "missing as NaN, or as False in `observed`"
        )
        return np.zeros(array.shape, np.float32)
    return found


def constant_signals(session: Session) -> np.ndarray:
    """Channels that have one value in all observed training samples, or were never observed.

    Neurons without a spike, beside signals, are none: their counts have a probability, no density.
    """
    training = session.of_split("train")
    values, known = session.values[training], session.observed_bins()[training]
    highest = np.where(known, values, -np.inf).max((0, 1), initial=-np.inf)
    lowest = np.where(known, values, np.inf).min((0, 1), initial=np.inf)
    changes = highest - lowest > 1e-6 * np.maximum(np.abs(highest), np.abs(lowest))
    return np.flatnonzero(~changes & ~(_counted(session) & (highest == 0)))


def about_constant_signals(session: Session) -> list[str]:
    """Why channels that never change keep a session from being trained on; empty if there are none."""
    flat = constant_signals(session)
    if not flat.size:
        return []
    return [
        f"{flat.size} of {many(session.num_neurons, 'channel')} of `signals` never change in the training "
        f"trials: {first_of(flat)}. Their likelihood has no bound: leave them out, such as by "
        f"`np.delete(signals, {flat[:10].tolist()}, axis=2)`"
    ]


def _counted(session: Session) -> np.ndarray:
    """Channels of modalities whose values are all counts, and not all 0."""
    found, names = np.zeros(session.num_neurons, bool), session.modalities
    for name in set() if names is None else set(names.tolist()):
        values = session.values[:, :, names == name]
        found[names == name] = bool(values.any()) and are_counts(values)
    return found
