"""A tracker that listens and does nothing, to be told what to do after each generation."""

from collections.abc import Callable, Sequence

from lfads.config import RunConfig
from lfads.search.record import MemberRow
from lfads.training.defaults import Derived


class AfterEach:
    """Calls a function with the number of each generation that ends."""

    def __init__(self, call: Callable[[int], None]) -> None:
        self.call = call
        self.stopped_by = ""

    def start(self, config: RunConfig, derived: Sequence[Derived], first_generation: int) -> None:
        pass

    def epochs(self, generation: int, epoch: int, last_epoch: int) -> None:
        pass

    def generation(self, rows: Sequence[MemberRow], best: MemberRow) -> None:
        self.call(rows[0].generation)

    def end(self, stopped_by: str) -> None:
        self.stopped_by = stopped_by
