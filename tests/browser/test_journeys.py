"""A newcomer's whole way in a real browser: with simulated data, with a recording, by keyboard alone."""

import time
from pathlib import Path
from typing import Any

import pytest
from tests.browser.opened import Opened, Visitor
from tests.recordings.nwb_files import write_nwb

from lfads.formats.hdf5 import write
from lfads.simulate.lorenz import simulate_lorenz

pytestmark = pytest.mark.browser

MOST_CLICKS = 6
"""Four with trials, two more to cut them; ten would be a promise kept."""
MOST_OPENING_S = 20.0
"""Where the machine has other work; benchmarks/studio.py measures it where it has none."""


@pytest.fixture(scope="module")
def lorenz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small file with known answers."""
    data = simulate_lorenz(num_neurons=6, num_bins=12, num_conditions=3, trials_per_condition=12)
    return write(data, tmp_path_factory.mktemp("data") / "lorenz.h5")


def first_figure(visitor: Visitor) -> None:
    """The first figure of one's own file, in sight, within a few clicks and without a typed number."""
    figure = visitor.page.frame_locator("iframe").locator("svg").first
    figure.wait_for()
    assert visitor.clicks <= MOST_CLICKS, visitor.clicks
    assert visitor.typed == 0


def train(visitor: Visitor) -> None:
    """From a file's page to the figures of a report on a tiny training."""
    visitor.click("Train on it")
    visitor.wait_for("Nothing needs to be typed")
    visitor.look_over()
    visitor.type("number of epochs", "2")
    visitor.click("Put it into the queue", "button")
    visitor.look_over()
    visitor.wait_for("What next")
    visitor.look_over()
    visitor.page.get_by_label("With this run").select_option("report")
    visitor.click("Put it into the queue", "button")
    visitor.page.frame_locator("iframe[title=Report]").locator("svg").first.wait_for()
    visitor.look_over()


def form_of_a_recording(studio: Opened, visitor: Visitor, tmp_path: Path) -> None:
    """A recording is uploaded, and the form that cuts trials from it is there."""
    visitor.page.goto(studio.link)
    visitor.choose_file(write_nwb(tmp_path / "monday.nwb"))
    visitor.click("Upload", "button")
    visitor.click("Cut trials from it")
    visitor.wait_for("nothing needs to be typed")


def test_with_simulated_data_by_mouse(studio: Opened, visitor: Visitor, lorenz: Path):
    visitor.page.goto(studio.link)
    visitor.wait_for("No data yet")
    assert "token" not in visitor.page.url
    visitor.look_over()
    visitor.choose_file(lorenz)
    visitor.click("Upload", "button")
    visitor.wait_for("What it holds")
    visitor.settle()
    visitor.look_over()
    visitor.click("Preview")
    first_figure(visitor)
    visitor.look_over()
    train(visitor)
    for name in ("Data", "Queue", "Runs", "Programs"):
        visitor.click(name)
        visitor.look_over()
    visitor.click("Runs")
    visitor.page.get_by_role("link", name="train-").first.click()
    visitor.click("Analyses and their choices")
    visitor.look_over()
    visitor.click("psth")
    visitor.look_over()
    visitor.page.goto(studio.link.partition("?")[0] + "data/none")
    visitor.wait_for("these data are not here")
    visitor.look_over()


def test_with_a_recording_by_mouse(studio: Opened, visitor: Visitor, tmp_path: Path):
    form_of_a_recording(studio, visitor, tmp_path)
    command = visitor.page.locator("#command")
    assert "--align-to=go_time --window-s -0.5 1" in command.inner_text()
    visitor.click("Cut the trials", "button")
    visitor.wait_for("Cut from")
    visitor.settle()
    visitor.click("Preview")
    first_figure(visitor)
    # The command grows with what is chosen, and the window with the event.
    visitor.click("monday.nwb")
    visitor.wait_for("Cut trials from monday.nwb")
    visitor.page.get_by_label("event", exact=True).select_option("start_time")
    visitor.wait_for_in("#command", "--align-to=start_time --window-s 0 1.5")
    visitor.page.get_by_label("quality").select_option("only good")
    visitor.wait_for_in("#command", "--units=")
    visitor.look_over()
    visitor.click("Cut the trials", "button")
    visitor.wait_for("Cut from")
    visitor.settle()
    visitor.look_over()
    train(visitor)


def test_a_choice_made_before_the_script_came_is_kept(
    studio: Opened, visitor: Visitor, tmp_path: Path
):
    page, held = visitor.page, list[Any]()
    form_of_a_recording(studio, visitor, tmp_path)
    page.route("**/parts.js*", lambda route: held.append(route))
    page.goto(page.url, wait_until="commit")
    page.get_by_label("event", exact=True).select_option("start_time")
    assert "start_time" not in page.locator("#command").inner_text()
    (script,) = held
    script.continue_()
    visitor.wait_for_in("#command", "--align-to=start_time --window-s 0 1.5")


def test_a_command_that_was_not_answered_is_asked_for_again(
    studio: Opened, visitor: Visitor, tmp_path: Path
):
    page, refused = visitor.page, list[Any]()
    form_of_a_recording(studio, visitor, tmp_path)
    visitor.settle()

    def once(route: Any) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.abort())

    page.route("**/prepare/command*", once)
    page.get_by_label("event", exact=True).select_option("start_time")
    visitor.wait_for("The studio does not answer")
    visitor.wait_for_in("#command", "--align-to=start_time --window-s 0 1.5")


def test_by_keyboard_alone(studio: Opened, visitor: Visitor, lorenz: Path):
    page = visitor.page
    page.goto(studio.link)
    visitor.wait_for("Drop a file here")
    visitor.to("Drop a file here")
    visitor.choose_file_by_key(lorenz)
    visitor.press("Upload")
    visitor.wait_for("What it holds")
    visitor.settle()
    visitor.press("Preview")
    first_figure(visitor)
    visitor.press("Train on it")
    visitor.wait_for("Nothing needs to be typed")
    visitor.to("number of epochs")
    page.keyboard.type("2")
    visitor.press("Put it into the queue")
    visitor.wait_for("What next")
    visitor.to("With this run")
    page.keyboard.type("Write a report")
    visitor.press("Put it into the queue")
    page.frame_locator("iframe[title=Report]").locator("svg").first.wait_for()


def test_the_page_answers_soon(tmp_path: Path, visitor: Visitor):
    studio, begin = Opened(tmp_path / "jobs"), time.monotonic()
    try:
        visitor.page.goto(studio.open())
        visitor.wait_for("No data yet")
        assert time.monotonic() - begin < MOST_OPENING_S
    finally:
        studio.close()
