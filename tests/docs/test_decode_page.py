"""The Python of docs/decode-behaviour.md runs, and gives what the page says."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.analysis.results import recorded

import lfads

PAGE = Path(__file__).parents[2] / "docs" / "decode-behaviour.md"
pytestmark = pytest.mark.usefixtures("undrawn")  # of numbers and files


def test_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plain = recorded().session
    velocity = plain.behavior["hand_vel"]
    lengths = np.arange(40) % 10 + 21
    velocity = np.where(np.arange(30)[:, None] < lengths[:, None, None], velocity, np.nan)
    names: dict[str, Any] = {
        "counts": plain.spikes * (np.arange(30)[:, None] < lengths[:, None, None]),
        "lengths": lengths,
        "target": np.array(["left", "up", "right"])[np.arange(40) % 3],
        "velocity": velocity,
        "position": np.cumsum(velocity, axis=1),
    }
    first, *others = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    exec(first, names)  # noqa: S102 - the page is ours
    # Faster than a network, and opened alike.
    lfads.fit_baseline("smoothing", lfads.read("reaches.h5"), out="runs/reaches")
    for block in others:
        exec(block, names)  # noqa: S102
    assert 0 < names["r2"] < 1
    assert names["truth"].shape == names["decoded"].shape == (40, 30, 4)
    assert np.isnan(names["decoded"][0, 21:]).all()
    assert {p.name for p in Path("velocity").iterdir()} == {"decoding.nc", "decoding.png"}
