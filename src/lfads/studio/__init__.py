"""The studio: LFADS in the browser, on this machine alone. It makes pages; `lfads.jobs` does the work.

`Client` asks a studio from a script, with the standard library alone; it is loaded when asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lfads.studio.client import Client, StudioData, StudioJob

__all__ = ["Client", "StudioData", "StudioJob"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from lfads.studio import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
