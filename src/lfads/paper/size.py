"""How much of an experiment is done: all trials as in the paper, a quarter, or a quick look."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Size:
    """Share of the trials, and for how long networks are trained.

    Parameters
    ----------
    name
        Printed beside every number.
    share
        Of the trials of the paper; conditions are left out, not repeats.
    most_epochs
        Of LFADS; None for its defaults.
    most_rounds
        Of opponents whose fit goes in rounds; None for their defaults.
    """

    name: str
    share: float
    most_epochs: int | None = None
    most_rounds: int | None = None

    @property
    def is_quick(self) -> bool:
        """Whether this is only a look."""
        return self.most_epochs is not None

    def of(self, number: int, least: int = 1) -> int:
        """So many of what the paper has.

        >>> QUARTER.of(400)
        100
        """
        return max(least, round(self.share * number))

    def training(self) -> dict[str, Any]:
        """Settings of LFADS' training."""
        if self.most_epochs is None:
            return {}
        return {"num_epochs": self.most_epochs, "decay_epochs": self.most_epochs}


FULL = Size("full", 1.0)
QUARTER = Size("quarter", 0.25)
QUICK = Size("quick", 0.06, most_epochs=60, most_rounds=40)


def size_of(seed: int, *, quick: bool = False, full: bool = False) -> Size:
    """Seed 0 has all trials and others a quarter, unless a quick look or all of them are asked for.

    >>> size_of(0).name, size_of(1).name, size_of(1, full=True).name
    ('full', 'quarter', 'full')
    """
    return QUICK if quick else FULL if full or seed == 0 else QUARTER
