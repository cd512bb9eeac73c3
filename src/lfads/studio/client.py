"""A studio from a script: data up, jobs into its queue, results down; with the standard library alone."""

import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from lfads.checks import UserError, reason_of
from lfads.files import PathLike
from lfads.paths import refuse_to_replace, regular_file

PIECE_BYTES = 8 * 2**20
TRIES = 6
MOST_S = 600.0
"""Between two signs of life: data of a training are read while it is submitted."""
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Not through a proxy, which would see the token."""
ENDED = ("done", "failed", "cancelled")


@dataclass(frozen=True, kw_only=True)
class StudioData:
    """A file of data that a studio has.

    Parameters
    ----------
    id
        To name it by.
    name
        As its user calls it.
    size_bytes
        Of the file.
    offered
        Of the folder that is only read.
    """

    id: str
    name: str
    size_bytes: int
    offered: bool


@dataclass(frozen=True, kw_only=True)
class StudioJob:
    """A job of a studio as it stood when it was asked for.

    Parameters
    ----------
    id
        To name it by; `job:ID` stands for its result.
    command, inputs, settings, options
        What was asked.
    state
        `queued`, `running`, `stopping`, `done`, `failed`, `cancelled`.
    sentence
        What it waits for, how far it is, or how it ended.
    reason
        Why it is in that state.
    submitted_at, started_at, ended_at
        Seconds since 1970.
    predicted_minutes
        How long it was expected to take.
    """

    id: str
    command: str
    inputs: Sequence[str]
    settings: Mapping[str, Any]
    options: Sequence[str]
    state: str
    sentence: str
    reason: str
    submitted_at: float | None
    started_at: float | None
    ended_at: float | None
    predicted_minutes: float | None


class Client:
    """A studio that runs, here or behind a forwarded port.

    Parameters
    ----------
    link
        That `lfads studio` printed, with its token.

    Raises
    ------
    UserError
        If it is none.

    Examples
    --------
    >>> Client("http://127.0.0.1:8765/?token=secret")
    Client('http://127.0.0.1:8765/')
    """

    def __init__(self, link: str) -> None:
        parts = urlsplit(link)
        token = parse_qs(parts.query).get("token", [""])[0]
        if parts.scheme not in ("http", "https") or not token:
            raise UserError(
                "a studio is opened by the link that `lfads studio` printed, such as "
                f"http://127.0.0.1:8765/?token=…; got {link.partition('?')[0][:80]!r}"
            )
        self.address = f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/')[0]}/"
        self._token = token

    def __repr__(self) -> str:
        """Without the token."""
        return f"Client({self.address!r})"

    def data(self) -> list[StudioData]:
        """All data that the studio has."""
        return [StudioData(**one) for one in self._asked("GET", "data")]

    def upload(
        self, path: PathLike, *, say: Callable[[str], None] = lambda text: None
    ) -> StudioData:
        """Bring a file to the studio; what was broken off goes on where it was.

        Parameters
        ----------
        path
            The file.
        say
            Told how much has come.
        """
        file = regular_file(path, "expected a file of data")
        about = file.stat()
        query = {"name": file.name, "size_bytes": about.st_size, "key": str(about.st_mtime_ns)}
        state = self._asked("POST", f"data?{urlencode(query)}")
        where, tries = f"data/{state['id']}", 0
        with file.open("rb") as opened:
            while not state["done"]:
                at = state["offset"]
                opened.seek(at)
                say(f"{at / 1e6:.1f} of {about.st_size / 1e6:.1f} MB")
                state = self._asked("POST", f"{where}/pieces?offset={at}", opened.read(PIECE_BYTES))
                tries = 0 if state["offset"] > at else tries + 1
                if tries >= TRIES:
                    raise UserError(f"{file}: the studio takes no more of it than {at} bytes")
        return StudioData(**self._asked("GET", where))

    def delete_data(self, name: str) -> None:
        """Delete an upload by its id."""
        self._asked("DELETE", f"data/{quote(name)}")

    def submit(
        self,
        command: str,
        inputs: Sequence[str] = (),
        *,
        settings: Mapping[str, Any] | None = None,
        options: Sequence[str] = (),
        anew: bool = False,
    ) -> StudioJob:
        """Put a command into the studio's queue.

        Parameters
        ----------
        command
            Such as `train`; as of `lfads jobs submit`.
        inputs
            Ids of data, `job:ID` for what a job writes, and names, such as that of an analysis.
        settings
            Tables of settings, as in config.toml.
        options
            Further words of the command.
        anew
            Make a new job also where one asks for the same.
        """
        asked = {
            "command": command, "inputs": list(inputs), "settings": dict(settings or {}),
            "options": list(options), "anew": anew,
        }  # fmt: skip
        return StudioJob(**self._asked("POST", "jobs", json.dumps(asked).encode()))

    def jobs(self) -> list[StudioJob]:
        """All jobs."""
        return [StudioJob(**one) for one in self._asked("GET", "jobs")]

    def job(self, name: str) -> StudioJob:
        """One job as it stands."""
        return StudioJob(**self._asked("GET", f"jobs/{quote(name)}"))

    def log(self, name: str) -> str:
        """All that a job has said."""
        found, at = [], 0
        while True:
            told = self._asked("GET", f"jobs/{quote(name)}/log?offset={at}")
            if not told["text"]:
                return "".join(found)
            found.append(told["text"])
            at = told["offset"]

    def wait(self, name: str, *, poll_s: float = 1.0) -> StudioJob:
        """The job once it has ended.

        Raises
        ------
        UserError
            If it has not ended well.
        """
        while (job := self.job(name)).state not in ENDED:
            time.sleep(poll_s)
        if job.state != "done":
            raise UserError(f"{job.id}: {job.sentence}")
        return job

    def cancel(self, name: str) -> StudioJob:
        """End a job."""
        return StudioJob(**self._asked("POST", f"jobs/{quote(name)}/cancel"))

    def restart(self, name: str) -> StudioJob:
        """Queue a job again that has ended."""
        return StudioJob(**self._asked("POST", f"jobs/{quote(name)}/restart"))

    def delete_job(self, name: str) -> None:
        """Delete a job that does not run, with its result."""
        self._asked("DELETE", f"jobs/{quote(name)}")

    def files(self, name: str) -> list[str]:
        """Names of the files of a job's result."""
        return self._asked("GET", f"jobs/{quote(name)}/files")

    def download(self, name: str, file: str, out: PathLike, *, overwrite: bool = False) -> Path:
        """A file of a job's result, such as posterior.nc; never half of one.

        Parameters
        ----------
        name
            Id of the job.
        file
            As `files` names it.
        out
            Where it goes.
        overwrite
            Replace a file that is there.
        """
        path = Path(out)
        refuse_to_replace(path, overwrite=overwrite)
        beside = path.with_name(f".{path.name}.part")
        try:
            with (
                self._opened("GET", f"jobs/{quote(name)}/files/{quote(file)}") as answer,
                beside.open("wb") as opened,
            ):
                shutil.copyfileobj(answer, opened)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        return path

    def _asked(self, method: str, where: str, body: bytes | None = None) -> Any:
        with self._opened(method, where, body) as answer:
            return json.loads(answer.read())

    def _opened(self, method: str, where: str, body: bytes | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        data = b"" if method == "POST" and body is None else body
        request = urllib.request.Request(
            f"{self.address}api/{where}", data=data, headers=headers, method=method
        )
        try:
            return _OPENER.open(request, timeout=MOST_S)
        except urllib.error.HTTPError as error:
            if error.code == 409:
                return error
            with error:
                raise UserError(_said(error)) from None
        except (urllib.error.URLError, OSError) as error:
            why = reason_of(error)
            raise UserError(f"no studio answers at {self.address}: {why}") from None


def _said(error: urllib.error.HTTPError) -> str:
    """What the studio says of a mistake."""
    text = error.read(20_000).decode(errors="replace")
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return f"the studio answered {error.code}: {text.strip()[:200]}"
