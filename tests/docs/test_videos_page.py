"""The Python of docs/videos.md runs, and gives what the page says; nothing is filmed here."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

import lfads

PAGE = Path(__file__).parents[2] / "docs" / "videos.md"


def test_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "lfads.runs.videos.write_video", lambda animate, path, *of: path.touch() or path
    )
    simulated = lfads.simulate_reaching(num_neurons=20, num_bends=1, trials_per_condition=6)
    unnamed = dataclasses.replace(simulated.session, name="session")  # is called like its file
    lfads.write(dataclasses.replace(simulated, sessions=(unnamed,)), "reaches.h5")
    quick = {"widths_s": (0.04,), "penalties": (0.1,)}
    lfads.fit_baseline("smoothing", lfads.read("reaches.h5"), out="runs/reaches", choices=quick)
    names: dict[str, Any] = {}
    for number, block in enumerate(
        re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    ):
        if number == 1:  # baselines have no initial conditions, as the page says
            with pytest.raises(lfads.UserError, match="needs initial conditions, which a baseline"):
                exec(block, names)  # noqa: S102 - the page is ours
        elif number < 3:
            exec(block, names)  # noqa: S102
    assert names["states"].shape[0] == 2
    assert 0 < names["r2_p"] <= 1
    assert sorted(p.name for p in Path("figures").iterdir()) == [
        "rotations.nc", "rotations.png", "rotations.webp",
    ]  # fmt: skip
