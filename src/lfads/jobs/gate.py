"""What a queue of several people asks before it takes a job: whether it may, and whether there is room."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from lfads.files import PathLike


@runtime_checkable
class Gate(Protocol):
    """Asked by `Jobs` before it takes a job."""

    def admit(
        self,
        command: str,
        inputs: Sequence[PathLike],
        settings: Mapping[str, Any],
        options: Sequence[str],
    ) -> None:
        """Raise a UserError unless this may be asked for; called before any of its data are read."""
        ...

    def room(self, minutes: float | None) -> None:
        """Raise a UserError unless there is room for a job, which is expected to take some minutes."""
        ...
