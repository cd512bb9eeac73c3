"""Checks of what a user gives: every problem is collected, then raised as one helpful message.

A message says what was expected, what came, where, and what to do.
"""

import difflib
import functools
import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")

_MOST_LINES = 10  # of one message
MOST_CHARACTERS = 4000  # of one message
_SHORTEST = 60
_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Characters that move the cursor, colour or turn round what is printed, and bytes that are no text.

Lines and tabs are left.
"""


def printed(text: str, most: int | None = None) -> str:
    r"""A text that does nothing to a terminal, cut in the middle if it is long.

    >>> print(printed("\x1b[31mred"))
    \x1b[31mred
    >>> printed("a" * 100, 60)
    'aaaaaaaaaa … 80 characters left out … aaaaaaaaaa'
    """
    plain = _ACTING.sub(lambda one: one[0].encode("unicode_escape").decode("ascii"), text)
    if most is None or len(plain) <= max(most, _SHORTEST):
        return plain
    each = (max(most, _SHORTEST) - 40) // 2
    left_out = f"{len(plain) - 2 * each:,} characters left out"
    return f"{plain[:each]} … {left_out} … {plain[-each:]}"


class UserError(ValueError):
    """A mistake that the user can mend; the command line prints it and exits with status 2.

    What a file says may stand in a message: this acts on no terminal, and long ones are cut.

    Examples
    --------
    >>> lfads.Dataset.from_arrays(np.full((5, 10, 3), 0.5), bin_width_s=0.01)
    Traceback (most recent call last):
    lfads.checks.UserError: arrays: `spikes` must be counts, whole numbers; got float64 (5, 10, 3) ...
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(printed(str(message), MOST_CHARACTERS))


class NotThere(UserError):
    """What was asked for by its name is not there, or is not there for who asks."""


class Problems:
    """Collects what is wrong with one thing, to be raised together.

    >>> problems = Problems("data.h5")
    >>> problems.add("`spikes` is missing")
    >>> problems.raise_if_any()
    Traceback (most recent call last):
        ...
    lfads.checks.UserError: data.h5: `spikes` is missing
    """

    def __init__(self, where: str = "") -> None:
        self.where = where
        self.found: list[str] = []

    def add(self, message: str) -> None:
        """Note one problem."""
        self.found.append(message)

    def require(self, condition: bool, message: str) -> bool:
        """Note `message` unless `condition` holds; return the condition."""
        if not condition:
            self.add(message)
        return bool(condition)

    def attempt(self, check: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
        """What a check gives; None where it raises a UserError, which is noted."""
        try:
            return check(*args, **kwargs)
        except UserError as error:
            self.add(str(error))
            return None

    def raise_if_any(self) -> None:
        """Raise a UserError that names the problems noted: all, or the first ten of many."""
        if self.found:
            raise UserError(self.message())

    def message(self) -> str:
        """What was noted, with where it is wrong."""
        prefix = f"{self.where}: " if self.where else ""
        if len(self.found) == 1:
            return prefix + self.found[0]
        lines = self.found[:_MOST_LINES]
        if len(self.found) > _MOST_LINES:
            lines.append(f"and {len(self.found) - _MOST_LINES} more")
        listed = "\n".join(f"  - {line}" for line in lines)
        return f"{prefix}{len(self.found)} problems:\n{listed}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """`" Did you mean `x`?"` if a known word is close to `word`, else the known words.

    >>> suggestion("num_factor", ["num_factors", "batch_size"])
    ' Did you mean `num_factors`?'
    """
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f" Did you mean `{close[0]}`?"
    return f" Known: {', '.join(f'`{k}`' for k in known)}." if known else ""


def suggests_keywords(function: Callable[P, R]) -> Callable[P, R]:
    """Let a keyword that the function does not know, or that is missing, be a UserError that names one.

    >>> @suggests_keywords
    ... def train(*, num_epochs): ...
    >>> train(num_epoch=3)
    Traceback (most recent call last):
        ...
    lfads.checks.UserError: train: there is no parameter `num_epoch`. Did you mean `num_epochs`?
    """
    parameters = inspect.signature(function).parameters
    known = [name for name in parameters if name not in ("self", "cls")]
    needed = [
        p.name for p in parameters.values() if p.kind is p.KEYWORD_ONLY and p.default is p.empty
    ]

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        problems = Problems(function.__qualname__)
        for name in kwargs:
            if name not in known:
                problems.add(f"there is no parameter `{name}`.{suggestion(name, known)}")
        problems.raise_if_any()  # what is missing may be what is misspelt
        for name in needed:
            problems.require(name in kwargs, f"`{name}=` is needed")
        problems.raise_if_any()
        return function(*args, **kwargs)

    return checked


def is_whole(value: object) -> bool:
    """Whether a value is a whole number, of Python's kind or NumPy's; True and False are not."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def require_whole(who: str, name: str, value: Any, least: int) -> None:
    """A UserError unless a choice is a whole number of at least so much.

    >>> require_whole("jpca", "num_surrogates=", 1.5, 0)
    Traceback (most recent call last):
    lfads.checks.UserError: jpca: `num_surrogates=` must be a whole number, 0 or more; got 1.5
    """
    if not is_whole(value) or value < least:
        raise UserError(f"{who}: `{name}` must be a whole number, {least} or more; got {value!r}")


def many(number: int, word: str) -> str:
    """A number and its noun.

    >>> many(1, "trial"), many(1040, "trial")
    ('1 trial', '1,040 trials')
    """
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def first_of(items: Iterable[object], most: int = 10) -> str:
    """The first of some things, and how many more there are.

    >>> first_of([3, 5, 8], 2)
    '3, 5 and 1 more'
    """
    words = [str(item) for item in items]
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def reason_of(error: BaseException) -> str:
    r"""What an error of another library says, in one line.

    >>> reason_of(OSError("no such host.\nTraceback: ..."))
    'no such host'
    """
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(". ")


def describe(array: object) -> str:
    """Dtype and shape of an array, in words for a message.

    >>> import numpy as np
    >>> describe(np.zeros((3, 2)))
    'float64 (3, 2)'
    """
    array = np.asarray(array)
    return f"{array.dtype} {array.shape}"
