"""The sampling rate that `params.py` states, which phy writes: read as words of Python, never run.

The last statement that gives `sample_rate` counts. What is no plain number there, or stands under a
condition, is said as it stands: the user knows the rate.
"""

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lfads.checks import reason_of

PARAMETERS = "params.py"
RATE = "sample_rate"

MOST_BYTES = 1_000_000
"""Of a file of parameters."""

MOST_CHARACTERS = 30
"""Of what a file says, in a message."""

NUMBER = re.compile(r"[+-]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
LEAST_HZ, MOST_HZ = 1.0, 1e9

OTHER_TOKENS = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


class Stated(NamedTuple):
    """Samples a second as a file says; None where it does not, and what it says instead, if anything."""

    rate_hz: float | None = None
    instead: str = ""


def stated_rate(path: Path) -> Stated:
    """The sampling rate that a file of parameters states."""
    if not path.is_file():
        return Stated()
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        return Stated(None, f"`{PARAMETERS}` cannot be read ({error.strerror})")
    if len(content) > MOST_BYTES:
        return Stated(None, f"`{PARAMETERS}` is longer than any file of parameters")
    text = content.decode("latin-1")  # of which ASCII alone matters here
    try:
        values = [found for words in _statements(text) if (found := _given(words)) is not None]
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Stated(None, f"`{PARAMETERS}` is no text of Python ({_short(reason_of(error))})")
    return _number(values[-1]) if values else Stated()


def _statements(text: str) -> Iterator[list[str]]:
    """The words of each statement; those within a block, which may not be run, begin with its colon."""
    words: list[str] = []
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        depth += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
        if token.type == tokenize.NEWLINE or token.string == ";":
            yield [":", *words] if depth else words
            words = []
        elif token.type not in OTHER_TOKENS:
            words.append(token.string)
    yield words


def _given(words: Sequence[str]) -> str | None:
    """What a statement gives the sampling rate; None if it does not."""
    parts: list[list[str]] = [[]]
    depth = 0
    for word in words:
        depth += (word in "([{") - (word in ")]}")
        if depth == 0 and word.endswith("=") and word not in ("==", "!=", "<=", ">="):
            parts.append([])
            if word != "=":  # such as *=
                parts[-1].append(word)
        else:
            parts[-1].append(word)
    targets, value = parts[:-1], "".join(parts[-1])
    if not any(RATE in target for target in targets):
        return None
    plain = any(target[:1] == [RATE] and target[1:2] in ([], [":"]) for target in targets)
    return value if plain else " ".join(words).removeprefix(": ")


def _number(value: str) -> Stated:
    """The value as a number that can be a rate, or what it is instead."""
    said = f"`{RATE}` in {PARAMETERS} is"
    if not NUMBER.fullmatch(value):
        return Stated(None, f"{said} no plain number (`{_short(value)}`)")
    try:
        rate = float(value)
    except ValueError:  # underscores where none may be
        return Stated(None, f"{said} no plain number (`{_short(value)}`)")
    if not LEAST_HZ <= rate <= MOST_HZ:
        return Stated(None, f"{said} `{_short(value)}`, which is no number of samples per second")
    return Stated(rate)


def _short(text: str) -> str:
    """Text of a file for a message, in one line of characters that can be printed."""
    plain = "".join(one if one.isprintable() else "?" for one in text.replace("`", "'"))
    return plain if len(plain) <= MOST_CHARACTERS else f"{plain[:MOST_CHARACTERS]}…"
