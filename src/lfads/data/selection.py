"""Data sets without some of their neurons."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lfads.checks import Problems, UserError, describe, first_of, many
from lfads.data.dataset import Dataset
from lfads.data.session import Session


def drop_neurons(dataset: Dataset, neurons: Any) -> Dataset:
    """A copy of a data set without some neurons, such as duplicates that `lfads preview` names.

    Neurons are counted from 0; those that are left move up. What belongs to trials stays as it is.

    Parameters
    ----------
    dataset
        Where to leave neurons out; it is not changed.
    neurons
        Indices of neurons to leave out. With several sessions: indices for each session by its name;
        sessions that are not named keep all.

    Returns
    -------
    Dataset
        With every array that has an entry for each neuron cut.

    Raises
    ------
    UserError
        If an index or a session is not there, or no neuron would be left to encode.

    Examples
    --------
    >>> import numpy as np
    >>> counts = np.random.default_rng(0).poisson(0.5, (20, 50, 8))
    >>> dataset = Dataset.from_arrays(counts, bin_width_s=0.01)
    >>> drop_neurons(dataset, [2, 5]).session.num_neurons
    6
    """
    by_session = _by_session(dataset, neurons)
    problems = Problems("drop_neurons")
    found = {
        s.name: problems.attempt(_mask, s, by_session.get(s.name, ())) for s in dataset.sessions
    }
    problems.raise_if_any()
    dropped = {name: mask for name, mask in found.items() if mask is not None and mask.any()}
    if not dropped:
        return dataset
    sessions = tuple(
        s.along("neuron", ~dropped[s.name]) if s.name in dropped else s for s in dataset.sessions
    )
    return replace(
        dataset, sessions=sessions, source=_source(dataset, dropped), files=(),
        prepared=_prepared(dataset, dropped),
    )  # fmt: skip


def _prepared(dataset: Dataset, dropped: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """How the trials were cut, with the units that are left."""
    prepared = dict(dataset.prepared)
    if "unit_rows" in prepared:  # of one session
        rows = np.asarray(prepared["unit_rows"])
        kept = ~next(iter(dropped.values()))[: len(rows)]  # signals stand behind the units
        prepared["unit_rows"] = rows[kept].tolist()
    return prepared


def _by_session(dataset: Dataset, neurons: Any) -> dict[str, Any]:
    names = [session.name for session in dataset.sessions]
    if not isinstance(neurons, Mapping):
        if len(names) > 1:
            raise UserError(
                f"drop_neurons: the data have {len(names)} sessions ({', '.join(names)}): give the "
                "indices for each by its name, as {'" + names[0] + "': [3, 17]}"
            )
        return {names[0]: neurons}
    unknown = [name for name in neurons if name not in names]
    if unknown:
        raise UserError(
            f"drop_neurons: there is no session `{unknown[0]}`; there are {', '.join(names)}"
        )
    return dict(neurons)


def _mask(session: Session, neurons: Any) -> np.ndarray:
    """True for neurons to drop."""
    where = f"session `{session.name}`"
    try:
        given = np.asarray(neurons)
    except ValueError:  # rows of unequal length
        given = np.empty(1, object)
    mask = np.zeros(session.num_neurons, bool)
    if not given.size:
        return mask
    if given.ndim != 1 or given.dtype.kind not in "iu":
        hint = ". From a mask, `np.flatnonzero(mask)`" if given.dtype.kind == "b" else ""
        raise UserError(f"{where}: expected indices of neurons; got {describe(given)}{hint}")
    outside = given[(given < 0) | (given >= session.num_neurons)]
    if outside.size:
        raise UserError(
            f"{where}: neurons are counted from 0 to {session.num_neurons - 1}; got {outside[0]}"
        )
    mask[given] = True
    if (mask | session.held_out_neurons).all():
        raise UserError(
            f"{where}: no neuron would be left to encode, of {many(session.num_neurons, 'neuron')}"
        )
    return mask


def _source(dataset: Dataset, dropped: Mapping[str, np.ndarray]) -> str:
    """Where the data came from, and that they are no longer what is there."""
    parts = [
        f"neuron{'' if mask.sum() == 1 else 's'} {first_of(np.flatnonzero(mask))}"
        + (f" of {name}" if len(dataset.sessions) > 1 else "")
        for name, mask in dropped.items()
    ]
    return f"{dataset.source} without {'; '.join(parts)}"
