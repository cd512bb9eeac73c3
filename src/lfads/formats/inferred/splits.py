"""Layouts with an array for each split, `train_NAME`, `valid_NAME`: joined along the trials, and parted."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from lfads.arrays import SPLITS
from lfads.checks import Problems, UserError
from lfads.data.companions import are_int64
from lfads.formats.blocks import joined_index
from lfads.formats.guarded import GuardedGroup
from lfads.formats.inferred.in_hdf5 import clock_in, held_out_in, numbers, session_in
from lfads.formats.inferred.layout import RATES, Field, Inferred, arrays_of, by_split


def parted(
    session: xr.Dataset, fields: Sequence[Field], dtype: type[np.floating]
) -> dict[str, np.ndarray]:
    """Results by a tool's names, `{split}_` before each, and `{split}_inds`."""
    found: dict[str, np.ndarray] = {}
    for split, own in by_split(session).items():
        arrays = arrays_of(own, fields, dtype)
        found |= {f"{split}_{name}": values for name, values in arrays.items()}
        if "trial_index" in own.coords:
            found[f"{split}_inds"] = own["trial_index"].values
    return found


def joined(
    root: GuardedGroup, layout: str, fields: Sequence[Field], name: str, known: Sequence[str] = ()
) -> Inferred:
    """What a file of such a layout holds, training trials first.

    Parameters
    ----------
    root
        Of the file.
    layout
        In words.
    fields
        The tool's names.
    name
        Of the session, where the file does not say it.
    known
        What else the file may hold for each split, without being named as not read.
    """
    names = root.names()
    rates = next(one for one in fields if one.ours == RATES)
    there = [split for split in SPLITS if f"{split}_{rates.theirs}" in names]
    count = {s: len(numbers(root, f"{s}_{rates.theirs}", 3)) for s in there}
    variables: dict[str, np.ndarray] = {}
    for field in fields:
        keys = {split: f"{split}_{field.theirs}" for split in there}
        have = [split for split, key in keys.items() if key in names]
        if not have:
            continue
        if have != there:
            lacking = keys[next(split for split in there if split not in have)]
            raise UserError(f"{root.where}: `{lacking}` is missing beside `{keys[have[0]]}`")
        variables[field.ours] = _joined(root, field, keys, count)
    read = {f"{split}_{field.theirs}" for field in fields for split in there}
    quiet = {f"{split}_{key}" for key in (*known, "inds") for split in SPLITS}
    return Inferred(
        name=session_in(root, name),
        layout=layout,
        variables=variables,
        split=np.concatenate([np.full(number, split) for split, number in count.items()]),
        trial_index=_index(root, count),
        held_out=held_out_in(root),
        not_read=tuple(
            key for key in names if key not in read | quiet and key.partition("_")[0] in SPLITS
        ),
        **_as_any(clock_in(root, root.where)),
    )


def _as_any(values: Any) -> Any:
    return values


def _joined(
    root: GuardedGroup, field: Field, keys: dict[str, str], count: dict[str, int]
) -> np.ndarray:
    """One variable of all splits; of what trials share, that of the first."""
    if "trial" not in field.axes:
        key = keys[next(iter(count))]
        return field.read(numbers(root, key, len(field.axes) + field.each_trial))
    parts = {split: numbers(root, key, len(field.axes)) for split, key in keys.items()}
    first = next(iter(parts.values()))
    for split, part in parts.items():
        if len(part) != count[split] or part.shape[1:] != first.shape[1:]:
            raise UserError(
                f"{root.where}: `{keys[split]}` must hold {count[split]} trials of shape "
                f"{first.shape[1:]}; got {part.shape}"
            )
    return field.read(np.concatenate(list(parts.values())))


def _index(root: GuardedGroup, count: dict[str, int]) -> np.ndarray | None:
    """Positions of trials, where the file has those of every split."""
    if not all(f"{split}_inds" in root for split in count):
        return None
    if not all(are_int64(np.ravel(root.array(f"{split}_inds"))) for split in count):
        return None
    problems = Problems(root.where)
    found = joined_index(root, count, problems)
    problems.raise_if_any()
    return found
