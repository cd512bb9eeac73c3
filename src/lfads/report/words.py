"""How the report writes notes and numbers of things."""

from html import escape


def note(text: str) -> str:
    """A paragraph in small print."""
    return f'<p class="note">{escape(text)}</p>'


def many(number: int, word: str) -> str:
    """A number and its noun: 1 trial, 1,040 trials."""
    return f"{number:,} {word}" + ("" if number == 1 else "s")
