"""Who came from whom in a population, and how good its members are beside each other."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from lfads.checks import UserError
from lfads.search.record import MemberRow, lineage_of

Edge = tuple[MemberRow, MemberRow]
"""A member, and one that went on with its weights and settings in the next generation."""

Place = tuple[int, int]
"""Generation and member."""


class Family(NamedTuple):
    """A population and its lines.

    `surviving` lead to members of the last generation, `extinct` do not; `winning` is the line of the
    best member, from the first generation to that in which it was best.
    """

    surviving: list[Edge]
    extinct: list[Edge]
    winning: list[MemberRow]


def place_of(row: MemberRow) -> Place:
    """Generation and member."""
    return row.generation, row.member


def _by_generation(rows: Sequence[MemberRow]) -> Iterator[tuple[list[MemberRow], np.ndarray]]:
    """The members of each generation, with scores that can be compared."""
    for generation in sorted({row.generation for row in rows}):
        members = [row for row in rows if row.generation == generation]
        yield members, np.array([row.comparable_score for row in members])


def family_of(rows: Sequence[MemberRow], best: MemberRow) -> Family:
    """The lines of a population.

    Raises
    ------
    UserError
        If there are no rows, or a generation or parent is missing.
    """
    found = {place_of(row): row for row in rows}
    last = max((row.generation for row in rows), default=0)
    orphans = [
        row for row in rows if row.generation > 1 and (row.generation - 1, row.parent) not in found
    ]
    if not rows or orphans or {row.generation for row in rows} != set(range(1, last + 1)):
        raise UserError(
            "expected a row for every member and generation of a search, parents included; got "
            f"{len(rows)} rows" + (f", without the parents of {len(orphans)}" if orphans else "")
        )
    alive = {
        line
        for row in rows
        if row.generation == last
        for line in lineage_of(rows, last, row.member).items()
    }
    edges = [(found[row.generation - 1, row.parent], row) for row in rows if row.generation > 1]
    return Family(
        surviving=[edge for edge in edges if place_of(edge[1]) in alive],
        extinct=[edge for edge in edges if place_of(edge[1]) not in alive],
        winning=[found[p] for p in lineage_of(rows, best.generation, best.member).items()],
    )


def family_order(rows: Sequence[MemberRow]) -> dict[Place, int]:
    """Places side by side in each generation: children in the order of their parents.

    Lines from parents to children do not cross then. Brothers stand by score, as does the first
    generation.
    """
    order: dict[Place, int] = {}
    for members, scores in _by_generation(rows):
        parents = [order.get((row.generation - 1, row.parent), 0) for row in members]
        for position, k in enumerate(np.lexsort(np.stack([scores, parents]))):
            order[place_of(members[k])] = position
    return order


def relative_ranks(rows: Sequence[MemberRow]) -> dict[Place, float]:
    """From 0 for the best score of a generation to 1 for the worst; scores alike rank alike."""
    ranks: dict[Place, float] = {}
    for members, scores in _by_generation(rows):
        better = np.array([(scores < score).sum() for score in scores])
        most = max(len(members) - 1, 1)
        ranks |= {place_of(row): float(n / most) for row, n in zip(members, better, strict=True)}
    return ranks


def taken_over(rows: Sequence[MemberRow]) -> int | None:
    """The generation from which on all members descend from one of the first, if there is one."""
    founders: dict[Place, int] = {}
    for members, _ in _by_generation(rows):
        for row in members:
            before = founders.get((row.generation - 1, row.parent), row.member)
            founders[place_of(row)] = before
        if len({founders[place_of(row)] for row in members}) == 1:
            return members[0].generation
    return None


def failed_of(rows: Sequence[MemberRow]) -> list[MemberRow]:
    """Members without a finite score."""
    return [row for row in rows if not np.isfinite(row.score)]
