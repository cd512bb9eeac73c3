"""Single trials in the studio: from a job to a trial's bytes; nothing is trained, no process begun."""

import json
import os

import numpy as np
import pytest
from tests.analysis.results import inferred, recorded
from tests.jobs.planned import Planned, supervisor_of
from tests.studio.browser import Browser

from lfads.checks import UserError
from lfads.formats.hdf5 import write
from lfads.results import Posterior
from lfads.runs.fits import fingerprint_of_encoded
from lfads.studio import looks
from lfads.studio.trials import trials_look
from lfads.studio.trials.trials_source import source_if_there

DATASET = recorded(condition=np.arange(40) % 2)


class Opened:
    """A run that knows its data."""

    data = {"bin_width_s": 0.02}

    def training_data(self):
        return DATASET


@pytest.fixture
def browser(tmp_path, monkeypatch) -> Browser:
    """With a run and what was inferred of it; looks are made here, at once."""

    def look(self, key, words, said, failed):
        status = trials_look.main(words[3:])
        (said if status == 0 else failed).write_text("" if status == 0 else "it failed")
        self._asked.pop(key)

    monkeypatch.setattr(looks.Looks, "_look", look)
    monkeypatch.setattr("lfads.runs.places.open_run", lambda run: Opened())
    browser = Browser(tmp_path / "jobs")
    write(DATASET, tmp_path / "data.h5")
    jobs = browser.studio.jobs
    train = jobs.submit("train", [tmp_path / "data.h5"])
    best = jobs.folder(train) / "run" / "checkpoints" / "best.npz"
    best.parent.mkdir(parents=True)
    best.write_bytes(b"weights")
    ended(browser)
    infer = jobs.submit("infer", [f"job:{train.id}"])
    found = inferred(DATASET)
    found.attrs["encoded"] = fingerprint_of_encoded(DATASET.session, 0)
    Posterior({DATASET.session.name: found}).save(jobs.folder(infer) / "posterior.nc")
    ended(browser)
    return browser


def ended(browser: Browser) -> None:
    supervisor = supervisor_of(browser.studio.jobs, Planned())
    supervisor.step()
    supervisor.step()


def id_of(browser: Browser, command: str) -> str:
    (job,) = [job for job in browser.studio.jobs.list() if job.asked.command == command]
    return job.id


def waited(browser: Browser, url: str):
    for _ in range(1000):
        answer = browser.get(url)
        if 'data-looks="2"' not in answer.text and 'http-equiv="refresh"' not in answer.text:
            return answer
    raise AssertionError


def test_from_a_job_to_a_trial(browser: Browser):
    job = id_of(browser, "infer")
    assert f'jobs/{job}/trials">Single trials' in browser.get(f"/jobs/{job}").text
    page = waited(browser, f"/jobs/{job}/trials")
    assert page.headers["content-security-policy"].startswith("default-src 'self';")
    assert "<script>" not in page.text
    for name in ("trial_page.js", "trial_figure.js", "trial_page.css", "waits.js"):
        assert f"static/{name}" in page.text
        assert browser.get(f"/static/{name}").status == 200
    about = json.loads(browser.get(f"{page.url}/about").text)
    assert about["notes"] == []
    (session,) = about["sessions"]
    assert [one["key"] for one in session["blocks"]] == [
        "spikes",
        "rates",
        "factors",
        "true_rates",
        "hand_vel",
        "pupil",
    ]
    raw = browser.get(f"{page.url}/0/17").body
    spikes = np.frombuffer(raw, np.uint8, 30 * 6).reshape(30, 6)
    assert np.array_equal(spikes, DATASET.session.spikes[17])
    assert browser.get(f"{page.url}/0/40").status == 400
    assert browser.get(f"/jobs/{job}/trials/{'0' * 20}/about").status == 404
    assert browser.get(f"/jobs/{job}/trials/..%2F..%2Fx/about").status in (400, 404)


def test_a_page_for_a_disk(browser: Browser):
    page = waited(browser, f"/jobs/{id_of(browser, 'infer')}/trials")
    assert 'value="40"' in page.text
    file = waited(browser, f"{page.url}/page?num_trials=5")
    assert file.headers["content-disposition"].endswith('-trials.html"')
    assert '"number":[0,10,20,29,39]' in file.text
    assert browser.get(f"{page.url}/page?num_trials=<b>").status == 400


def test_a_run_shows_what_was_inferred_of_it_and_before_that_its_weights(browser: Browser):
    jobs = browser.studio.jobs
    train, infer = (jobs.get(id_of(browser, name)) for name in ("train", "infer"))
    source = source_if_there(jobs, train)
    assert source is not None
    assert source.path == jobs.folder(infer) / "posterior.nc"
    source.path.unlink()
    source = source_if_there(jobs, train)
    assert source is not None
    assert source.inferred
    assert source.path.name == "best.npz"
    assert source.words == ("--run", str(jobs.folder(train) / "run"))
    source.path.unlink()
    assert source_if_there(jobs, train) is None
    assert (
        "the first trials can be seen once the run has kept weights"
        in browser.get(f"/jobs/{train.id}/trials").text
    )
    report = jobs.submit("report", [f"job:{train.id}"])
    assert "this job infers no trials" in browser.get(f"/jobs/{report.id}/trials").text


def test_what_cannot_be_had_is_said(browser: Browser, tmp_path, monkeypatch):
    def gone(run):
        raise UserError("the training data are no longer there")

    monkeypatch.setattr("lfads.runs.places.open_run", gone)
    page = waited(browser, f"/jobs/{id_of(browser, 'infer')}/trials")
    about = json.loads(browser.get(f"{page.url}/about").text)
    assert about["notes"] == [
        "Spikes cannot be shown beside these results: the training data are no longer there."
    ]
    assert about["sessions"][0]["blocks"][0]["key"] == "rates"
    assert trials_look.main(["lay", str(tmp_path / "no.nc"), str(tmp_path / "made")]) == 2


def test_the_oldest_go_where_there_is_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr(trials_look, "MOST_KEPT_BYTES", 25)
    for age, name in enumerate(("new", "middle", "old")):
        path = tmp_path / f"{name}.trials"
        path.write_bytes(b"0123456789")
        os.utime(path, (1000 - age, 1000 - age))
    trials_look.make_room(tmp_path / "new.trials")
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["middle", "new"]
