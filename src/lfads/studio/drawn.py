"""Figures that the studio draws itself, as images of pages."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from lfads.studio.entrance.guard import IMAGE_POLICY
from lfads.studio.web import Response

_DRAWING = threading.Lock()


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """One figure at a time: Matplotlib's settings are those of the whole process."""
    with _DRAWING:
        yield


def as_image(figure: Any) -> Response:
    """A Matplotlib figure as SVG; under an address that names its state, browsers keep it."""
    from lfads.plots.page import as_svg

    headers = {"content-security-policy": IMAGE_POLICY, "cache-control": "private, max-age=86400"}
    return Response(as_svg(figure), media_type="image/svg+xml", headers=headers)
