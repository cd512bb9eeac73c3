"""`lfads psths`, as a user runs it."""

import json

import numpy as np
import pytest
from tests.analysis.results import recorded

from lfads.cli.main import run
from lfads.formats.hdf5 import write


def lfads(*arguments) -> int:
    return run([str(a) for a in arguments])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    write(recorded(condition=np.arange(40) % 2), folder / "data.h5")
    for name in ("smoothing", "constant"):
        assert lfads("baseline", name, folder / "data.h5", "--out", folder / name) == 0
    return folder


def test_a_page_with_methods_beside_each_other(made, capsys):
    capsys.readouterr()
    page = made / "page.html"
    assert lfads("psths", made / "smoothing", made / "constant", "--out", page, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {"out": str(page), "neurons": 6}
    html = page.read_text(encoding="utf-8")
    assert '"methods":["smoothed spikes","smoothing","constant"]' in html
    assert lfads("psths", made / "smoothing") == 0
    assert (made / "smoothing" / "psths.html").is_file()


def test_mistakes(made, tmp_path, capsys):
    capsys.readouterr()
    assert lfads("psths", made / "smoothing", "--out", tmp_path) == 2
    assert "is a folder: `--out` must name a file" in capsys.readouterr().err
    assert lfads("psths", made / "smoothing", "--trials-per-condition", "0") == 2
    assert "must be a whole number, 1 or more; got 0" in capsys.readouterr().err
    write(recorded(seed=3), tmp_path / "other.h5")
    assert lfads("baseline", "constant", tmp_path / "other.h5", "--out", tmp_path / "other") == 0
    assert lfads("psths", made / "smoothing", tmp_path / "other") == 2
