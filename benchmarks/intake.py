"""Which files below a folder open, which are refused with a reason, and which crash the command line.

Each file, and each folder of Kilosort or Phy, is shown, prepared and previewed as a user would, each in
a process of its own with a time limit. A recording is cut as it says itself, else chopped into windows.
A crash is a traceback, a signal, a time-out, or an exit status other than 0 and 2.
"""

import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import _record

OPENED, REFUSED, CRASHED = "opened", "refused", "crashed"
OF_SORTERS = {"spike_times.npy", "spike_clusters.npy", "spike_templates.npy"}
BIN_WIDTH = ("--bin-width-s", "0.02")


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="with files as labs have them")
    parser.add_argument("--jobs", type=int, default=1, help="files that are tried at once")
    parser.add_argument("--timeout-s", type=float, default=300.0, help="for each command")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    if not folder.is_dir():
        raise SystemExit(f"{arguments.folder} is no folder")
    names = [path.relative_to(folder).as_posix() for path in recordings_below(folder)]
    found = {}
    with ThreadPoolExecutor(arguments.jobs) as pool:
        outcomes = pool.map(lambda name: outcome(folder, name, arguments.timeout_s), names)
        for name, one in zip(names, outcomes, strict=True):
            found[name] = one
            print(f"{one['verdict']:8} {name}", flush=True)
            for step, said in one["steps"].items():
                if said["verdict"] != OPENED:
                    print(f"         {step}: {said['verdict']}: {said['reason']}", flush=True)
    numbers = Counter(one["verdict"] for one in found.values())
    counts = {verdict: numbers[verdict] for verdict in (OPENED, REFUSED, CRASHED)}
    _record.record({"counts": counts, "files": found}, arguments.out)


def recordings_below(folder: Path) -> Iterator[Path]:
    """Files below a folder; a sorter's folder is one, whatever lies in it."""
    inside = sorted(folder.iterdir())
    if len(OF_SORTERS & {path.name for path in inside}) > 1:
        yield folder
        return
    for path in inside:
        if path.is_dir():
            yield from recordings_below(path)
        elif path.is_file() and not path.name.startswith("."):
            yield path


def outcome(folder: Path, name: str, timeout_s: float) -> dict[str, Any]:
    """What each command made of one file, and of all: a crash counts most, then what was previewed."""
    with tempfile.TemporaryDirectory() as scratch:
        prepared, page = f"{scratch}/trials.h5", ("--out", f"{scratch}/page.html")
        prepare = ("prepare", name, "--out", prepared, *BIN_WIDTH)
        lines = {
            "show": [("show", name)],
            "prepare": [prepare, (*prepare, "--chop-s", "1")],
            "preview": [
                ("preview", prepared, *page),
                ("preview", name, *page),
                ("preview", name, *page, *BIN_WIDTH),
            ],
        }
        steps = {}
        for step, tries in lines.items():
            if step == "preview":
                tries = tries[:1] if Path(prepared).exists() else tries[1:]
            steps[step] = first_that_opens(tries, folder, timeout_s, scratch)
    verdicts = [step["verdict"] for step in steps.values()]
    verdict = CRASHED if CRASHED in verdicts else steps["preview"]["verdict"]
    return {"verdict": verdict, "steps": steps}


def first_that_opens(
    tries: Sequence[Sequence[str]], folder: Path, timeout_s: float, scratch: str
) -> dict[str, Any]:
    """The first command that succeeds or crashes; the last refusal if all are refused."""
    said: dict[str, Any] = {}
    for words in tries:
        said = ran(words, folder, timeout_s)
        for key in ("arguments", "reason"):
            said[key] = said[key].replace(scratch, "OUT").replace(str(folder), "FOLDER")
        if said["verdict"] != REFUSED:
            break
    return said


def command() -> str:
    """The command line beside this interpreter."""
    found = shutil.which("lfads", path=Path(sys.executable).parent)
    if found is None:
        raise SystemExit("no `lfads` beside this interpreter: install the package first")
    return found


def ran(words: Sequence[str], folder: Path, timeout_s: float) -> dict[str, Any]:
    """One command, and what became of it."""
    about = {"arguments": " ".join(words)}
    try:
        done = subprocess.run(
            [command(), *words],
            cwd=folder, capture_output=True, text=True, errors="replace", timeout=timeout_s,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {**about, "verdict": CRASHED, "reason": f"not done after {timeout_s:g} s"}
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    warned = [line for line in lines if line.startswith("lfads: warning: ")]
    said = [line for line in lines if line not in warned]
    reason = said[-1] if said else ""
    errors = [number for number, line in enumerate(said) if line.startswith("lfads: error: ")]
    if "Traceback (most recent call last)" in done.stderr or done.returncode not in (0, 2):
        verdict, reason = CRASHED, f"exit status {done.returncode}: {reason}"
    elif done.returncode == 0:
        verdict, reason = OPENED, ""
    elif errors:
        verdict, reason = REFUSED, " ".join(said[errors[0] :]).removeprefix("lfads: error: ")
    else:
        verdict, reason = CRASHED, f"exit status 2 without a reason: {reason}"
    return {**about, "verdict": verdict, "reason": reason, "warnings": len(warned)}


if __name__ == "__main__":
    main()
