"""Which of several layouts a source has: told by its content, and by the user where several suit."""

from collections.abc import Sequence

from lfads.checks import UserError, suggestion
from lfads.guarded.messages import quoted
from lfads.recordings.reading import Reading


def refuse_tables(where: str, reading: Reading, *which: str) -> None:
    """A UserError if a table was chosen where a source has no choice of these."""
    for name in which:
        if getattr(reading, name) is not None:
            raise UserError(
                f"{where}: `{name}=` chooses among several tables, and such a source has no more than one: "
                "leave it out"
            )


def chosen_layout(
    where: str, suiting: Sequence[str], known: Sequence[str], reading: Reading
) -> str | None:
    """The layout to read; None if none suits.

    Parameters
    ----------
    where
        The source, for messages.
    suiting
        Layouts that the content has.
    known
        All layouts of sources of this kind.
    reading
        Whose `layout` decides.

    Raises
    ------
    UserError
        If several suit and none was said, or what was said is unknown or does not suit.
    """
    said = reading.layout
    if said is None:
        if len(suiting) > 1:
            raise UserError(
                f"{where}: may be read in {len(suiting)} ways: say `layout={suiting[0]!r}`, or one of "
                f"{quoted(list(suiting[1:]))}"
            )
        return suiting[0] if suiting else None
    if said not in known:
        raise UserError(
            f"{where}: there is no layout `{said}` of such a source.{suggestion(said, known)}"
        )
    if said not in suiting:
        suit = f"these suit: {quoted(list(suiting))}" if suiting else "nor does another one"
        raise UserError(f"{where}: the content does not have the layout `{said}`; {suit}")
    return said
