"""What needs a choice: several sessions, baselines, new sessions, analyses, exports, runs side by side."""

from dataclasses import replace

import pytest
from tests.studio import test_journey
from tests.studio.browser import Browser
from tests.studio.test_journey import TINY, done, submitted, waited

from lfads.formats.hdf5 import write
from lfads.jobs.job import Job
from lfads.parts import parts
from lfads.studio.results.follow_pages import choices_of

browser = test_journey.browser


def job_at(browser: Browser, answer) -> Job:
    assert answer.status == 200, answer.text
    return browser.studio.jobs.get(answer.url.rpartition("/")[2])


@pytest.fixture
def second(browser: Browser, tmp_path) -> str:
    """Id of another session on the shelf."""
    path = browser.studio.shelf.reserve("tuesday.h5", "2")
    write(replace(TINY, sessions=(replace(TINY.session, name="tuesday"),)), path)
    return path.parent.name


def test_several_sessions_make_one_run(browser: Browser, second: str):
    first = next(one.id for one in browser.studio.shelf.items() if one.id != second)
    assert f'name="data-{second}"' in browser.get("/data").text
    form = waited(browser, f"/sessions?data-{first}=on&data-{second}=on")
    assert "and 1 more" in form.text
    assert f'name="also" value="{second}"' in form.text
    assert browser.get("/sessions").status == 400
    words = {"command": "train", "also": second, "training.num_epochs": "2"}
    files = [browser.studio.shelf.get(name).path for name in (first, second)]
    copied = browser.post(f"/data/{first}/submit", {**words, "do": "copy"}).text
    assert f"lfads train {files[0]} {files[1]} --out RUN" in copied
    assert "lfads.read([" in copied
    job = job_at(browser, browser.post(f"/data/{first}/submit", {**words, "do": "submit"}))
    assert job.asked.inputs == tuple(map(str, files))
    fitted = browser.post(f"/data/{first}/baseline", {"name": "smoothing", "also": second})
    assert job_at(browser, fitted).asked.inputs == ("smoothing", *map(str, files))
    assert browser.post(f"/data/{first}/baseline", {"name": "none"}).status == 400
    assert browser.post(f"/data/{first}/baseline", {"name": "psth", "also": "../x"}).status == 404


def test_what_follows_from_a_run(browser: Browser, second: str):
    first = next(one.id for one in browser.studio.shelf.items() if one.id != second)
    words = {"command": "train", "do": "submit", "training.num_epochs": "2"}
    name = job_at(browser, browser.post(f"/data/{first}/submit", words)).id
    assert browser.post(f"/jobs/{name}/adapt", {"data": second}).status == 400
    done(browser, name)
    page = browser.get(f"/jobs/{name}").text
    assert f'<option value="{second}">tuesday.h5' in page
    assert all(f'value="export {one}"' in page for one in parts("formats"))
    adapted = job_at(browser, browser.post(f"/jobs/{name}/adapt", {"data": second}))
    path = browser.studio.shelf.get(second).path
    assert adapted.asked.inputs == (f"job:{name}", str(path))
    export = job_at(browser, browser.post(f"/jobs/{name}/follow", {"command": "export mat"}))
    assert (export.asked.inputs, export.asked.options) == (
        (f"job:{name}",), ("--format", "mat", "--overwrite")
    )  # fmt: skip
    listed = browser.get(f"/jobs/{name}/analyses").text
    assert all(f"analyses/{one}" in listed for one in parts("analyses"))
    form = browser.get(f"/jobs/{name}/analyses/decoding").text
    assert 'name="num_folds"' in form
    given = {"num_folds": "3", "behavior": "hand_vel,", "nonsense": "1"}
    asked = job_at(browser, browser.post(f"/jobs/{name}/analyses/decoding/queue", given)).asked
    assert asked.inputs == (f"job:{name}", "decoding")
    assert sorted(asked.options[1::2]) == ["behavior=hand_vel,", "num_folds=3"]
    assert browser.get(f"/jobs/{name}/analyses/nothing").status == 404
    assert browser.get(f"/jobs/{adapted.id}/analyses").status == 400


def test_every_choice_of_an_analysis_has_its_text():
    for name in parts("analyses"):
        for choice in choices_of(name):
            assert choice.text, f"{name}: {choice.name}"


def test_runs_are_compared_sorted_and_filtered(browser: Browser):
    names = [submitted(browser, seed=seed) for seed in ("1", "2")]
    for name in names:
        done(browser, name)
    page = browser.get("/runs?by=time&kind=train").text
    assert page.index(names[1]) < page.index(names[0])
    back = browser.get("/runs?by=time&back=1").text
    assert back.index(names[0]) < back.index(names[1])
    assert 'aria-sort="ascending"' in back
    assert "is like that" in browser.get("/runs?kind=baseline").text
    ticked = {f"run-{name}": "on" for name in names}
    compared = job_at(browser, browser.post("/runs/compare", ticked))
    assert compared.asked.command == "compare"
    assert sorted(compared.asked.inputs) == sorted(f"job:{name}" for name in names)
    assert browser.post("/runs/compare", {f"run-{names[0]}": "on"}).status == 400
    folder = browser.studio.jobs.folder(compared) / "compared"
    folder.mkdir()
    (folder / "comparison.png").write_bytes(b"figure")
    page = browser.get(f"/jobs/{compared.id}").text
    assert f'<img alt="comparison.png" src="../jobs/{compared.id}/files/comparison.png"' in page
    image = browser.get(f"/jobs/{compared.id}/files/comparison.png")
    assert image.headers["content-type"] == "image/png"
