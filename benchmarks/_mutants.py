"""Mutants: a module with one small mistake each, by the operators of cosmic-ray, and a sample of them.

Left out is what any run would notice and what changes no number, so that the score says something: annotations,
decorators, shifts and bits of numbers (a TypeError each), what becomes of exceptions, and `is` instead of `==`.
"""

import ast
import random
import re
from collections.abc import Iterator, Sequence
from difflib import ndiff
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast  # pyright: ignore[reportMissingImports]
from cosmic_ray.mutating import mutate_code  # pyright: ignore[reportMissingImports]
from cosmic_ray.plugins import get_operator, operator_names  # pyright: ignore[reportMissingImports]

ARITHMETIC, BITS = "Add|Sub|Mul|Div|FloorDiv|Mod|Pow", "BitAnd|BitOr|BitXor"
ORDER, IDENTITY = "Eq|NotEq|Lt|LtE|Gt|GtE", "Is|IsNot"
OPERATORS = re.compile(
    rf"""core/(
    NumberReplacer | ZeroIterationForLoop | AddNot
    | Replace(TrueWithFalse | FalseWithTrue | AndWithOr | OrWithAnd | BreakWithContinue | ContinueWithBreak)
    | ReplaceUnaryOperator_(USub_UAdd | Invert_Not | Delete_\w+)
    | ReplaceBinaryOperator_(({ARITHMETIC})_({ARITHMETIC}) | ({BITS})_({BITS}))
    | ReplaceComparisonOperator_(({ORDER})_({ORDER}) | ({IDENTITY})_({IDENTITY}))
    )""",
    re.VERBOSE,
)


class Mutant(NamedTuple):
    """A change at a place of a file, and the whole text of the file with it."""

    file: str
    line: int
    column: int
    operator: str
    before: str
    after: str
    text: str


def sampled(source: Path, files: Sequence[str], number: int, seed: str) -> list[Mutant]:
    """So many of all mutants of some files, below `source`: one of each place first, places at random."""
    rng = random.Random(seed)
    places: dict[tuple[str, int, int], list[Mutant]] = {}
    for file in files:
        for mutant in mutants(file, (source / file).read_text(encoding="utf-8")):
            places.setdefault(mutant[:3], []).append(mutant)
    shuffled = [rng.sample(each, len(each)) for each in places.values()]
    rng.shuffle(shuffled)
    deepest = max(map(len, shuffled))
    rounds = [each[turn] for turn in range(deepest) for each in shuffled if turn < len(each)]
    return rounds[:number]


def mutants(file: str, text: str) -> Iterator[Mutant]:
    """Every mutant of a file."""
    annotations = annotated(text)
    tree = get_ast(text)
    for name in filter(OPERATORS.fullmatch, sorted(operator_names())):
        operator = get_operator(name)()
        spans = [span for node in ast_nodes(tree) for span in operator.mutation_positions(node)]
        for occurrence, (start, end) in enumerate(spans):
            if any(first <= start and end <= last for first, last in annotations):
                continue
            changed = mutate_code(text, operator, occurrence)
            if changed is not None and changed != text:
                kind = name.removeprefix("core/").removeprefix("Replace")
                yield Mutant(file, *start, kind, *differing_lines(text, changed), changed)


def annotated(text: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations stand, which change nothing but types: first and last line and column."""
    found = []
    for node in ast.walk(ast.parse(text)):
        for field in ("annotation", "returns"):
            part = getattr(node, field, None)
            if part is not None:
                found.append(((part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)))
    return found


def differing_lines(text: str, changed: str) -> tuple[str, str]:
    """The lines that differ, before and after."""
    pairs = zip(text.splitlines(), changed.splitlines(), strict=False)
    at = next(k for k, (one, other) in enumerate(pairs) if one != other)
    window = [part.splitlines()[max(0, at - 5) : at + 6] for part in (text, changed)]
    marked = list(ndiff(*window))
    return tuple(
        "\n".join(line[2:].strip() for line in marked if line[0] == mark) for mark in "-+"
    )  # pyright: ignore[reportReturnType]
