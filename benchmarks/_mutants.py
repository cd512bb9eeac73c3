"""Mutants: a module with one small mistake each, by the operators of cosmic-ray, and a sample of them.

Left out is what nearly any run would notice or what changes no number, so that the score says something:
annotations, words of messages, decorators, shifts and bits of numbers (a TypeError each), what becomes of
exceptions, `is` instead of `==`.
"""

import ast
import random
import re
from collections.abc import Iterator, Sequence
from difflib import ndiff
from itertools import islice
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


Spot = tuple[int, int]
"""Line and column."""


class Place(NamedTuple):
    """Where an operator can change a file: the first line and column, and which of its places that is."""

    file: str
    line: int
    column: int
    operator: str
    occurrence: int


class Mutant(NamedTuple):
    """A change of a file: the lines that differ, and the whole text with it."""

    file: str
    line: int
    operator: str
    before: str
    after: str
    text: str


def sampled(source: Path, files: Sequence[str], number: int, seed: str) -> list[Mutant]:
    """So many of all mutants of some files, below `source`: one of each place first, places at random."""
    rng = random.Random(seed)
    texts = {file: (source / file).read_text(encoding="utf-8") for file in files}
    here: dict[tuple[str, int, int], list[Place]] = {}
    for file, text in texts.items():
        for place in places(file, text):
            here.setdefault(place[:3], []).append(place)
    shuffled = [rng.sample(each, len(each)) for each in here.values()]
    rng.shuffle(shuffled)
    deepest = max(map(len, shuffled))
    rounds = (each[turn] for turn in range(deepest) for each in shuffled if turn < len(each))
    changed = (mutant(place, texts[place.file]) for place in rounds)
    return list(islice((each for each in changed if each is not None), number))


def places(file: str, text: str) -> Iterator[Place]:
    """Every place of a file that an operator can change."""
    left_out = spans_left_out(text)
    nodes = list(ast_nodes(get_ast(text)))
    for name in filter(OPERATORS.fullmatch, sorted(operator_names())):
        operator = get_operator(name)()
        spans = [span for node in nodes for span in operator.mutation_positions(node)]
        for occurrence, (start, end) in enumerate(spans):
            if not any(first <= start and end <= last for first, last in left_out):
                yield Place(file, start[0], start[1], name, occurrence)


def mutant(place: Place, text: str) -> Mutant | None:
    """The text with a change at a place; None if the operator leaves it as it is."""
    changed = mutate_code(text, get_operator(place.operator)(), place.occurrence)
    if changed is None or changed == text or not is_python(changed):
        return None
    kind = place.operator.removeprefix("core/").removeprefix("Replace")
    return Mutant(place.file, place.line, kind, *differing_lines(text, changed), changed)


def is_python(text: str) -> bool:
    """Whether it can be compiled; a star of arguments is no product."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def spans_left_out(text: str) -> list[tuple[Spot, Spot]]:
    """Where annotations and words of messages stand: first and last line and column."""
    found = []
    for node in ast.walk(ast.parse(text)):
        parts = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Call) and is_message(node.func)
        ):
            parts.append(node)
        for part in parts:
            if part is not None:
                end = (part.end_lineno, part.end_col_offset)
                found.append(((part.lineno, part.col_offset), end))
    return found


def is_message(function: ast.expr) -> bool:
    """Whether what is called says something."""
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in {"UserError", "warn", "add"}


def differing_lines(text: str, changed: str) -> tuple[str, str]:
    """The lines that differ, before and after."""
    pairs = zip(text.splitlines(), changed.splitlines(), strict=False)
    at = next(k for k, (one, other) in enumerate(pairs) if one != other)
    before, after = (part.splitlines()[max(0, at - 5) : at + 6] for part in (text, changed))
    marked = list(ndiff(before, after))
    of = {m: "\n".join(line[2:].strip() for line in marked if line[0] == m) for m in "-+"}
    return of["-"], of["+"]
