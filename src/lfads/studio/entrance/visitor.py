"""Who asks: somebody that a door has let in, and the studio that they see."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from lfads.studio.studio import Studio
from lfads.studio.web import Request, Response


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody at a page, or a program.

    Parameters
    ----------
    csrf
        What their forms hold.
    name, group
        Who they are; empty on one's own machine, and before anybody has logged in.
    is_program
        Whether it shows a key with each request, instead of a cookie.
    """

    csrf: str
    name: str = ""
    group: str = ""
    is_program: bool = False


@dataclass(frozen=True)
class Admitted:
    """Who was let in, and what they see; no studio where nobody has logged in yet."""

    visitor: Visitor
    studio: Studio | None


@runtime_checkable
class Door(Protocol):
    """Says who asks, or turns them away."""

    async def let_in(self, request: Request) -> Admitted | Response:
        """Who was let in, or the answer to those who were not."""
        ...

    def note(self, request: Request, admitted: Admitted | None, status: int, to: str) -> None:
        """Told how a request was answered, and where it leads to."""
        ...
