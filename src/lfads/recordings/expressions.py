"""Filters over the columns of a table, such as `split == "train" and 0.2 < reaction_time < 0.8`.

A filter is parsed into comparisons, `and`, `or`, `not`, `in` and parentheses over names, numbers and
text; anything else is refused. Nothing is ever run as code.
"""

import ast
import re
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from lfads.checks import UserError, first_of, many, suggestion
from lfads.data.companions import are_int64, number_labels

LONGEST = 2000

COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
ALLOWED = (
    "a filter is made of columns, numbers and text in quotes with ==, !=, <, <=, >, >=, in, and, or, "
    "not and parentheses, such as 'area == \"M1\" and quality > 0.5'"
)


def select(expression: str, columns: Mapping[str, np.ndarray], what: str) -> np.ndarray:
    """Which rows of a table a filter keeps.

    Comparisons with NaN keep nothing, as `!=` with it keeps. A column whose name is no single word is
    written in backquotes.

    Parameters
    ----------
    expression
        The filter.
    columns
        One value a row, all of one length.
    what
        What is filtered, for messages: a parameter, such as `` `trials=` ``.

    Returns
    -------
    np.ndarray
        True for rows to keep.

    Raises
    ------
    UserError
        If the filter cannot be parsed, names no column, or compares text with numbers.

    Examples
    --------
    >>> columns = {"area": np.array(["M1", "PMd", "M1"]), "rate_hz": np.array([5.0, 9.0, 0.2])}
    >>> select('area == "M1" and rate_hz > 1', columns, "`units=`").tolist()
    [True, False, False]
    """
    where = f"{what} {expression!r}"
    text, quoted = _without_backquotes(expression)
    if len(expression) > LONGEST:
        raise UserError(f"{what}: a filter has at most {LONGEST} characters; got {len(expression)}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        rows = _Filter(columns, quoted, where).mask(tree)
    except SyntaxError as error:
        raise UserError(f"{where}: {error.msg}: {ALLOWED}") from None
    except (RecursionError, MemoryError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{where} cannot be read: {ALLOWED}") from None
    return np.array(rows, bool)


def _without_backquotes(expression: str) -> tuple[str, dict[str, str]]:
    """Names in backquotes as single words, and what each stands for."""
    names: dict[str, str] = {}

    def word(found: re.Match[str]) -> str:
        key = f"quoted_{len(names)}_"
        names[key] = found[1]
        return f" {key} "

    return re.sub(r"`([^`]*)`", word, expression), names


class _Filter:
    """Turns a parsed filter into a mask."""

    def __init__(
        self, columns: Mapping[str, np.ndarray], quoted: Mapping[str, str], where: str
    ) -> None:
        self.columns, self.quoted, self.where = columns, quoted, where

    def mask(self, node: ast.AST) -> np.ndarray:
        """Rows that a part of the filter keeps."""
        if isinstance(node, ast.BoolOp):
            masks = [self.mask(value) for value in node.values]
            both = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
            return both.reduce(masks)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~self.mask(node.operand)
        if isinstance(node, ast.Compare):
            return self._chain(node)
        if isinstance(node, ast.Name):
            column = self._column(node)
            if column.dtype.kind == "b":
                return column
            raise UserError(
                f"{self.where}: `{self._name(node)}` is no column of true and false: compare it with "
                "something"
            )
        raise UserError(f"{self.where}: {ALLOWED}")

    def _chain(self, node: ast.Compare) -> np.ndarray:
        """`a < b < c` and so on."""
        lefts = [node.left, *node.comparators[:-1]]
        parts = zip(lefts, node.ops, node.comparators, strict=True)
        kept = reduce(np.logical_and, [self._compare(*part) for part in parts])
        if kept.ndim != 1:
            raise UserError(f"{self.where}: compares no column: {ALLOWED}")
        return kept

    def _compare(self, left: ast.AST, operator: ast.cmpop, right: ast.AST) -> np.ndarray:
        if isinstance(operator, ast.In | ast.NotIn):
            column = np.asarray(self._value(left))
            if not isinstance(right, ast.List | ast.Tuple | ast.Set):
                raise UserError(f"{self.where}: `in` needs a list, such as `area in ['M1', 'PMd']`")
            options = [self._value(option) for option in right.elts]
            found = [self._agree(column, np.asarray(option), np.equal) for option in options]
            inside = np.logical_or.reduce(found) if found else np.zeros(column.shape, bool)
            return ~inside if isinstance(operator, ast.NotIn) else inside
        compare = COMPARISONS.get(type(operator))
        if compare is None:
            raise UserError(f"{self.where}: {ALLOWED}")
        return self._agree(np.asarray(self._value(left)), np.asarray(self._value(right)), compare)

    def _agree(
        self, left: np.ndarray, right: np.ndarray, compare: Callable[[Any, Any], Any]
    ) -> np.ndarray:
        """A comparison of values of one kind."""
        if (left.dtype.kind == "U") != (right.dtype.kind == "U"):
            text, number = (left, right) if left.dtype.kind == "U" else (right, left)
            raise UserError(
                f"{self.where}: compares text{_first(text)} with a number{_first(number)}: text is written "
                "in quotes, numbers without"
            )
        return np.asarray(compare(left, right))

    def _value(self, node: ast.AST) -> np.ndarray | float | int | str:
        """A column, or a constant."""
        if isinstance(node, ast.Name):
            return self._column(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float):
            return node.value
        sign = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        if sign and isinstance(node.operand, ast.Constant):  # pyright: ignore[reportAttributeAccessIssue]
            value = node.operand.value  # pyright: ignore[reportAttributeAccessIssue]
            if isinstance(value, int | float):
                return -value
        raise UserError(f"{self.where}: {ALLOWED}")

    def _name(self, node: ast.Name) -> str:
        return self.quoted.get(node.id, node.id)

    def _column(self, node: ast.Name) -> np.ndarray:
        name = self._name(node)
        if name not in self.columns:
            raise UserError(
                f"{self.where}: there is no column `{name}`.{suggestion(name, self.columns)}"
            )
        return self.columns[name]


def _first(values: np.ndarray) -> str:
    """An example for a message; a table may have no rows."""
    return f" ({values.ravel()[0]!s:.40})" if values.size else ""


def joined_labels(columns: Mapping[str, np.ndarray], rows: np.ndarray) -> np.ndarray:
    """One label a row from several columns, such as `left, 0.25`.

    Parameters
    ----------
    columns
        At least one, by name.
    rows
        Where the trials are in the table that they are from, for messages.

    Raises
    ------
    UserError
        If all columns are NaN for a trial; in one of several, NaN is a label like others.

    Examples
    --------
    >>> columns = {"side": np.array(["left", "right"]), "contrast": np.array([1, 0.25])}
    >>> joined_labels(columns, np.arange(2)).tolist()
    ['left, 1', 'right, 0.25']
    """
    unknown = np.logical_and.reduce(
        [
            np.isnan(column) if column.dtype.kind == "f" else np.zeros(len(column), bool)
            for column in columns.values()
        ]
    )
    if unknown.any():
        names, first = " and ".join(f"`{name}`" for name in columns), next(iter(columns))
        first = first if first.isidentifier() else f"`{first}`"
        raise UserError(
            f"`conditions=`: {names} {'is' if len(columns) == 1 else 'are'} NaN in {int(unknown.sum())} of "
            f"{many(len(rows), 'trial')}: {first_of(rows[unknown])} (rows of the table, from 0). Leave "
            f"these out, `trials='{first} == {first}'` (NaN equals nothing), or give a column that tells "
            "them apart as well"
        )
    if len(columns) == 1:
        (column,) = columns.values()
        whole = column.dtype.kind != "f" or are_int64(column)
        return column if whole else number_labels(column)
    texts = [
        (number_labels(column) if column.dtype.kind == "f" else column.astype(str)).tolist()
        for column in columns.values()
    ]
    return np.array([", ".join(row) for row in zip(*texts, strict=True)])
