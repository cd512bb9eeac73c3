"""Who listens to a search: anything with these four methods."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from lfads.config import RunConfig
from lfads.search.record import MemberRow
from lfads.training.defaults import Derived


@runtime_checkable
class SearchTracker(Protocol):
    """Listens to a search."""

    def start(self, config: RunConfig, derived: Sequence[Derived], first_generation: int) -> None:
        """Called once, before the first generation."""
        ...

    def epochs(self, generation: int, epoch: int, last_epoch: int) -> None:
        """Called within a generation, which ends with `last_epoch`."""
        ...

    def generation(self, rows: Sequence[MemberRow], best: MemberRow) -> None:
        """Called after every generation with its members and the best so far."""
        ...

    def end(self, stopped_by: str) -> None:
        """Called once when the search ends."""
        ...
