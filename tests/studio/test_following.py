"""Searches and learning curves as they go, and sentences where something is waited for."""

import json

import pytest
from tests.jobs.planned import LIVES, Planned, supervisor_of
from tests.plots.test_lineages import population
from tests.report.test_search import search_folder
from tests.studio.browser import Browser

from lfads.formats.hdf5 import write
from lfads.search.record import write_population
from lfads.simulate.lorenz import simulate_lorenz

TINY = simulate_lorenz(num_neurons=5, num_bins=10, num_conditions=2, trials_per_condition=10)
METRICS = [{"epoch": k, "train_nll": 0.5 / k, "valid_nll": 0.6 / k} for k in (1, 2, 3)]


@pytest.fixture
def browser(tmp_path) -> Browser:
    browser = Browser(tmp_path / "jobs")
    write(TINY, tmp_path / "data.h5")
    return browser


def submitted(browser: Browser, command: str, tmp_path, **settings) -> str:
    job = browser.studio.jobs.submit(command, [tmp_path / "data.h5"], settings=settings)
    return job.id


def run_of(browser: Browser, name: str):
    return browser.studio.jobs.folder(browser.studio.jobs.get(name)) / "run"


def test_a_search_as_it_goes(browser: Browser, tmp_path, undrawn):
    name = submitted(browser, "search", tmp_path)
    supervisor_of(browser.studio.jobs, Planned([LIVES])).step()
    assert f'jobs/{name}/search">The search as it goes' in browser.get(f"/jobs/{name}").text
    page = browser.get(f"/jobs/{name}/search")
    assert "No generation has ended yet." in page.text
    assert "reading data and compiling come first" in page.text
    before = json.loads(browser.get(f"/jobs/{name}/search/state").text)
    assert before["stamp"] == ""
    rows = population(6, 5, fails=0.3)
    folder = search_folder(run_of(browser, name), rows)
    page = browser.get(f"/jobs/{name}/search")
    assert "6 members, 5 generations" in page.text
    assert "The search has not ended." in page.text
    for key in ("scores", "paths", "lineages"):
        image = browser.get(f"/jobs/{name}/search/{key}.svg")
        assert image.headers["content-type"] == "image/svg+xml"
        assert "script" not in image.headers["content-security-policy"]
        assert f"search/{key}.svg?at=" in page.text
    state = json.loads(browser.get(f"/jobs/{name}/search/state").text)
    assert state["stamp"]
    assert not state["ended"]
    assert "has come to generation 5" in state["sentence"]
    write_population(folder / "population.csv", rows[:18])
    later = json.loads(browser.get(f"/jobs/{name}/search/state").text)
    assert later["stamp"] != state["stamp"]
    assert browser.get(f"/jobs/{name}/search/other.svg").status == 400
    train = submitted(browser, "train", tmp_path)
    assert "this job is no search" in browser.get(f"/jobs/{train}/search").text


def test_curves_of_several_runs(browser: Browser, tmp_path, monkeypatch):
    drawn: list[dict] = []
    monkeypatch.setattr("lfads.plots.page.as_svg", lambda figure: "<svg ></svg>")
    monkeypatch.setattr("lfads.plots.curves_of_runs.plot_curves_of_runs", drawn.append)
    assert "No run has trained an epoch yet." in browser.get("/curves").text
    names = [submitted(browser, "train", tmp_path, seed=seed) for seed in range(3)]
    for name in names[:2]:
        run_of(browser, name).mkdir(parents=True)
        lines = "".join(json.dumps(line) + "\n" for line in METRICS)
        (run_of(browser, name) / "metrics.jsonl").write_text(lines)
    page = browser.get("/curves")
    assert page.text.count("checked") == 2
    assert names[2] not in page.text
    assert "may grow: the figure follows every few seconds" in page.text
    query = f"run={names[0]}&run={names[1]}"
    assert browser.get(f"/curves/figure.svg?{query}").text == "<svg ></svg>"
    assert browser.get(f"/curves/figure.svg?run={names[1]}").status == 200
    assert [sorted(each) for each in drawn] == [sorted(names[:2]), [names[1]]]
    before = json.loads(browser.get(f"/curves/state?{query}").text)
    with (run_of(browser, names[0]) / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({"epoch": 4}) + "\n")
    assert json.loads(browser.get(f"/curves/state?{query}").text)["stamp"] != before["stamp"]
    refused = browser.get(f"/curves?run={names[2]}&run=<b>")
    assert refused.status == 404
    assert "&lt;b&gt;" in refused.text
