"""Data: the list, uploads in pieces or by a plain form, what a file holds, and its preview."""

import shutil

from lfads.checks import UserError
from lfads.studio.data.prepare_pages import contents_of, how_made
from lfads.studio.data.shelf import MOST_BYTES, Item, Shelf, Upload
from lfads.studio.entrance.guard import PAGE_POLICY
from lfads.studio.pages import see
from lfads.studio.runs.asked_run import width_of
from lfads.studio.studio import changing, of, scripted, texts
from lfads.studio.web import (
    ClientDisconnect,
    FileResponse,
    FormData,
    JSONResponse,
    PlainTextResponse,
    Request,
    Response,
    Route,
    UploadFile,
    run_in_threadpool,
)

MOST_PIECE_BYTES = 64 * 2**20
COPIED_BYTES = 2**20
WRITTEN_BYTES = 2**20
"""Of an upload at once: threads are asked less often, and others wait less for them."""


def data(request: Request) -> Response:
    """All data, uploads that were broken off, and where to drop a file."""
    studio = of(request)
    items = studio.shelf.items()
    values = {
        "items": items,
        "recordings": [one.id for one in items if one.path.suffix == ".nwb" or one.path.is_dir()],
        "uploads": studio.shelf.unfinished(),
        "folder": studio.shelf.offered,
        "cut": [one.id for one in studio.shelf.known() if not one.size_bytes],
    }  # fmt: skip
    return studio.pages.show(request, "data/data.html", values)


def one(request: Request) -> Response:
    """What a file holds, as `lfads show` says it; its preview, once that was asked for."""
    studio, item, width = of(request), _item(request), _width(request)
    wants_preview = request.query_params.get("look") == "preview"
    show = studio.looks.ask(item.path, "show")
    preview = studio.looks.ask(item.path, "preview", width) if wants_preview else None
    contents = studio.looks.ask(item.path, "contents")
    looks = [look for look in (show, contents, preview) if look is not None]
    values = {
        "item": item, "show": show, "preview": preview, "width": width,
        "contents": contents, "recording": bool(contents_of(contents)), "made": how_made(studio, item.id),
        "waits": any(look.state == "waits" for look in looks),
    }  # fmt: skip
    return studio.pages.show(request, "data/one_data.html", values)


def preview(request: Request) -> Response:
    """The page that `lfads preview` has written, for a frame of its own."""
    look = of(request).looks.ask(_item(request).path, "preview", _width(request))
    if look.state != "ready":
        raise UserError("the preview is not there yet: go back to the data")
    return FileResponse(
        look.path, media_type="text/html", headers={"content-security-policy": PAGE_POLICY}
    )


def try_again(request: Request, form: FormData) -> Response:
    """Look at a file anew where that failed."""
    item = _item(request)
    for kind in ("show", "preview", "suits"):
        of(request).looks.again(item.path, kind, width_of(texts(form).get("bin_width_s", "")))
    return see(request, f"data/{item.id}")


def remove(request: Request, form: FormData) -> Response:
    """Delete an upload."""
    of(request).shelf.remove(request.path_params["id"])
    return see(request, "data")


def by_form(request: Request, form: FormData) -> Response:
    """A whole file from a form, for browsers without scripts; it has come to a file of the system's."""
    shelf, file = of(request).shelf, form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise UserError("no file came: choose one first")
    upload = shelf.begin(file.filename, file.size or 0, "form")
    file.file.seek(0)
    with shelf.part(upload).open("wb") as part:
        shutil.copyfileobj(file.file, part, COPIED_BYTES)
    return see(request, f"data/{shelf.finish(upload).id}")


async def begin(request: Request) -> Response:
    """Begin an upload, or go on with one: its id, and how much has come of it."""
    query = request.query_params
    size = query.get("size", "")
    if not size.isdecimal() or len(size) > len(str(MOST_BYTES)):
        raise UserError("the size of the file must be a number of bytes")
    shelf = of(request).shelf
    upload = await run_in_threadpool(
        shelf.begin, query.get("name", ""), int(size), query.get("key", "")
    )
    return JSONResponse({"id": upload.id, "offset": shelf.part(upload).stat().st_size})


async def piece(request: Request) -> Response:
    """The next bytes of an upload; what came before a connection broke is kept."""
    shelf = of(request).shelf
    upload = await run_in_threadpool(shelf.upload, request.path_params["id"])
    begins = request.query_params.get("offset", "")
    here = shelf.part(upload).stat().st_size
    if begins != str(here):
        return JSONResponse({"offset": here}, status_code=409)
    if not await taken(request, shelf, upload, here):
        return PlainTextResponse("this is more than the file has, or a piece may have", 413)
    here = shelf.part(upload).stat().st_size
    if here < upload.size_bytes:
        return JSONResponse({"offset": here})
    item = await run_in_threadpool(shelf.finish, upload)
    return JSONResponse({"offset": here, "page": f"data/{item.id}"})


async def taken(request: Request, shelf: Shelf, upload: Upload, here: int) -> bool:
    """Add what comes to the file, piece by piece; False as soon as it is too much."""
    most, held = min(upload.size_bytes, here + MOST_PIECE_BYTES), bytearray()
    with shelf.part(upload).open("ab", buffering=0) as part:
        try:
            async for some in request.stream():
                here += len(some)
                if here > most:
                    return False
                held += some
                if len(held) >= WRITTEN_BYTES:
                    await run_in_threadpool(part.write, bytes(held))
                    held.clear()
        except ClientDisconnect:
            pass
        await run_in_threadpool(part.write, bytes(held))
    return True


def _room(request: Request, num_bytes: int) -> None:
    with of(request).shelf.taking("the file", num_bytes):
        pass


def _item(request: Request) -> Item:
    return of(request).shelf.get(request.path_params["id"])


def _width(request: Request) -> float | None:
    return width_of(request.query_params.get("bin_width_s", ""))


ROUTES = [
    Route("/data", data),
    Route("/data/uploads", scripted(begin), methods=["POST"]),
    Route("/data/uploads/{id}", scripted(piece), methods=["POST"]),
    Route("/data/form", changing(by_form, MOST_BYTES, _room), methods=["POST"]),
    Route("/data/{id}", one),
    Route("/data/{id}/preview", preview),
    Route("/data/{id}/again", changing(try_again), methods=["POST"]),
    Route("/data/{id}/remove", changing(remove), methods=["POST"]),
]
