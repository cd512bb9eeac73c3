"""The notebooks on many sessions: their code runs in small sizes, and their pictures are of this code."""

import json
import runpy
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

FOLDER = Path(__file__).parents[2] / "docs" / "many-sessions"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells_of(path: Path) -> list[dict]:
    return [
        c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"
    ]


@pytest.mark.slow
def test_their_code_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("LFADS_QUICK", "1")
    monkeypatch.setenv("LFADS_GUIDE", str(tmp_path))
    monkeypatch.syspath_prepend(str(FOLDER))
    names: dict = {}
    for path in NOTEBOOKS:
        script = tmp_path / f"{path.stem}.py"
        script.write_text(
            "\n".join("".join(cell["source"]) for cell in cells_of(path)), encoding="utf-8"
        )
        with mpl.rc_context({"figure.max_open_warning": 0}):
            names = runpy.run_path(str(script))
        plt.close("all")
    assert (tmp_path / "posterior.nc").is_file()
    assert names["across"].sizes["session"] == 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_their_pictures_are_there(path):
    pictures = [o for c in cells_of(path) for o in c["outputs"] if "image/png" in o.get("data", {})]
    assert len(pictures) >= 3
    assert [c["execution_count"] for c in cells_of(path)] == list(range(1, len(cells_of(path)) + 1))
