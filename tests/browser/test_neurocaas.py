"""The page of a bucket in a real browser: from data of the studio to a job that ended."""

from pathlib import Path

import pytest
from tests.browser.opened import Opened, Visitor
from tests.neurocaas.written import STEPS, Written, launched

from lfads.formats.hdf5 import write
from lfads.simulate.lorenz import simulate_lorenz

pytestmark = pytest.mark.browser


@pytest.fixture
def bucket(tmp_path) -> Written:
    made = Written(tmp_path)
    made.put("lab/inputs/monday.h5", bytes(1_000_000))
    made.put("lab/configs/c.yaml", "pbt: {num_samples: 16}")
    made.job("17", certificate=[*STEPS[:1], "INPUT ERROR: `new` has no counterpart here"], end=True)
    return made


def test_a_job_is_sent_watched_and_fetched(visitor: Visitor, bucket: Written, tmp_path):
    studio = Opened(tmp_path / "jobs", "--neurocaas", str(bucket.root), "--group", "lab")
    page = visitor.page
    try:
        page.goto(studio.open())
        small = simulate_lorenz(num_neurons=5, num_bins=10, num_conditions=2)
        visitor.choose_file(write(small, tmp_path / "tuesday.h5"))
        visitor.click("Upload", "button")
        visitor.wait_for("Train on it")
        visitor.click("NeuroCAAS")
        visitor.wait_for("monday.h5")
        visitor.look_over()
        page.get_by_label("monday.h5", exact=True).check()
        bucket.put("lab/inputs/wednesday.h5", b"from another machine")
        visitor.wait_for("wednesday.h5")  # the table comes anew, and what was ticked stays
        assert page.get_by_label("monday.h5", exact=True).is_checked()
        page.get_by_label("tuesday.h5").first.check()
        visitor.click("Send those that are ticked", "button")
        visitor.wait_for("100 % of")
        # Until the bucket was looked at anew.
        page.get_by_label("tuesday.h5", exact=True).first.wait_for()
        visitor.click("Start the job", "button")
        visitor.wait_for("choose a data set first")
        visitor.look_over()
        page.get_by_label("tuesday.h5", exact=True).first.check()
        page.get_by_label("c.yaml", exact=True).check()
        visitor.click("Start the job", "button")
        visitor.wait_for("nobody has taken it up yet")
        visitor.look_over()
        job = page.url.rpartition("_")[2]
        bucket.job(
            job, certificate=launched("SUCCESS"), states={"tuesday.h5": "SUCCESS"}, end=True,
            results={"autolfads.zip": b"PK", "c.yaml": b"{}"},
        )  # fmt: skip
        visitor.wait_for("2 files of results")
        visitor.look_over()
        with page.expect_download() as asked:
            visitor.click("autolfads.zip")
        assert Path(asked.value.path()).read_bytes() == b"PK"
    finally:
        studio.close()
