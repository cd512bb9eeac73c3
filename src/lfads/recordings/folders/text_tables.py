"""Tables of text, `.csv` and `.tsv`, as columns of numbers or text."""

import codecs
import csv
import io
import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lfads.checks import UserError, many
from lfads.guarded.memory import require_memory
from lfads.guarded.messages import one_message, quoted
from lfads.paths import printable, regular_file
from lfads.recordings.recording import Columns

TRUE_OR_FALSE = {"true": True, "false": False}
NO_NUMBER = ("", "na", "nan", "n/a", "none", "null")
INFINITE = {"inf": math.inf, "+inf": math.inf, "-inf": -math.inf}

WHOLE = re.compile(r"[+-]?[0-9]+")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?")
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+(,[0-9]+)?")
LONGEST = 400
"""Digits of a number; what is longer is text."""

OF_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons"}


def is_text_table(path: Path) -> bool:
    """Whether a file is a table of text, by its name."""
    return path.suffix.lower() in (".csv", ".tsv")


def read_text_table(path: Path) -> Columns:
    """Columns of a table by the names in its first line, which also tells what separates them.

    Raises
    ------
    UserError
        If the file is missing, empty or no text, two columns have one name, a quotation mark is left
        open, or lines have more or fewer values than there are names.
    """
    where = printable(path)
    regular_file(path, "expected a table of text with the names of columns in its first line")
    require_memory(20.0 * path.stat().st_size, where, "is it a table? Else leave out columns")
    text = _text(path, where)
    first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    if not first:
        raise UserError(
            f"{where}: is empty; expected the names of columns in its first line, such as "
            "`start_time,stop_time`, and a line of values for each row"
        )
    separator = _separator(first, "\t" if path.suffix.lower() == ".tsv" else ",")
    names, rows = _lines(text, separator, where)
    for number, row in rows:
        if len(row) != len(names):
            raise UserError(
                f"{where}: the first line names {many(len(names), 'column')}, and line {number} has "
                f"{many(len(row), 'value')}: are columns separated by {SEPARATORS[separator]}?"
            )
    columns = list(zip(*(row for _, row in rows), strict=True)) if rows else [()] * len(names)
    _check_names(names, columns, where)
    return {
        printable(name): _column(values, decimal_comma=separator == ";")
        for name, values in zip(names, columns, strict=True)
        if name
    }


def _text(path: Path, where: str) -> str:
    """The text of a file; in UTF-16 only where its first bytes say so, as spreadsheets write it."""
    with one_message(where, "a table of text", (OSError,)):
        content = path.read_bytes()
    try:
        return content.decode("utf-16" if content.startswith(OF_UTF16) else "utf-8-sig")
    except UnicodeError as error:
        raise UserError(
            f"{where}: is no text in UTF-8 (byte {getattr(error, 'start', 0):,}): save it anew with this "
            "encoding, which spreadsheets call `CSV UTF-8`"
        ) from error


def _separator(first: str, usual: str) -> str:
    """What separates the names in the first line: what occurs most often, outside quotation marks."""
    bare = re.sub(r'"[^"]*"', "", first)
    return max(SEPARATORS, key=lambda one: (bare.count(one), one == usual))


def _lines(text: str, separator: str, where: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The names, and the values of each line that is not empty, with its number."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines: list[tuple[int, list[str]]] = []
    begin = 1
    try:
        for line in reader:
            if line:
                lines.append((begin, line))
            begin = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise UserError(
                f"{where}: a quotation mark that opens in line {begin} is never closed, so that the rest "
                "would be one value: close it, or leave it out"
            ) from error
        raise UserError(f"{where}: line {begin} cannot be read as a table ({error})") from error
    return [name.strip() for name in lines[0][1]], lines[1:]


def _check_names(names: Sequence[str], columns: Sequence[Sequence[str]], where: str) -> None:
    """Refuse columns that cannot be told apart; the first may have no name, as pandas writes an index."""
    twice = [name for name, number in Counter(filter(None, names)).items() if number > 1]
    if twice:
        raise UserError(
            f"{where}: {quoted(twice)} names more than one column: give each a name of its own"
        )
    for place, (name, values) in enumerate(zip(names, columns, strict=True)):
        if not name and (place or len(names) == 1) and any(value.strip() for value in values):
            raise UserError(
                f"{where}: column {place + 1} has values and no name: name it in the first line, or "
                "remove it"
            )


def _column(values: Sequence[str], *, decimal_comma: bool = False) -> np.ndarray:
    """Whole numbers, numbers with NaN for missing ones, true and false, or text."""
    words = [value.strip() for value in values]
    lower = [word.lower() for word in words]
    if words and all(word in TRUE_OR_FALSE for word in lower):
        return np.array([TRUE_OR_FALSE[word] for word in lower])
    if decimal_comma and all(DECIMAL_COMMA.fullmatch(low) or low in NO_NUMBER for low in lower):
        lower = [low.replace(",", ".") for low in lower]
    numbers = [_number(low) for low in lower]
    known = [number for number in numbers if number is not None]
    if len(known) < len(words) or not any(words):
        return np.array(words, str)
    if all(WHOLE.fullmatch(low) for low in lower):
        whole = [int(low) for low in lower]
        if max(map(abs, whole)) < 2**63:
            return np.array(whole, np.int64)
    return np.array(known)


def _number(word: str) -> float | None:
    """A number, NaN where none was written, infinity only where that was; None for other text."""
    if word in NO_NUMBER:
        return math.nan
    if word in INFINITE:
        return INFINITE[word]
    if len(word) > LONGEST or not NUMBER.fullmatch(word):
        return None
    number = float(word)
    return number if math.isfinite(number) else None
