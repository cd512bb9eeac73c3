"""Run the notebooks of this folder in place, in order: `make guide`."""

import argparse
import base64
import io
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

HERE = Path(__file__).parent
NOTEBOOKS = sorted(HERE.glob("[0-9]-*.ipynb"))


def smaller(picture: str) -> str:
    """A PNG in 128 colours, which lines and grey pictures do with, at a third of the size."""
    shrunk = io.BytesIO()
    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
    image.quantize(128).save(shrunk, "PNG", optimize=True)
    return base64.b64encode(shrunk.getvalue()).decode()


def run(path: Path, out: Path) -> None:
    """Run one, and write it with what came out, without what changes each time."""
    notebook = nbformat.read(path, as_version=4)
    at = {"metadata": {"path": str(HERE)}}
    NotebookClient(notebook, timeout=None, resources=at, record_timing=False).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = smaller(data["image/png"])
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
