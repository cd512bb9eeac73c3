"""Spike times in one list beside the unit of each, as one list of times for each unit.

Piece by piece, so that what is needed beside the lists themselves does not grow with them.
"""

from collections.abc import Iterator

import numpy as np

PIECE = 2**20
"""Spikes that are looked at together."""


def coded(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different labels in order, and the place of each one there, in as few bytes as that needs.

    >>> coded(np.array([7, 3, 7]))
    (array([3, 7]), array([1, 0, 1], dtype=uint8))
    """
    different = [np.unique(labels[piece]) for piece in _pieces(len(labels))]
    names = np.unique(np.concatenate([labels[:0], *different]))
    codes = np.empty(len(labels), np.min_scalar_type(len(names)))
    for piece in _pieces(len(labels)):
        codes[piece] = np.searchsorted(names, labels[piece])
    return names, codes


def grouped(times_s: np.ndarray, codes: np.ndarray, num_groups: int) -> list[np.ndarray]:
    """Times of each group, as float64 and sorted; every group is a view of one array."""
    ends = np.zeros(num_groups, np.int64)
    for piece in _pieces(len(codes)):
        ends += np.bincount(codes[piece], minlength=num_groups)
    ends = np.cumsum(ends)
    behind = np.concatenate([[0], ends[:-1]])
    found = np.empty(len(codes))
    for piece in _pieces(len(codes)):
        order = np.argsort(codes[piece], kind="stable")
        group = codes[piece][order]
        number = np.bincount(group, minlength=num_groups)
        first = np.cumsum(number) - number
        found[(behind - first)[group] + np.arange(len(group))] = times_s[piece][order]
        behind += number
    groups = np.split(found, ends[:-1]) if num_groups else []
    for times in groups:
        if not is_sorted(times):
            times.sort()
    return groups


def is_sorted(times: np.ndarray) -> bool:
    """Whether no time is before the one in front of it."""
    return bool((times[1:] >= times[:-1]).all())


def _pieces(number: int) -> Iterator[slice]:
    for start in range(0, number, PIECE):
        yield slice(start, start + PIECE)
