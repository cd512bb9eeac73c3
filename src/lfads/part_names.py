"""Names of parts as settings and flags write them: `name`, `name(choice=2)`, several joined by `+`."""

import re
from typing import Any

from lfads.checks import UserError


def named(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Names of parts joined by `+`, each with its choices.

    Raises
    ------
    UserError
        If the text is something else.

    Examples
    --------
    >>> named("coordinated_dropout + jitter(most_bins=2, wrap=true)")
    [('coordinated_dropout', {}), ('jitter', {'most_bins': 2, 'wrap': True})]
    """
    return [_name_and_choices(each) for each in text.split("+")] if text.strip() else []


def _name_and_choices(text: str) -> tuple[str, dict[str, Any]]:
    found = re.fullmatch(r"\s*(\w+)\s*(?:\((.*)\))?\s*", text)
    if found is None:
        raise UserError(
            f"expected a name such as `coordinated_dropout` or `name(choice=2)`; got {text!r}"
        )
    choices = {}
    for each in (found[2] or "").split(",") if (found[2] or "").strip() else ():
        key, equals, value = (part.strip() for part in each.partition("="))
        if not (key.isidentifier() and equals and value):
            raise UserError(
                f"expected choices such as `name(choice=2)`; got {each.strip()!r} in {text!r}"
            )
        choices[key] = value_of(value)
    return found[1], choices


def value_of(text: str) -> Any:
    """What a word means as a choice: a whole number, a number, true or false, or the text itself."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text, text)
