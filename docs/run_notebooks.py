"""Run notebooks in place, in order: `make guide` those on many sessions, `make gallery` the examples.

Each keeps a mark of the code that was run, its own and the package's, by which `--changed` leaves out those
that would give the same again.
"""

import argparse
import ast
import base64
import hashlib
import io
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image

OF_A_CELL = re.compile(r"\S*ipykernel_\d+\S*:\d+: ")
"""Where a warning came from: a file of the kernel, of another name each time."""

PACKAGE = Path(__file__).parents[1] / "src" / "lfads"


def mark(parts: Iterator[bytes]) -> str:
    """Twelve digits by which code is known again."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part + b"\0")
    return whole.hexdigest()[:12]


def mark_of_cells(notebook: Any) -> str:
    """Of the code of a notebook, as it is read from its file."""
    return mark(cell.source.encode() for cell in notebook.cells if cell.cell_type == "code")


@cache
def mark_of_package() -> str:
    """Of all code and recipes that a notebook may call; comments and docstrings are no code."""
    return mark(what_runs(path) for path in sorted(PACKAGE.rglob("*.py"))) + mark(
        path.read_bytes() for path in sorted(PACKAGE.rglob("*.toml"))
    )


def what_runs(path: Path) -> bytes:
    """A module without what says only how it is to be read."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_text(one)] or [ast.Pass()]  # pyright: ignore[reportAttributeAccessIssue]
    return ast.unparse(tree).encode()


def _is_text(statement: ast.AST) -> bool:
    """Whether a statement is a docstring."""
    value = getattr(statement, "value", None)
    return isinstance(statement, ast.Expr) and isinstance(getattr(value, "value", None), str)


def is_of_this_code(notebook: Any) -> bool:
    """Whether running it would run what gave the outputs that stand in it."""
    ran = notebook.metadata.get("lfads", {})
    return ran.get("cells") == mark_of_cells(notebook) and ran.get("package") == mark_of_package()


def smaller(picture: str) -> str:
    """A PNG in 128 colours, which lines and grey pictures do with, at a third of the size."""
    shrunk = io.BytesIO()
    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
    image.quantize(128).save(shrunk, "PNG", optimize=True)
    return base64.b64encode(shrunk.getvalue()).decode()


def run(path: Path, out: Path, work: Path, most_s: float) -> float:
    """Run one in a folder; how many seconds it took. What came out is written if that was in time."""
    notebook = nbformat.read(path, as_version=4)
    at = {"metadata": {"path": str(work)}}
    began, worked = time.monotonic(), processor_s()
    NotebookClient(notebook, timeout=None, resources=at, record_timing=False).execute()
    waited, worked = time.monotonic() - began, processor_s() - worked
    seconds = min(waited, worked or waited)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = smaller(data["image/png"])
            if output.get("name") == "stderr":
                output["text"] = OF_A_CELL.sub("", output["text"])
    notebook.metadata.get("language_info", {}).pop("version", None)
    notebook.metadata["lfads"] = {
        "cells": mark_of_cells(notebook),
        "package": mark_of_package(),
        "seconds": round(seconds),
    }
    if seconds <= most_s:
        nbformat.write(notebook, out)
    return seconds


def processor_s() -> float:
    """Seconds of processors that processes of ours took which have ended; 0 on Windows.

    Where others work as well, more time passes than this; where nobody does, not more.
    """
    spent = os.times()
    return spent.children_user + spent.children_system


def emptied(folder: Path) -> Path:
    """The folder, new."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def main() -> None:
    """Run the notebooks of a folder, by the words of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the notebooks are")
    parser.add_argument("names", nargs="*", help="which of them, without `.ipynb`; by default all")
    parser.add_argument("--out", type=Path, help="folder for those that were run; else in place")
    parser.add_argument(
        "--work", type=Path, help="each runs in a new folder in here, else beside itself"
    )
    parser.add_argument("--changed", action="store_true", help="leave out those of this code")
    parser.add_argument(
        "--most-s", type=float, default=float("inf"), help="seconds that one may take"
    )
    chosen = parser.parse_args()
    out = chosen.out or chosen.folder
    out.mkdir(parents=True, exist_ok=True)
    slow = []
    for path in sorted(chosen.folder.glob("*.ipynb")):
        if chosen.names and path.stem not in chosen.names:
            continue
        if chosen.changed and is_of_this_code(nbformat.read(path, as_version=4)):
            print(f"{path.stem}: of this code already")
            continue
        work = chosen.folder if chosen.work is None else emptied(chosen.work / path.stem)
        seconds = run(path, out / path.name, work, chosen.most_s)
        print(f"{path.stem}: {seconds:.0f} s", flush=True)
        if seconds > chosen.most_s:
            slow.append(path.stem)
    if slow:
        sys.exit(f"took longer than {chosen.most_s:g} s: {', '.join(slow)}")


if __name__ == "__main__":
    main()
