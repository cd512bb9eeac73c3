"""How large figures and what stands in them are: as usual, for a talk, or for a paper."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from lfads.checks import UserError

StyleName = Literal["talk", "paper"]
"""What a figure is for: a slide, or a page whose figures are 18 cm wide."""


@dataclass(frozen=True)
class Sizes:
    """Sizes of a figure.

    Parameters
    ----------
    width_in
        Of a figure.
    height
        Of a figure, relative to that of usual ones.
    text_pt, small_pt
        Of titles and names of axes, and of the rest.
    marks
        Widths of lines and sizes of dots, relative to usual ones.
    """

    width_in: float = 10.0
    height: float = 1.0
    text_pt: float = 9.0
    small_pt: float = 8.0
    marks: float = 1.0


USUAL = Sizes()
SIZES: dict[StyleName | None, Sizes] = {
    None: USUAL,
    "talk": Sizes(width_in=13.3, height=1.5, text_pt=14.0, small_pt=13.0, marks=1.7),
    "paper": Sizes(width_in=7.1, height=0.82, text_pt=7.5, small_pt=7.0, marks=0.75),
}

_CURRENT: ContextVar[Sizes] = ContextVar("sizes", default=USUAL)


def sizes() -> Sizes:
    """Those of the figure that is being drawn."""
    return _CURRENT.get()


@contextmanager
def sized(name: str | None) -> Iterator[Sizes]:
    """Draw with the sizes of a style; without a name, with those that hold already."""
    found = next((of for known, of in SIZES.items() if known == name), None)
    if found is None:
        raise UserError(f'`style` must be "talk" or "paper", or be left out; got {name!r}')
    before = _CURRENT.set(_CURRENT.get() if name is None else found)
    try:
        yield sizes()
    finally:
        _CURRENT.reset(before)
