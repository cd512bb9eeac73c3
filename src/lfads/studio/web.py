"""What the studio takes of the packages of `lfads[studio]`; the only place that imports them."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from lfads.checks import UserError

try:
    import uvicorn
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup, escape
    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.concurrency import run_in_threadpool
    from starlette.datastructures import FormData, Headers, MutableHeaders, UploadFile
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import (
        FileResponse,
        JSONResponse,
        PlainTextResponse,
        RedirectResponse,
        Response,
        StreamingResponse,
    )
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles
except ImportError as error:
    raise UserError(
        f"the studio needs the package {error.name}: `pip install 'lfads[studio]'` installs all it needs"
    ) from error

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
"""What servers and apps hand each other (ASGI)."""

__all__ = [
    "ASGIApp",
    "BackgroundTask",
    "ClientDisconnect",
    "Environment",
    "FileResponse",
    "FormData",
    "Headers",
    "JSONResponse",
    "Markup",
    "Message",
    "Mount",
    "MutableHeaders",
    "PackageLoader",
    "PlainTextResponse",
    "Receive",
    "RedirectResponse",
    "Request",
    "Response",
    "Route",
    "Scope",
    "Send",
    "Starlette",
    "StaticFiles",
    "StreamingResponse",
    "StrictUndefined",
    "UploadFile",
    "escape",
    "run_in_threadpool",
    "uvicorn",
]
