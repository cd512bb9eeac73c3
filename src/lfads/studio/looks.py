"""What is found out about data and results in processes of their own: they may be slow, or crash.

Each look is a command whose answer is kept in a file, so that a page asks again until it is there.
"""

import contextlib
import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from lfads.guarded.limited import memory_for, run_limited

MOST_S = 300.0
MISTAKE = 2
MOST_TEXT = 200_000

Kind = Literal["show", "preview", "suits", "mat", "contents", "trials", "trials-page"]
SAID: Mapping[Kind, str] = {
    "show": "reading the file",
    "preview": "looking for what stands out, and drawing",
    "suits": "working out what suits these data",
    "mat": "writing the posterior for MATLAB",
    "contents": "working out what can be chosen of the file",
    "trials": "laying out single trials",
    "trials-page": "writing the page of single trials",
}


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a look stands.

    Parameters
    ----------
    state
        `waits` while the process has not ended.
    text
        What it said, or why it failed, or what it does.
    path
        Of what it wrote; of no meaning unless ready.
    seconds
        Since it was asked for; 0 if it has ended.
    """

    state: Literal["waits", "ready", "failed"]
    text: str
    path: Path
    seconds: float = 0.0


class Looks:
    """Looks at files, one after another.

    Parameters
    ----------
    place
        Folder for what they find.
    most_s
        A look that takes longer is ended.
    """

    def __init__(self, place: Path, most_s: float = MOST_S) -> None:
        self.place, self.most_s = place, most_s
        self._asked: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._lock = threading.Lock()
        self._workers = ThreadPoolExecutor(1, thread_name_prefix="look")

    def ask(
        self, path: Path, kind: Kind, bin_width_s: float | None = None, more: Sequence[str] = ()
    ) -> Look:
        """How the look at a file stands; begun, with `more` words, if it has not been.

        One that was begun before the file changed is waited for first.
        """
        key, asked = _key(path, kind, bin_width_s, more), (kind, str(path), str(bin_width_s), *more)
        if self._ended(key, self._made(key, kind)) is None:
            with self._lock:
                key = next((one for one, (_, what) in self._asked.items() if what == asked), key)
        made = self._made(key, kind)
        words = [*_words(kind, path, made, bin_width_s), *more]
        return self.ask_for(key, words, made, doing=SAID[kind], asked=asked)

    def ask_for(
        self, key: str, words: Sequence[str], made: Path, *, doing: str, asked: Sequence[str] = ()
    ) -> Look:
        """How a command stands that is known by a key; begun if it has not been.

        Parameters
        ----------
        key
            What it says is kept under it.
        words
            The command.
        made
            What it writes; a name without an ending if it writes nothing.
        doing
            What it does, in words.
        asked
            What was asked for, whatever became of the file since.
        """
        ended = self._ended(key, made)
        if ended is not None:
            return ended
        said, failed = self.place / f"{key}.txt", self.place / f"{key}.failed"
        with self._lock:
            if key not in self._asked:
                self._asked[key] = (time.monotonic(), tuple(asked))
                self.place.mkdir(parents=True, exist_ok=True)
                self._workers.submit(self._look, key, words, said, failed)
            seconds = time.monotonic() - self._asked[key][0]
        return Look(state="waits", text=doing, path=made, seconds=seconds)

    def standing(self, key: str, kind: Kind) -> Look | None:
        """How a look stands that was asked for, whatever became of its file since; None if it was not.

        Its key is the name of what it writes, without the ending.
        """
        made = self._made(key, kind)
        ended = self._ended(key, made)
        if ended is not None:
            return ended
        with self._lock:
            begun = self._asked.get(key)
        if begun is None:
            return None
        seconds = time.monotonic() - begun[0]
        return Look(state="waits", text=SAID[kind], path=made, seconds=seconds)

    def again(
        self, path: Path, kind: Kind, bin_width_s: float | None = None, more: Sequence[str] = ()
    ) -> None:
        """Forget why a look failed, so that it is tried anew."""
        self.forget(_key(path, kind, bin_width_s, more))

    def forget(self, key: str) -> None:
        """Forget why what is known by this key failed."""
        (self.place / f"{key}.failed").unlink(missing_ok=True)

    def _made(self, key: str, kind: Kind) -> Path:
        return self.place / f"{key}{_ENDINGS[kind]}"

    def _ended(self, key: str, made: Path) -> Look | None:
        """What came out; None if nothing has, or what was made had to make room."""
        said, failed = self.place / f"{key}.txt", self.place / f"{key}.failed"
        if failed.is_file():
            return Look(state="failed", text=_read(failed), path=made)
        if said.is_file() and (made.exists() or not made.suffix):
            return Look(state="ready", text=_read(said), path=made)
        return None

    def _look(self, key: str, words: Sequence[str], said: Path, failed: Path) -> None:
        try:
            done = run_limited(
                words, memory_bytes=memory_for(_bytes_of(words)), seconds=self.most_s, cwd=self.place,
                environment=_environment(),
            )  # fmt: skip
            out, status = done.out.decode(errors="replace"), done.status
            why = "" if status == 0 else _why(done.err.decode(errors="replace"), status)
        except subprocess.TimeoutExpired:
            out, why = "", f"it took longer than {self.most_s:.0f} s, and was ended"
        except OSError as error:
            out, why = "", f"no process could be started: {error}"
        where, text = (failed, why) if why else (said, out)
        beside = where.with_suffix(".new")
        with contextlib.suppress(OSError):
            beside.write_text(text[:MOST_TEXT], encoding="utf-8")
            beside.replace(where)
        with self._lock:
            self._asked.pop(key, None)


_ENDINGS: Mapping[Kind, str] = {
    "show": "", "preview": ".html", "suits": "", "mat": ".mat", "contents": "", "trials": ".trials",
    "trials-page": ".trials.html",
}  # fmt: skip


def _words(kind: Kind, path: Path, made: Path, bin_width_s: float | None) -> list[str]:
    width = [] if bin_width_s is None else ["--bin-width-s", repr(bin_width_s)]
    ours = [sys.executable, "-m"]
    match kind:
        case "show":
            return [*ours, "lfads", "show", str(path)]
        case "preview":
            return [
                *ours, "lfads", "preview", str(path), "--out", str(made), "--overwrite", *width
            ]  # fmt: skip
        case "suits":
            return [*ours, "lfads.studio.data.suits", str(path), *width]
        case "contents":
            return [*ours, "lfads.studio.data.contents", str(path)]
        case "mat":
            return [*ours, "lfads.studio.results.as_mat", str(path), str(made)]
        case "trials":
            return [*ours, "lfads.studio.trials.trials_look", "lay", str(path), str(made)]
        case "trials-page":
            return [*ours, "lfads.studio.trials.trials_look", "page", str(path), str(made)]


def _bytes_of(words: Sequence[str]) -> int:
    """Of all files that a command names."""
    return sum(state_of(Path(word))[0] for word in words[1:] if Path(word).is_absolute())


def _environment() -> dict[str, str]:
    """Ours, without a screen to draw on."""
    return {**os.environ, "MPLBACKEND": "Agg", "COLUMNS": "110"}


def _key(path: Path, kind: Kind, bin_width_s: float | None, more: Sequence[str] = ()) -> str:
    """Another one as soon as the file changes, or one that `more` words name, or this library."""
    states = [state_of(Path(word)) for word in more if Path(word).is_absolute()]
    return key_of(str(path), state_of(path), kind, bin_width_s, *more, *states)


def key_of(*parts: Any) -> str:
    """A name for what depends on these parts, and on this library's version."""
    text = repr((*parts, version("lfads")))
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def state_of(path: Path) -> tuple[int, int]:
    """Size and time of change of a file; another state as soon as it changes."""
    try:
        found = path.stat()
        return found.st_size, found.st_mtime_ns
    except OSError:
        return 0, 0


def _why(said: str, status: int) -> str:
    """What a command said of a mistake; of other ends, how it ended."""
    begin = said.rfind("lfads: error: ")
    if status == MISTAKE and begin >= 0:
        return said[begin + len("lfads: error: ") :].strip()
    if status < 0:
        return f"its process was ended by signal {-status}; the file may be damaged, or too large"
    last = (said.strip().splitlines() or ["nothing"])[-1]
    return f"its process failed (exit status {status}): {last}"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"cannot be read: {error}"
