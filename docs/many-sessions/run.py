"""Run the notebooks of this folder in place, in order: `make guide`."""

import argparse
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
NOTEBOOKS = sorted(HERE.glob("[0-9]-*.ipynb"))


def run(path: Path, out: Path) -> None:
    """Run one, and write it with what came out, without what changes each time."""
    notebook = nbformat.read(path, as_version=4)
    at = {"metadata": {"path": str(HERE)}}
    NotebookClient(notebook, timeout=None, resources=at, record_timing=False).execute()
    nbformat.write(notebook, out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=HERE, help="folder of the notebooks that were run"
    )
    chosen = parser.parse_args().out
    chosen.mkdir(parents=True, exist_ok=True)
    for notebook in NOTEBOOKS:
        run(notebook, chosen / notebook.name)
