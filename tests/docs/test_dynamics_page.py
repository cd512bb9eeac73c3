"""The Python of docs/dynamics-of-results.md runs, and gives what the page says."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lfads

PAGE = Path(__file__).parents[2] / "docs" / "dynamics-of-results.md"
pytestmark = pytest.mark.usefixtures("undrawn")  # of numbers and files


def test_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    simulated = lfads.simulate_reaching(num_neurons=20, num_bends=1, trials_per_condition=8)
    unnamed = dataclasses.replace(simulated.session, name="session")  # is called like its file
    lfads.write(dataclasses.replace(simulated, sessions=(unnamed,)), "reaches.h5")
    # Faster than a network, and opened alike.
    lfads.fit_baseline("smoothing", lfads.read("reaches.h5"), out="runs/reaches")
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        exec(block, names)  # noqa: S102 - the page is ours
    assert names["frequency_hz"].shape == (3,)
    assert 0 < names["p"] <= 1
    assert set(names["signal"].dims) == {"trial", "time"}
    assert names["interval"][0] < names["r"] < names["interval"][1]
    assert names["projection"].shape[2] == 3
    analyses = ("jpca", "dpca", "reaction_time", "cis_and_rotation")
    assert {p.stem for p in Path("figures").iterdir()} == set(analyses)
    assert np.isfinite(names["predicted_s"]).mean() > 0.5
