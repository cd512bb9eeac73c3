"""What the names of arrays say that they are about: units, trials, and the ids of these."""

import re
from collections.abc import Mapping

from lfads.formats.matlab.names import kind_of

OF_UNIT = ("neuron", "cluster", "unit", "cell", "template")
OF_TRIAL = ("trial", "sweep", "repeat", "repetition")
"""What labs call them."""

THINGS = {"units": OF_UNIT, "trials": OF_TRIAL}
"""By the table that has a row for each."""

FEWEST_ROWS = 10
"""With fewer, other arrays are as long by chance."""


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case.

    >>> words_of("spikeTimes_ms"), words_of("spiketimes")
    (['spike', 'times', 'ms'], ['spiketimes'])
    """
    return re.findall(r"[a-z]+|\d+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower())


def is_about(name: str, things: tuple[str, ...]) -> bool:
    """Whether a word of a name is one of these things, or several of them."""
    return any(word in (thing, f"{thing}s") for word in words_of(name) for thing in things) or any(
        word.startswith(things) and word.removesuffix("s").endswith("id") for word in words_of(name)
    )


def is_of_ids(name: str, of: str) -> bool:
    """Whether a name is that of the ids of units or trials.

    >>> [is_of_ids(name, "units") for name in ("UID", "units.id", "cluster_ids", "unit", "cluster_area")]
    [True, True, True, True, False]
    """
    said = "".join(words_of(name.removeprefix(f"{of}.")))
    things = "|".join(THINGS[of])
    return bool(re.fullmatch(rf"u?ids?|(?:{things})s?(?:ids?|numbers?|nums?|index|indices)?", said))


def is_said_of(name: str, of: str) -> bool:
    """Whether a name says that a vector is of `units`, or of `trials`."""
    inside, dot, _ = name.partition(".")
    return inside == of if dot else kind_of(name) == of or is_of_ids(name, of)


def table_of(name: str, size: int, rows: Mapping[str, int]) -> str | None:
    """Of which table a vector is a column: its length must fit, and its name, if it says something.

    Parameters
    ----------
    name
        Of the vector.
    size
        Its number of values.
    rows
        How many rows each table has, by its name: `units`, `trials`.

    Examples
    --------
    >>> [table_of(name, 4, {"trials": 40, "units": 4}) for name in ("cell_depth", "filter_band")]
    ['units', None]
    """
    inside, dot, _ = name.partition(".")
    said = [inside] if dot else [of for of in THINGS if is_said_of(name, of)]
    fitting = [of for of, number in rows.items() if number == size]
    if not said and len(fitting) == 1 and size >= FEWEST_ROWS:
        return fitting[0]
    both = [of for of in fitting if of in said]
    return both[0] if len(both) == 1 else None


def line_for(name: str, table: str = "trials", *, matlab: bool = False) -> str:
    """How to save a vector so that it is a column.

    >>> line_for("goCue"), line_for("goCue", matlab=True)
    ('to use it, save it as `trials.goCue`', 'to use it, save `trials.goCue = goCue`')
    """
    return f"to use it, save {'' if matlab else 'it as '}`{table}.{name}{f' = {name}' * matlab}`"
