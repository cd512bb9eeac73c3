"""Runs the scripts of a RunCollection one after the other, or several at a time, each GPU in turn.

`run_lfadsqueue.py` of a collection calls it with `lfadsqueue.json`. A task whose `lfads.done` is there is
skipped; what a task says is in its `lfads.out`.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.files import write_text
from lfads.paths import printable, regular_file
from lfads.terminal.saying import say

LOOK_S = 0.2


@dataclass(frozen=True)
class Task:
    """A run: its folder, and the scripts that are run there in turn."""

    name: str
    folder: Path
    scripts: tuple[str, ...]

    @property
    def done(self) -> Path:
        """There once all scripts have ended well."""
        return self.folder / "lfads.done"


@dataclass(frozen=True)
class Queue:
    """Tasks, the GPUs that take turns, and how many run at a time."""

    tasks: tuple[Task, ...]
    gpus: tuple[int, ...]
    most: int
    rerun: bool


def read_queue(path: Path) -> Queue:
    """The queue of a file.

    Raises
    ------
    UserError
        If it is none, or names scripts outside its folder.
    """
    file = regular_file(path, "rc.writeShellScriptRunQueue writes it")
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        tasks = found["tasks"] if isinstance(found["tasks"], list) else [found["tasks"]]
        gpus = found["gpus"] if isinstance(found["gpus"], list) else [found["gpus"]]
        made = tuple(_task(file.parent, task) for task in tasks)
        return Queue(made, tuple(int(g) for g in gpus), int(found["most"]), bool(found["rerun"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{printable(file)}: is no queue: write it again with rc.writeShellScriptRunQueue"
        ) from error


def _task(root: Path, task: Any) -> Task:
    scripts = task["scripts"] if isinstance(task["scripts"], list) else [task["scripts"]]
    folder = root / task["name"]
    if not folder.resolve().is_relative_to(root.resolve()) or any("/" in one for one in scripts):
        raise ValueError(task["name"])
    return Task(task["name"], folder, tuple(scripts))


def run_queue(queue: Queue) -> dict[str, list[str]]:
    """Run all tasks; returns names by how they ended: `skipped`, `finished`, `failed`."""
    ended: dict[str, list[str]] = {"skipped": [], "finished": [], "failed": []}
    waiting: list[Task] = []
    for task in queue.tasks:
        if task.done.exists() and not queue.rerun:
            ended["skipped"].append(task.name)
        else:
            waiting.append(task)
    running: dict[int, tuple[Task, subprocess.Popen[bytes]]] = {}
    try:
        while waiting or running:
            for slot in range(max(1, queue.most)):
                if waiting and slot not in running:
                    running[slot] = _started(waiting.pop(0), queue.gpus, slot)
            time.sleep(LOOK_S)
            for slot, (task, process) in list(running.items()):
                if process.poll() is None:
                    continue
                del running[slot]
                ended["failed" if process.returncode else "finished"].append(task.name)
                if process.returncode:
                    say(f"{task.name}: failed; {printable(task.folder / 'lfads.out')} says why")
                else:
                    write_text(task.done, "")
                say(_in_words(ended, len(running), len(waiting)))
    finally:
        for _, process in running.values():
            process.terminate()
    return ended


def _started(task: Task, gpus: Sequence[int], slot: int) -> tuple[Task, subprocess.Popen[bytes]]:
    variables = dict(os.environ)
    if gpus:
        variables["CUDA_VISIBLE_DEVICES"] = str(gpus[slot % len(gpus)])
    say(f"{task.name}: started, log in {printable(task.folder / 'lfads.out')}")
    # Names of scripts are ours; bash takes them from its arguments, not from the text.
    text = 'for script in "$@"; do bash "./$script" || exit 1; done'
    process = subprocess.Popen(
        ["bash", "-c", text, "queue", *task.scripts],
        cwd=task.folder, env=variables, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,  # scripts write lfads.out themselves
    )  # fmt: skip
    return task, process


def _in_words(ended: dict[str, list[str]], running: int, waiting: int) -> str:
    numbers = [f"{len(names)} {how}" for how, names in ended.items()]
    return ", ".join([*numbers, f"{running} running", f"{waiting} waiting"])


def main(words: Sequence[str]) -> int:
    """Run the queue of a file; returns the exit status."""
    try:
        ended = run_queue(read_queue(Path(words[0] if words else "lfadsqueue.json")))
    except (UserError, OSError) as error:
        say(f"lfads: error: {error}")
        return 2
    except KeyboardInterrupt:
        return 130
    say(_in_words(ended, 0, 0))
    return 1 if ended["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
