"""`lfads trials`, as a user runs it."""

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
    assert lfads("baseline", "smoothing", folder / "data.h5", "--out", folder / "run") == 0
    return folder


def test_a_page_of_trials(made, capsys):
    capsys.readouterr()
    page = made / "page.html"
    assert lfads("trials", made / "run", "--out", page, "--trials", 3, 17, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"out": str(page), "trials": 2}
    assert '"number":[3,17]' in page.read_text(encoding="utf-8")
    assert lfads("trials", made / "run", "--num-trials", 4) == 0
    assert "4 trials" in capsys.readouterr().out
    assert (made / "run" / "trials.html").is_file()


def test_mistakes(made, tmp_path, capsys):
    capsys.readouterr()
    assert lfads("trials", made / "run", "--max-mb", "0.02") == 2
    assert "--max-mb" in capsys.readouterr().err
    assert lfads("trials", made / "run", "--trials", "99") == 2
    assert "there is no trial 99" in capsys.readouterr().err
    assert lfads("trials", made / "run", made / "data.h5") == 2
    assert "say where to write" in capsys.readouterr().err
    assert lfads("trials", made / "run", "--out", made / "data.h5") == 2
    assert "is no page of single trials" in capsys.readouterr().err
