"""Figures in three dimensions that can be turned: what the script is told, and does in a browser."""

import json
import re
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from tests.plots.posteriors import lorenz, posterior_of

from lfads.plots import turning as turning_module
from lfads.plots.common_space import plot_sessions
from lfads.plots.factors import plot_factors
from lfads.plots.page import figure_block, page
from lfads.plots.turning import MARK, MOST_POINTS, script_for, turning

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


def told(html: str) -> list:
    (text,) = re.findall(re.escape(MARK) + r"(.*?)</script>", html)
    return json.loads(text)


@pytest.fixture(scope="module")
def figure() -> Figure:
    return plot_factors(posterior_of(lorenz()).dataset)


@pytest.fixture(scope="module")
def block(figure) -> str:
    return figure_block(figure, "factors", "In space. More.")


def test_a_space_is_described_as_it_stands(block):
    (panel,) = told(block)
    assert [name.split(" (")[0] for name in panel["names"]] == ["PC 1", "PC 2", "PC 3"]
    assert len(panel["lines"]) == 6 + 24  # averages, and four single trials of each condition
    assert all(len(line["at"]) <= 3 * MOST_POINTS for line in panel["lines"])
    values = np.concatenate([line["at"] for line in panel["lines"]])
    assert values.min() >= 0
    assert values.max() <= 1000
    assert len(panel["dots"]) == 6
    assert (panel["azimuth"], panel["elevation"]) == (-58, 22)
    assert block.count("turning-0-") == 3 * 2  # names of axes, here and in what is saved
    assert len(MARK + json.dumps(panel)) < 60_000


def test_the_script_projects_as_the_still_figure_does(figure, block):
    assert block  # by which the figure was drawn
    axes = next(a for a in figure.axes if hasattr(a, "zaxis"))
    view = turning_module._view(figure, axes)
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (40, 3))
    seen = turning_module._seen(points * view.sides, view.azimuth, view.elevation, view.distance)
    expected = turning_module._on_page(figure, axes, points)
    there = np.array(view.centre) + view.scale * seen * (1, -1)
    np.testing.assert_allclose(there, expected, atol=0.2)  # points of 1/72 inch


def test_all_sessions_turn():
    whole = posterior_of(lorenz()).dataset
    figure = plot_sessions({"monday": whole, "tuesday": whole})
    panels = told(figure_block(figure, "sessions", "All."))
    assert [panel["title"].split("\n")[0] for panel in panels] == ["monday", "tuesday"]


def test_what_cannot_be_turned_stands_still():
    figure = Figure()
    figure.add_subplot().plot([0, 1], [0, 1])
    assert turning(figure) == ""
    space: Any = figure.add_subplot(projection="3d")
    assert turning(figure) == ""
    space.plot([0, 1], [0, np.nan], [0, 1], color="red")
    space.scatter([0, 1], [0, 1], [0, 1], c=["blue", "green"])
    (panel,) = told(turning(figure))
    assert [dot["color"] for dot in panel["dots"]] == ["#0000ff", "#008000"]
    space.text(0, 0, 0, "words")
    assert turning(figure) == ""
    plain = page("t", "r", [("a", "A", [figure_block(figure, "f", "c")])])
    assert "<script" not in plain


def test_names_cannot_end_the_description():
    figure = Figure()
    space = figure.add_subplot(projection="3d")
    space.plot([0, 1], [0, 1], [0, 1])
    space.set_xlabel("</script><b>")
    text = turning(figure)
    assert text.count("</script>") == 1
    assert told(text)[0]["names"][0] == "</script><b>"


def test_the_script_is_small_and_own():
    text = script_for(MARK)
    assert len(text.splitlines()) <= 152
    assert not re.search(r"https?:|import|eval|innerHTML|setInterval", text)
    assert script_for("<p>nothing</p>") == ""


DRIVE = """<script>
const space = document.querySelectorAll(".turned");
space[0].setPointerCapture = () => {};
for (const [name, x] of [["pointerdown", 0], ["pointermove", 90], ["pointerup", 90]])
  space[0].dispatchEvent(new PointerEvent(name, { clientX: x, clientY: 0, button: 0, bubbles: true }));
space[1].dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
</script></body>"""


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_dragging_and_keys_turn_it_in_a_browser(block, tmp_path):
    other = block.replace("factors", "second")
    html = page("t", "r", [("a", "A", [block, other])])
    still = seen_in_browser(html, tmp_path / "still.html")
    moved = seen_in_browser(html.replace("</body>", DRIVE), tmp_path / "moved.html")
    assert len(still) == len(moved) == 2 * (2 + 30)  # walls, edges and lines
    half = len(still) // 2
    assert still[:half] == still[half:]
    assert moved[:half] != still[:half]
    assert moved[half:] != still[half:]
    assert moved[:half] != moved[half:]


def seen_in_browser(html: str, path) -> list[str]:
    """Paths of the spaces after the scripts of a page ran."""
    path.write_text(html, encoding="utf-8")
    assert BROWSER is not None
    form = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--virtual-time-budget=2000",
        "--dump-dom",
    ]
    home = f"--user-data-dir={path.with_suffix('')}"
    command = [BROWSER, *form, home, path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    parts = done.stdout.split('class="turned"')[1:]
    return [
        d for part in parts for d in re.findall(r'<path[^>]* d="([^"]*)"', part.split("</g>")[0])
    ]
