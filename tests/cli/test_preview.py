"""`lfads preview` as a user runs it, mistakes included."""

import json

import numpy as np
import pytest
from tests.cli.test_mistakes import complains

from lfads.cli.main import run


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.npz"
    counts = np.random.default_rng(0).poisson(0.5, (60, 20, 6))
    counts[..., 4] = counts[..., 1]
    np.savez(path, spikes=counts)
    return path


def test_the_page_and_what_stands_out(data, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["preview", str(data), "--bin-width-s", "0.01"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("wrote preview.html: 1 thing to look at before training\n")
    assert "the most alike 1 and 4" in said
    assert (tmp_path / "preview.html").is_file()
    out = tmp_path / "again.html"
    assert run(["preview", str(data), "--bin-width-s", "0.01", "--out", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["out"] == str(out)
    assert answer["findings"][0]["serious"]
    assert {"session", "title", "advice"} <= set(answer["findings"][0])


def test_mistakes(data, tmp_path, capsys):
    out = tmp_path / "preview.html"
    width = ["--bin-width-s", 0.01]
    missing = tmp_path / "nothing.h5"
    complains(capsys, ["preview", missing, "--out", out], "nothing.h5")
    complains(capsys, ["preview", data, "--out", out], "bin width is not in the file")
    complains(capsys, ["preview", data, *width, "--out", tmp_path], "it is a folder")
    complains(capsys, ["preview", data, *width, "--outt", out], "--out")
    assert not out.exists()
    out.write_text("mine")
    complains(capsys, ["preview", data, *width, "--out", out], "preview.html exists already")
    assert out.read_text() == "mine"
