"""The report on several sessions: how they were aligned, how well they agree, and one row for each."""

import dataclasses
import re

import numpy as np
import pytest
from tests.plots.posteriors import metrics, posterior_of
from tests.report.test_report import SUMMARY, Page, page_of

from lfads.config import RunConfig
from lfads.data.dataset import Dataset
from lfads.report import sections
from lfads.report.sessions import AFTER, BEFORE, MOST_IN_FULL, START, measured
from lfads.results import Posterior
from lfads.simulate.chaotic_rnn_sessions import simulate_chaotic_rnn_sessions
from lfads.training.folder import describe_data

pytestmark = pytest.mark.usefixtures("undrawn")


DATASET = simulate_chaotic_rnn_sessions(
    0, num_sessions=3, num_network_neurons=60, num_conditions=6, trials_per_condition=5, num_bins=40
)
POSTERIOR = posterior_of(DATASET)
ALIGNED = {"read_in_size": 4, "read_in_start": "conditions"}


@pytest.fixture
def without_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    """No figures of single sessions, for tests of what stands around them."""
    monkeypatch.setattr("lfads.report.write.inferred", lambda *_: [])


def config_of(model: dict | None = None, **training) -> RunConfig:
    return RunConfig.from_dict({"model": ALIGNED if model is None else model, "training": training})


def tiled(num: int) -> tuple[Dataset, Posterior]:
    """As many sessions as are asked for, of which every third is the same."""
    sessions = tuple(
        dataclasses.replace(DATASET.sessions[k % 3], name=f"day {k:02d}") for k in range(num)
    )
    found = list(POSTERIOR.sessions.values())
    posterior = Posterior({s.name: found[k % 3] for k, s in enumerate(sessions)})
    return dataclasses.replace(DATASET, sessions=sessions), posterior


def report_of(folder, dataset=DATASET, posterior=POSTERIOR, **changes) -> Page:
    summary = {**SUMMARY, "data": describe_data(DATASET)}
    given = {"summary": summary, "config": config_of(), "scores": scores_of(dataset), **changes}
    return page_of(folder, dataset, posterior, **given)


def scores_of(dataset: Dataset) -> dict:
    def of(bits: float) -> dict:
        return {"num_trials": 24, "bits_per_spike": bits, "rate_r2_median": 0.5}

    each = {
        s.name: {"session": s.name, "splits": {"train": of(0.3), "valid": of(0.25)}, "notes": []}
        for s in dataset.sessions
    }
    together = {"splits": {"train": of(0.31), "valid": of(0.26)}, "notes": ["no input R²: none"]}
    return {"session": f"all {len(each)} sessions", **together, "sessions": each}


@pytest.mark.usefixtures("without_sections")
def test_sessions_stand_together_before_each_of_them(tmp_path):
    page = report_of(tmp_path)
    own = [name for name in page.ids if name.startswith("session")]
    assert own == ["sessions", "sessions-factors", "sessions-agreement"] + [
        f"session-{k}" for k in (1, 2, 3)
    ]
    for words in (
        "Read-ins started from the conditions that sessions share",
        "They were then trained with the network.",
        "every trial counted the same",
        "Median R² over sessions: ",
        "Orange: smoothed recordings behind the read-ins",
        "Agreement and bits per spike of 3 sessions",
        "R² before",
        "R² start",
        "bits per spike, validation",
    ):
        assert words in page.text


@pytest.mark.usefixtures("without_sections")
@pytest.mark.parametrize(
    ("model", "training", "words", "shows_start"),
    [
        ({"read_in_size": 4, "read_in_start": "random"}, {}, "Read-ins started at random", False),
        ({"read_in_size": 4, "read_in_start": "time_course"}, {}, "averages over all trials", True),
        (ALIGNED, {"freeze": "read_in"}, "They were frozen", True),
        (ALIGNED, {"session_weights": "session"}, "every session counted the same", True),
        (ALIGNED, {"freeze": "dynamics"}, "The sessions were fitted to a trained network", False),
        ({}, {}, "The network has no read-ins", False),
    ],
)
def test_how_sessions_were_brought_together_is_said(tmp_path, model, training, words, shows_start):
    page = report_of(tmp_path, config=config_of(model, **training))
    assert words in page.text
    assert ("R² start" in page.text) == shows_start
    assert "R² before" in page.text
    assert "R² after" in page.text


@pytest.mark.usefixtures("without_sections")
def test_data_that_were_not_trained_on_show_no_start(tmp_path):
    other = dataclasses.replace(
        DATASET, sessions=tuple(s.take(np.arange(28)) for s in DATASET.sessions)
    )
    page = report_of(tmp_path, other, posterior_of(other))
    assert "not the data that the run was trained on, so the start" in page.text
    assert "R² start" not in page.text


def test_agreement_is_that_of_the_factors():
    same = {s.name: POSTERIOR.sessions["session_1"] for s in DATASET.sessions}
    found = measured(DATASET, same, config_of(), aligned=True)
    assert found is not None
    assert found.by_condition
    assert list(found.moments) == [BEFORE, START, AFTER]
    np.testing.assert_allclose(found.moments[AFTER], 1.0)
    before, start = (np.median(found.moments[m]) for m in (BEFORE, START))
    assert before < start < 1
    assert found.of("session_2")[2] == pytest.approx(1.0)
    assert np.isnan(found.of("another")).all()


def test_agreement_without_labels_is_of_averages_over_trials():
    bare = tuple(dataclasses.replace(s, condition=None) for s in DATASET.sessions)
    dataset = dataclasses.replace(DATASET, sessions=bare)
    posterior = {n: p.drop_vars("condition") for n, p in POSTERIOR.sessions.items()}
    config = config_of({"read_in_size": 4, "read_in_start": "time_course"})
    found = measured(dataset, posterior, config, aligned=True)
    assert found is not None
    assert not found.by_condition
    assert np.isfinite(found.moments[START]).all()


@pytest.mark.usefixtures("without_sections")
def test_sessions_that_the_posterior_lacks_are_left_out(tmp_path):
    two = {n: p for n, p in POSTERIOR.sessions.items() if n != "session_2"}
    page = report_of(tmp_path, posterior=Posterior(two))
    assert "Factors of 2 sessions" in page.text
    assert "The posterior does not hold session session_2." in page.text
    one = Posterior({"session_2": POSTERIOR.sessions["session_2"]})
    page = report_of(tmp_path, posterior=one)
    assert "There is nothing to compare" in page.text
    assert "It holds session_2." in page.text
    assert "sessions-factors" not in page.ids


@pytest.mark.usefixtures("without_sections")
def test_sessions_without_training_trials_are_not_measured(tmp_path):
    only = tuple(
        dataclasses.replace(s, split=np.full(s.num_trials, "test")) for s in DATASET.sessions
    )
    dataset = dataclasses.replace(DATASET, sessions=only)
    page = report_of(tmp_path, dataset, posterior_of(dataset))
    assert "fewer than two of these sessions have any" in page.text
    assert "sessions-agreement" not in page.ids


@pytest.mark.usefixtures("without_sections")
def test_many_sessions_are_one_table_and_a_few_sections(tmp_path):
    dataset, posterior = tiled(44)
    summary = {**SUMMARY, "data": describe_data(dataset)}
    page = report_of(tmp_path, dataset, posterior, summary=summary)
    sections = [name for name in page.ids if re.fullmatch(r"session-\d+", name)]
    assert len(sections) == MOST_IN_FULL
    assert sections[0] == "session-1"
    assert sections[-1] == "session-44"
    assert f"Below, {MOST_IN_FULL} of 44 sessions are shown one by one" in page.text
    assert "Left out: day 01, day 02" in page.text
    assert "and 28 more" in page.text
    assert "Factors of 8 of 44 sessions, evenly chosen" in page.text
    assert page.tags.count("h3") < 10


def test_scores_of_sessions_are_rows_of_one_table():
    scores = scores_of(DATASET)
    scores["sessions"]["session_3"]["notes"] = ["no latent R²: none", "no input R²: none"]
    del scores["sessions"]["session_2"]["splits"]["valid"]
    parts = sections.scores(scores)
    html = "".join(parts)
    assert html.count("<table") == 2
    assert "Session_3: no latent R²: none." in html
    assert html.lower().count("no input r²") == 1
    page = Page(html)
    for words in ("bits per spike, train", "bits per spike, valid", "R² of rates, median neuron"):
        assert words in page.text
    assert page.text.count("0.2500") == 2  # the second session has no validation trials
    assert page.text.count("–") == 3


@pytest.mark.usefixtures("without_sections")
def test_an_adapted_run_says_what_was_trained(tmp_path):
    one = dataclasses.replace(DATASET, sessions=DATASET.sessions[:1])
    page = report_of(
        tmp_path, one, posterior_of(one), config=config_of(freeze="dynamics"), metrics=metrics()
    )
    assert "Adapted to" in page.text
    assert "Only read-ins and read-outs were trained." in page.text
    assert "lfads adapt TRAINED" in page.text
    assert "TRAINED stands for the run that was adapted." in page.text
    assert "Sessions together" not in page.text
