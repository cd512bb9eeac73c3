"""Pages from templates: escaped, with addresses relative to the page, and never with a word left out."""

import re
import time
from collections.abc import Mapping
from typing import Any

from lfads.studio.web import (
    Environment,
    Markup,
    PackageLoader,
    RedirectResponse,
    Request,
    Response,
    StrictUndefined,
    escape,
)

ADMITTED = "lfads.admitted"
"""Of a request's scope: who was let in, and what they see (`lfads.studio.entrance.visitor`)."""


class Pages:
    """The templates of the studio.

    Parameters
    ----------
    with_cloud
        Whether there is a page of a bucket, to which all lead.
    """

    def __init__(self, with_cloud: bool = False) -> None:
        self._environment = Environment(
            loader=PackageLoader("lfads.studio"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._environment.filters.update(coded=coded, size=size, when=when)
        self._environment.globals |= {"with_cloud": with_cloud}

    def show(
        self, request: Request, name: str, values: Mapping[str, Any], status: int = 200
    ) -> Response:
        """A page; `values` are what its template names."""
        admitted = request.scope[ADMITTED]
        given = {
            "root": root_of(request),
            "csrf": admitted.visitor.csrf,
            "who": admitted.visitor,
            "signed_in": admitted.studio is not None,
        }
        text = self._environment.get_template(name).render({**values, **given})
        return Response(text, status_code=status, media_type="text/html")


def root_of(request: Request) -> str:
    """The way from a page to the first one."""
    return "../" * (request.scope["path"].count("/") - 1) or "./"


def see(request: Request, where: str) -> Response:
    """Go on with another page."""
    return RedirectResponse(f"{root_of(request)}{where}", status_code=303)


def coded(text: str) -> Markup:
    """Text whose words in backquotes are code; all of it is escaped.

    >>> str(coded("`<b>` is bold"))
    '<code>&lt;b&gt;</code> is bold'
    """
    words = re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(text)))
    return Markup(words)


def size(num_bytes: float | int) -> str:
    """A number of bytes in words.

    >>> size(300), size(5_300_000), size(2.5e10)
    ('300 bytes', '5.3 MB', '25.0 GB')
    """
    if num_bytes < 1000:
        return f"{num_bytes:.0f} bytes"
    for unit in ("kB", "MB"):
        num_bytes /= 1000
        if num_bytes < 1000:
            return f"{num_bytes:.1f} {unit}"
    return f"{num_bytes / 1000:.1f} GB"


def when(seconds: float | None) -> str:
    """A time of the clock here."""
    return "" if not seconds else time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
