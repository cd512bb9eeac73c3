"""Choices of a part, given one by one on the command line as `NAME=VALUE`."""

from collections.abc import Iterable
from typing import Any

from lfads.checks import UserError
from lfads.part_names import value_of


def choices_of(texts: Iterable[str], flag: str) -> dict[str, Any]:
    """Choices given one by one as `NAME=VALUE`; values with commas are lists.

    Parameters
    ----------
    texts
        What was given.
    flag
        What it was given to, for the message.

    Raises
    ------
    UserError
        If one is something else, or given twice.

    Examples
    --------
    >>> choices_of(["window_s=0,0.3", "num_planes=2", "behavior=hand_vel,"], "--choose")
    {'window_s': (0, 0.3), 'num_planes': 2, 'behavior': ('hand_vel',)}
    """
    choices: dict[str, Any] = {}
    for text in texts:
        key, equals, value = (part.strip() for part in text.partition("="))
        key = key.replace("-", "_")
        if not (key.isidentifier() and equals and value):
            raise UserError(
                f"`{flag}` takes NAME=VALUE, such as `{flag} num_folds=5`; got {text!r}"
            )
        if key in choices:
            raise UserError(f"`{flag}` names `{key}` twice: give a list as `{key}=first,second`")
        choices[key] = _listed(value)
    return choices


def _listed(text: str) -> Any:
    """A value, or several that commas part, with brackets or without; `a,` is a list of one."""
    if "," not in text:
        return value_of(text)
    inner = text[1:-1] if text[0] + text[-1] in ("()", "[]") else text
    return tuple(value_of(each.strip()) for each in inner.split(",") if each.strip())
