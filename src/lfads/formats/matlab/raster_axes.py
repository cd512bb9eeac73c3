"""Which axis of matrices of counts is time.

It is the one that differs between trials: neurons are as many in all of them. Where trials are of one
length, matrices beside them tell that are as long, and names that speak of units; then names that a
convention stands behind, then the longer axis, which is said.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lfads.checks import UserError, many
from lfads.formats.matlab.finds import is_vector, shape_of
from lfads.formats.matlab.names import kind_of
from lfads.formats.matlab.values import Shape, in_words

FEW = 0.1
"""Share of the trials that may lack neurons by a mistake."""


class Axis(NamedTuple):
    """Which axis of a matrix is time, and why that is not certain."""

    time: int
    doubt: str = ""


class Beside(NamedTuple):
    """Shapes by name of what stands beside the matrices: in the first trial, and once for all trials."""

    of_trial: Mapping[str, Shape]
    of_all: Mapping[str, Shape]


def axis_of(name: str, items: Sequence[Any], beside: Beside, where: str) -> Axis:
    """Which axis is time; a UserError if matrices do not tell.

    Parameters
    ----------
    name
        Of the matrices.
    items
        The matrix of each trial.
    beside
        What stands beside them.
    where
        The file, for messages.
    """
    shapes = [shape_of(item) for item in items if 0 not in shape_of(item)]
    odd = next((shape for shape in shapes if len(shape) != 2), None)
    if odd is not None or not shapes:
        raise UserError(
            f"{where}: `{name}` must hold a matrix of counts for each trial; one is "
            f"{in_words(odd) if odd else 'no matrix'}"
        )
    differing = [axis for axis in (0, 1) if len({shape[axis] for shape in shapes}) > 1]
    if len(differing) == 2:
        raise UserError(
            f"{where}: `{name}` holds matrices that differ along both axes, from {in_words(shapes[0])} to "
            f"{in_words(shapes[-1])}: one axis must be the neurons, as many in every trial"
        )
    told = _told(shapes[0], beside)
    if differing:
        return _of_uneven(name, items, differing[0], told, where)
    return _of_even(name, shapes[0], beside, told, where)


def _of_even(name: str, shape: Shape, beside: Beside, told: Mapping[str, int], where: str) -> Axis:
    """Which axis is time, of matrices of one shape."""
    first, second = shape
    longer = 0 if first > second else 1
    if first == second:
        raise UserError(
            f"{where}: `{name}` holds matrices of {first} × {second}, which do not tell neurons from time: "
            "save counts as one array `spikes` (trial, time, neuron)"
        )
    if len(set(told.values())) == 1:
        by, time = next(iter(told.items()))
        return Axis(time, "" if time == longer else _doubt(name, shape, time, f"as `{by}` tells"))
    if any(field.startswith("idx_") for field in beside.of_trial):
        return Axis(0, _doubt(name, shape, 0, "as beside fields named `idx_…`"))
    if name in ("dat.spikes", "seq.y", "R.spikeRaster"):
        return Axis(1, _doubt(name, shape, 1, "as in the layout of that name"))
    return Axis(longer, _doubt(name, shape, longer, "time being the longer axis"))


def _of_uneven(
    name: str, items: Sequence[Any], axis: int, told: Mapping[str, int], where: str
) -> Axis:
    """The axis that differs, unless few trials do, and more neurons than bins would be strange."""
    shapes = [shape_of(item) for item in items]
    sizes = Counter(shape[axis] for shape in shapes if 0 not in shape)
    same = next(shape[1 - axis] for shape in shapes if 0 not in shape)
    usual, often = sizes.most_common(1)[0]
    if set(told.values()) == {axis} or max(sizes) > same:
        return Axis(axis)
    few = sizes.total() - often
    if set(told.values()) != {1 - axis} and few > max(1, FEW * sizes.total()):
        doubt = (
            f"`{name}` is read as {min(sizes)} to {many(max(sizes), 'bin')} of {many(same, 'neuron')}, as "
            f"that axis differs between trials; if these are neurons, delete the trials that lack some"
        )
        return Axis(axis, doubt)
    odd = next(k for k, shape in enumerate(shapes) if 0 not in shape and shape[axis] != usual)
    raise UserError(
        f"{where}: `{name}` is {in_words(_of(shapes, axis, usual))} in {many(often, 'trial')}, and "
        f"{in_words(shapes[odd])} in trial {odd + 1}. If that one lacks neurons, delete it, "
        f"`{name.split('.')[0]}({odd + 1}) = []`; if trials differ in their bins, save counts as one array "
        "`spikes` (trial, time, neuron) beside `trial_length`"
    )


def _of(shapes: Sequence[Shape], axis: int, size: int) -> Shape:
    return next(shape for shape in shapes if 0 not in shape and shape[axis] == size)


def _told(shape: Shape, beside: Beside) -> dict[str, int]:
    """Which axis is time, by the name of what tells it."""
    return dict(_votes(shape, beside))


def _votes(shape: Shape, beside: Beside) -> Iterator[tuple[str, int]]:
    """Matrices are as long as trials; what speaks of units is as many as these. Vectors tell no time."""
    for found, is_of_trial in ((beside.of_trial, True), (beside.of_all, False)):
        for name, other in found.items():
            fitting = [axis for axis in (0, 1) if shape[axis] in other and shape[axis] > 1]
            if len(fitting) != 1:
                continue
            if kind_of(name) == "units":
                yield name, 1 - fitting[0]
            elif is_of_trial and not is_vector(other) and len(set(other)) > 1:
                yield name, fitting[0]


def _doubt(name: str, shape: Shape, time: int, reason: str) -> str:
    bins, neurons = shape if time == 0 else shape[::-1]
    return (
        f"`{name}` is read as {many(bins, 'bin')} of {many(neurons, 'neuron')}, {reason}; all trials are "
        f"{in_words(shape)}, so if these are {many(neurons, 'bin')} of {many(bins, 'neuron')}, transpose "
        "each matrix"
    )
