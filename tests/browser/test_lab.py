"""Two people of two groups at a studio of a lab, in Chromium: each sees their own, pages are in order."""

import subprocess
import sys

import pytest
from tests.browser.opened import Opened, Visitor

from lfads.formats.hdf5 import write
from lfads.simulate.lorenz import simulate_lorenz

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]
PASSWORD = "correct horse"
TINY = simulate_lorenz(num_neurons=5, num_bins=10, num_conditions=2, trials_per_condition=10)


@pytest.fixture
def lab(tmp_path):
    studio = Opened(tmp_path / "jobs")
    for name, group in (("anna", "motor"), ("clara", "vision")):
        words = ["studio", "users", "add", name, "--group", group, "--folder", str(studio.place)]
        subprocess.run(
            [sys.executable, "-m", "lfads", *words],
            input=PASSWORD.encode(),
            check=True,
            capture_output=True,
        )
    studio.open()
    yield studio
    studio.kill()


def log_in(visitor: Visitor, name: str, password: str = PASSWORD) -> None:
    visitor.type("name", name)
    visitor.type("password", password)
    visitor.click("Log in", "button")


def test_two_people_at_one_studio(lab, visitor: Visitor, chromium, tmp_path):
    visitor.page.goto(lab.link)
    visitor.look_over()
    log_in(visitor, "anna", "guess guess")
    visitor.wait_for("Name or password are not right.")
    visitor.look_over()
    visitor.complaints.clear()  # Chromium notes the status of the answer
    log_in(visitor, "anna")
    visitor.wait_for("Drop a file here")
    visitor.choose_file(write(TINY, tmp_path / "monday.h5"))
    visitor.click("Upload", "button")
    visitor.wait_for("Train on it")
    address = visitor.page.url
    visitor.click("anna")
    visitor.wait_for("What the group motor has used")
    visitor.look_over()
    visitor.type("What it is for", "laptop")
    visitor.click("Make a key", "button")
    visitor.wait_for("It is shown this once")
    visitor.look_over()
    other = Visitor(chromium.new_context().new_page())
    other.page.goto(address)
    log_in(other, "clara")
    other.wait_for("these data are not here, or not any more")
    assert other.page.url == address  # the login went on with what was asked for
    other.look_over()
    other.click("Data")
    other.wait_for("No data yet.")
    other.page.context.close()
    visitor.click("Log out", "button")
    visitor.page.goto(address)
    visitor.wait_for("Whoever runs this studio gives you a name")
