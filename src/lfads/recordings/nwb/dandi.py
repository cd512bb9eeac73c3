"""Files of the DANDI archive by their identifiers: `dandi:000128/sub-Jenkins/sub-Jenkins.nwb`.

Two requests find where a file lies: one for the asset of that path, one for its addresses. The file itself
is then read as any other at an address is. `DANDI_API_URL` in the environment names another archive.
"""

import difflib
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from lfads.checks import UserError, first_of, reason_of
from lfads.files import PathLike

API_URL = "https://api.dandiarchive.org/api"
API_VARIABLE = "DANDI_API_URL"

SECONDS_TO_WAIT = 30.0
LARGEST_ANSWER = 8 * 2**20
"""Bytes of an answer; a page of results has some ten thousands."""

MOST_PATHS = 5
"""That a message names."""

IDENTIFIER = re.compile(
    r"dandi:/{0,2}(?P<dandiset>\d{6})(@(?P<version>[\w.]+))?(/+(?P<path>.*))?", re.IGNORECASE
)
EXPECTED = (
    "expected `dandi:DANDISET/PATH`, such as `dandi:000128/sub-Jenkins/sub-Jenkins_ses-full.nwb`"
)


class Asset(NamedTuple):
    """A file of the archive."""

    dandiset: str
    version: str
    path: str

    def __str__(self) -> str:
        version = "" if self.version == "draft" else f"@{self.version}"
        return f"dandi:{self.dandiset}{version}/{self.path}".rstrip("/")


def is_on_dandi(place: PathLike) -> bool:
    """Whether a place is meant as an identifier of DANDI; a `Path` has lost one of two slashes."""
    return os.fspath(place)[:6].lower() == "dandi:"


def asset_of(place: PathLike) -> Asset:
    """The file that an identifier names; of a dandiset, its `draft` unless a version is said.

    Raises
    ------
    UserError
        If it is none.

    Examples
    --------
    >>> asset_of("dandi://000128@0.220113.0400/sub-1/a.nwb")
    Asset(dandiset='000128', version='0.220113.0400', path='sub-1/a.nwb')
    """
    found = IDENTIFIER.fullmatch(os.fspath(place))
    if found is None:
        raise UserError(f"{os.fspath(place)}: is no file on DANDI; {EXPECTED}")
    return Asset(found["dandiset"], found["version"] or "draft", found["path"] or "")


def address_on_dandi(asset: Asset) -> str:
    """Where the archive keeps a file, as an address to read it from.

    Raises
    ------
    UserError
        If there is no such file, it is not public, or the archive cannot be reached.
    """
    if not asset.path:
        raise UserError(f"{asset}: names no file; {EXPECTED}.{_some_of(_paths(asset, ''))}")
    if PurePosixPath(asset.path).suffix != ".nwb":
        raise UserError(
            f"{asset}: only NWB files in HDF5 (`.nwb`) are read from DANDI; got "
            f"`{PurePosixPath(asset.path).name}`"
        )
    identifier = _paths(asset, asset.path).get(asset.path)
    if identifier is None:
        raise UserError(f"{asset}: there is no such file.{_nearest(asset)}")
    about = _answer(f"assets/{urllib.parse.quote(identifier, safe='')}/", asset)
    addresses = about.get("contentUrl")
    addresses = addresses if isinstance(addresses, list) else [addresses]
    usable = [one for one in addresses if isinstance(one, str) and _is_http(one)]
    if not usable:
        raise _unexpected(asset, "no address of the file's content")
    # The archive's own address only leads on to where the file is stored, in each request.
    stored = [one for one in usable if not one.startswith(_base()) and "/download" not in one]
    return (stored or usable)[0]


def _nearest(asset: Asset) -> str:
    """What a message says of files whose paths are like the one that there is none of."""
    folder = PurePosixPath(asset.path).parts[0] if "/" in asset.path else ""
    known = list(_paths(asset, folder) or _paths(asset, ""))
    close = difflib.get_close_matches(asset.path, known, n=MOST_PATHS, cutoff=0.3)
    return _some_of(close or known)


def _some_of(paths: Any) -> str:
    names = [f"`{path}`" for path in paths]
    return (
        f" The dandiset has {first_of(names, MOST_PATHS)}" if names else " The dandiset is empty."
    )


def _paths(asset: Asset, prefix: str) -> dict[str, str]:
    """Identifiers by path, of the first page of the files whose paths begin so."""
    where = f"dandisets/{asset.dandiset}/versions/{urllib.parse.quote(asset.version)}/assets/"
    page = _answer(f"{where}?{urllib.parse.urlencode({'path': prefix})}", asset)
    results = page.get("results")
    if not isinstance(results, list):
        raise _unexpected(asset, "no list of results")
    found = {}
    for one in results:
        path, identifier = (
            (one.get("path"), one.get("asset_id")) if isinstance(one, dict) else (None, None)
        )
        if not isinstance(path, str) or not isinstance(identifier, str):
            raise _unexpected(asset, "a result without `path` and `asset_id`")
        found[path] = identifier
    return found


def _base() -> str:
    base = os.environ.get(API_VARIABLE) or API_URL
    if not _is_http(base):
        raise UserError(
            f"{API_VARIABLE} must be the address of an archive, such as {API_URL}; got {base!r}"
        )
    return base.rstrip("/")


def _is_http(address: str) -> bool:
    parts = urllib.parse.urlsplit(address)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _answer(request: str, asset: Asset) -> dict[str, Any]:
    """What the archive answers, as JSON; not trusted, so that it is limited in size and checked."""
    base = _base()
    asked = urllib.request.Request(f"{base}/{request}", headers={"Accept": "application/json"})
    try:
        with urllib.request.urlopen(asked, timeout=SECONDS_TO_WAIT) as response:
            text = response.read(LARGEST_ANSWER + 1)
    except urllib.error.HTTPError as error:
        raise UserError(f"{asset}: {_refusal(error.code, asset, base)}") from error
    except (OSError, HTTPException, ValueError) as error:
        reason = reason_of(getattr(error, "reason", None) or error)
        raise UserError(
            f"{asset}: {base} cannot be reached ({reason}): is this machine online? Else fetch the file "
            f"elsewhere, with `dandi download`, and give its path"
        ) from error
    if len(text) > LARGEST_ANSWER:
        raise _unexpected(asset, f"more than {LARGEST_ANSWER // 2**20} MiB")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unexpected(asset, "no JSON") from error
    if not isinstance(answer, dict):
        raise _unexpected(asset, f"JSON of a {type(answer).__name__}")
    return answer


def _refusal(code: int, asset: Asset, base: str) -> str:
    """Why the archive does not answer, by the status of HTTP."""
    if code in (401, 403):
        return (
            "is not public (embargoed, or for its owners alone): fetch it with `dandi download`, which "
            "knows who you are, and give the path of the file"
        )
    if code == 404:
        return f"{base} has no dandiset {asset.dandiset} with a version `{asset.version}`, or no such file"
    again = ": try again later" if code == 429 or code >= 500 else ""
    return f"{base} answers with status {code}{again}"


def _unexpected(asset: Asset, what: str) -> UserError:
    return UserError(
        f"{asset}: {_base()} answers with {what}: is it the API of a DANDI archive? {API_VARIABLE} says "
        "where that is"
    )
