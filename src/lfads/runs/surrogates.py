"""Data whose structure is destroyed, in two ways that keep each neuron's spikes.

`trials`: each neuron's trials are permuted among those of the same condition, split and length. Rates and
averages by condition stay; what neurons do together on single trials is mostly gone (of m trials of a
condition about 1/m is left). `shifts`: each neuron's trials are permuted whatever their condition, and each
is shifted in time, round its end. Rates and, but for a seam, each neuron's own time course stay; averages
are flat. Shifts alone would leave what lasts for a trial, such as a gain of all neurons; so they do for
trials that have a length of their own.

Missing samples stay where they are. External inputs, behaviour and splits stay with their trials; what a
simulation knows is dropped, since it is no longer true.
"""

import warnings
from dataclasses import replace

import numpy as np
from jaxtyping import Int

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.session import FIELDS, Session

SURROGATES = ("trials", "shifts")
FEWEST_ALIKE = 5

LEFT = (
    "{session}: half of the trials have fewer than {fewest} of their condition and length to be shuffled "
    "with, so that much of what neurons share is left: {so}"
)


def surrogate_of(dataset: Dataset, surrogate: str, seed: int) -> Dataset:
    """A data set whose structure is destroyed; see above.

    Parameters
    ----------
    dataset
        Not changed.
    surrogate
        `trials` or `shifts`.
    seed
        Same seed, same surrogate.

    Raises
    ------
    UserError
        If there is no such surrogate, or most trials of a session have no other to be permuted with.
    """
    check_surrogate(surrogate)
    rng, sessions = np.random.default_rng(seed), []
    for session in dataset.sessions:
        if surrogate == "trials":
            _check_alike(session)
        changed = shuffled_within_condition(session, rng, by_condition=surrogate == "trials")
        if surrogate == "shifts":
            changed = shifted(changed, rng)
        untold = {f.name: {} if f.by_name else None for f in FIELDS if f.known_truth}
        sessions.append(replace(changed, **untold))
    return replace(
        dataset, sessions=tuple(sessions), files=(),
        source=f"{dataset.source}, {surrogate} of each neuron at random",
    )  # fmt: skip


def check_surrogate(surrogate: str) -> None:
    """A UserError if there is no such surrogate."""
    if surrogate not in SURROGATES:
        raise UserError(f"`surrogate=` must be one of {', '.join(SURROGATES)}; got {surrogate!r}")


def shuffled_within_condition(
    session: Session,
    rng: np.random.Generator,
    *,
    by_condition: bool = True,
    missing_stays: bool = True,
) -> Session:
    """Each neuron's trials in another order, among those that are `alike`.

    Samples that are missing stay so, or go with their neuron's trial.
    """
    group = alike(session, by_condition, missing_stays)
    group = np.broadcast_to(group, (session.num_trials, session.num_neurons))
    there = np.argsort(group, axis=0, kind="stable")
    from_where = np.lexsort((rng.random(group.shape), group), axis=0)
    order = np.empty(group.shape, np.int64)
    np.put_along_axis(order, there, from_where, axis=0)

    def shuffled(values: np.ndarray) -> np.ndarray:
        return np.take_along_axis(values, order[:, None, :], axis=0)

    observed = session.observed
    if observed is not None and not missing_stays:
        observed = shuffled(observed)
    return replace(session, values=shuffled(session.values), observed=observed)


def shifted(session: Session, rng: np.random.Generator) -> Session:
    """Each neuron of each trial, shifted round among the bins in which it was recorded."""
    values, observed = session.values.copy(), session.observed_bins()
    for trial, known in enumerate(observed):
        number = np.maximum(known.sum(0), 1)
        places = np.argsort(~known, axis=0, kind="stable")  # known bins first
        source = (np.cumsum(known, axis=0) - 1 - rng.integers(0, number)) % number
        moved = np.take_along_axis(values[trial], np.take_along_axis(places, source, 0), 0)
        values[trial] = np.where(known, moved, values[trial])
    return replace(session, values=values)


def alike(
    session: Session, by_condition: bool = True, by_missing: bool = True
) -> Int[np.ndarray, "trial #neuron"]:
    """A number for each trial, the same for those of one condition, split and length.

    Where samples are missing, for each neuron: trials are alike that miss the same samples of it. What is
    missing is often missing of all neurons, and would give the trials away that were put together.
    """
    labels = [session.trial_length, np.unique(session.split, return_inverse=True)[1]]
    if by_condition and session.condition is not None:
        labels.append(np.unique(session.condition, return_inverse=True)[1])
    group = np.unique(np.stack(labels, axis=1), axis=0, return_inverse=True)[1].reshape(-1, 1)
    if session.observed is None or not by_missing:
        return group
    missing = np.packbits(~session.observed & session.valid_bins()[:, :, None], axis=1)
    rows = missing.transpose(0, 2, 1).reshape(-1, missing.shape[1])
    pattern = np.unique(rows, axis=0, return_inverse=True)[1].reshape(missing.shape[::2])
    return group * (pattern.max() + 1) + pattern


def num_alike(session: Session, by_condition: bool = True, by_missing: bool = True) -> float:
    """How many trials a neuron's trial can be exchanged among, itself among them; the median."""
    group = alike(session, by_condition, by_missing)
    counts = [np.unique(g, return_counts=True, return_inverse=True)[1:] for g in group.T]
    return float(np.median([number[place] for place, number in counts]))


def _check_alike(session: Session) -> None:
    number = num_alike(session)
    if not number > 1:
        raise UserError(
            f"{session.name}: most trials are the only ones of their condition, split and length, so "
            "there is nothing to permute them with: `surrogate='shifts'` shifts each neuron in time "
            "instead"
        )
    if number < FEWEST_ALIKE:
        so = "the surrogate is not without structure"
        warnings.warn(LEFT.format(session=session.name, fewest=FEWEST_ALIKE, so=so), stacklevel=4)
