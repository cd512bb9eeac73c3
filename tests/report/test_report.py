"""The report is one page that needs nothing else, whatever the run has or lacks."""

import dataclasses
import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest
from tests.plots.posteriors import lorenz, metrics, posterior_of

from lfads.config import RunConfig
from lfads.data.dataset import Dataset
from lfads.plots.turning import MARK, script_for
from lfads.report import write_report
from lfads.report.sections import scores as score_tables
from lfads.results import Posterior
from lfads.training.folder import describe_data

SUMMARY = {
    "stopped_by": "patience", "best_epoch": 90, "epochs": 120, "seconds": 61.3,
    "device": "4 CPU devices", "versions": {"lfads": "0.1.0", "jax": "0.9"},
    "data": {"paths": ["some data.h5"], "source": "some data.h5"}, "dropped_steps": 0,
}  # fmt: skip
SCORES = {
    "session": "lorenz",
    "splits": {
        "train": {"num_trials": 48, "bits_per_spike": 0.41},
        "valid": {"num_trials": 12, "bits_per_spike": 0.3812, "latent_r2": [0.9, 0.8, None]},
    },
    "notes": ["no input R²: the posterior has no inferred inputs"],
}
LINKING = {"src", "href", "xlink:href", "srcset", "action", "data"}
EMBEDDED = ("data:image/png;base64,", "data:image/svg+xml,")
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """Checks that elements nest, and collects ids, references, images and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [v or "" for k, v in attrs if k == "id"]
        self.references += [v or "" for k, v in attrs if k in LINKING]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def page_of(folder, dataset, posterior=None, **changes) -> Page:
    given = {"metrics": metrics(), "summary": SUMMARY, "config": RunConfig(), "scores": SCORES}
    form = changes.pop("form", {})
    posterior = posterior_of(dataset, **form) if posterior is None else posterior
    path = write_report(folder, dataset, posterior, **{**given, **changes})
    assert path == folder / "report.html"
    html = path.read_text(encoding="utf-8")
    check_self_contained(html)
    return Page(html)


def without_figures(dataset) -> Posterior:
    """A posterior that holds nothing: what is said around the figures is quickly written."""
    whole = posterior_of(dataset).sessions
    return Posterior({name: of.drop_vars(list(of.data_vars)) for name, of in whole.items()})


def check_self_contained(html: str) -> None:
    assert not re.search(r"https?://", html)
    assert not re.search(r"@import|<link|<iframe", without_own_scripts(html))
    assert "<script" not in without_own_scripts(html)
    page = Page(html)
    assert all(r.startswith(("#", *EMBEDDED)) for r in page.references)
    assert len(page.ids) == len(set(page.ids))
    local = {r[1:] for r in page.references if r.startswith("#")}
    local |= set(re.findall(r"url\(#([^)]*)\)", html))
    assert local <= set(page.ids)


def without_own_scripts(html: str) -> str:
    """The page without what turns figures: the script, and what it turns."""
    own = script_for(html)
    assert html.count(own) == 1 or not own
    data = re.compile(re.escape(MARK) + r"(.*?)</script>")
    for text in data.findall(html.replace(own, "")):
        assert json.loads(text)
    return data.sub("", html.replace(own, "") if own else html)


def parse_svg(link: str) -> ElementTree.Element:
    """What a browser saves of a link."""
    return ElementTree.fromstring(unquote(link.removeprefix(EMBEDDED[1])))


def test_a_page_with_everything(tmp_path):
    dataset = lorenz()
    inputs = np.random.default_rng(0).normal(size=(60, 60, 1))
    condition = np.array(["'a' & <b>", *"bcdef"])[dataset.session.condition]
    session = dataclasses.replace(dataset.session, true_inputs=inputs, condition=condition)
    page = page_of(tmp_path / "my run", dataclasses.replace(dataset, sessions=(session,)))
    sections = {"data", "training", "session-1", "scores", "settings", "reproduce", "learning"}
    figures = {
        "trials", "traces", "psths", "factors", "courses", "dimensions", "initial-conditions", "inputs",
        "input-strength",
        "latents", "true-inputs",
    }  # fmt: skip
    saved = [parse_svg(link) for link in page.references if link.startswith(EMBEDDED[1])]
    assert len(saved) == 14
    assert all(svg.tag == "{http://www.w3.org/2000/svg}svg" for svg in saved)
    assert any("condition 'a' & <b>" in "".join(svg.itertext()) for svg in saved)
    assert sections | {f"session-1-{name}" for name in figures} <= set(page.ids)
    assert page.tags.count("svg") == page.tags.count("figcaption") == 14
    for words in (
        "LFADS report: my run",
        "Trained on 48 trials of 12 neurons for 120 epochs (best: 90): 0.3812 bits per spike",
        "Training ended: the validation likelihood stopped improving",
        "lfads train 'some data.h5'",
        "coordinated_dropout_rate",
        "4 CPU devices",
        "version of jax",
        "No input R²: the posterior has no inferred inputs.",
        dataset.fingerprint(),
    ):
        assert words in page.text


def test_what_users_name_is_escaped(tmp_path):
    evil = '<script>alert("x")</script>&$a$'
    dataset = lorenz(2, 5)
    condition = np.array([evil, "--> <img src=x onerror=y>"])[dataset.session.condition]
    session = dataclasses.replace(dataset.session, name=evil, condition=condition)
    dataset = dataclasses.replace(dataset, sessions=(session,), source=evil)
    scores = {"splits": {evil: {"<i>": 1.0}}, "notes": [evil]}
    page = page_of(tmp_path / "<b>run", dataset, scores=scores, summary={"device": evil})
    assert evil in page.text
    assert not {"b", "i", "img"} & set(page.tags)


@pytest.mark.usefixtures("undrawn")
def test_several_sessions_have_a_section_each(tmp_path):
    one = lorenz(3, 5)
    two = dataclasses.replace(one.session, name="tuesday", condition=None)
    dataset = dataclasses.replace(one, sessions=(one.session, two))
    missing = dataclasses.replace(two, name="wednesday")
    posterior = posterior_of(dataset)
    dataset = dataclasses.replace(dataset, sessions=(*dataset.sessions, missing))
    page = page_of(
        tmp_path,
        dataset,
        posterior,
        scores={**SCORES, "sessions": {"lorenz": SCORES, "tuesday": SCORES}},
    )
    assert "Session lorenz" in page.text
    assert "Session tuesday" in page.text
    assert {"session-1-trials", "session-2-trials"} <= set(page.ids)
    assert "The posterior does not hold session wednesday." in page.text
    assert "session-3-trials" not in page.ids


@pytest.mark.usefixtures("undrawn")
def test_an_unfinished_run_without_scores(tmp_path):
    page = page_of(tmp_path, lorenz(2, 5), metrics=[], summary={}, scores=None)
    assert "No epoch was recorded." in page.text
    assert "The run has not been scored." in page.text
    assert "lfads train DATA" in page.text


@pytest.mark.usefixtures("undrawn")
def test_scores_fall_back_on_the_summary(tmp_path):
    summary = {**SUMMARY, "scores": {"valid_nll_smoothed": 0.2116}}
    page = page_of(tmp_path, lorenz(2, 5), summary=summary, scores=None)
    assert "0.2116" in page.text
    assert "0.3459 bits per spike on validation trials" in page.text


@pytest.mark.usefixtures("undrawn")
def test_what_the_network_lacks_is_said(tmp_path):
    page = page_of(
        tmp_path, lorenz(2, 5), form={"num_inputs": 0, "num_factors": 2, "first_bin": 10}
    )
    assert "The network infers no inputs" in page.text
    assert "The two factors along their principal components, in the plane" in page.text
    assert "The first 10 bins of each trial serve the initial condition alone" in page.text


@pytest.mark.usefixtures("undrawn")
def test_recorded_data_without_conditions_or_truth(tmp_path):
    simulated = lorenz(4, 5)
    session = simulated.session
    bare = Dataset.from_arrays(session.spikes, bin_width_s=0.01, name="recorded", start_s=-0.2)
    known = dataclasses.replace(bare.session, true_rates_hz=session.true_rates_hz)
    made = posterior_of(dataclasses.replace(bare, sessions=(known,)))
    page = page_of(tmp_path, bare, made)
    assert "bear no condition labels" in page.text
    assert "Average over trials" in page.text
    assert "True latents" not in page.text
    assert "the true rates" not in page.text


@pytest.mark.usefixtures("undrawn")
def test_many_conditions_are_thinned_out_and_that_is_said(tmp_path):
    page = page_of(tmp_path, lorenz(40, 2))
    assert "8 of 40 conditions are drawn" in page.text


@pytest.mark.usefixtures("undrawn")
def test_other_data_than_those_trained_on_are_told_apart(tmp_path):
    trained, other = lorenz(3, 5), lorenz(4, 5, num_neurons=12)
    path = tmp_path / "other.h5"
    path.touch()
    other = dataclasses.replace(other, source=str(path))
    summary = {**SUMMARY, "data": {**describe_data(trained), "paths": ["/data/some.h5"]}}
    page = page_of(tmp_path / "run", other, without_figures(other), summary=summary, metrics=[])
    for words in (
        "Trained on 12 trials of 12 neurons for 120 epochs (best: 90). "
        f"Applied here to {path}: 0.3812 bits per spike on its validation trials.",
        "The run was not trained on these data but on simulate_lorenz",
        f"lfads train /data/some.h5 --config {tmp_path}/run/config.toml",
        f"lfads infer RUN {path} --out",
        f"lfads report RUN {path}",
        trained.fingerprint(),
        other.fingerprint(),
    ):
        assert words in page.text
    same = page_of(tmp_path / "same", trained, without_figures(trained), summary=summary)
    assert "Trained on 12 trials of 12 neurons for 120 epochs (best: 90): 0.3812" in same.text
    assert "not trained on these" not in same.text
    assert "Applied here" not in same.text


@pytest.mark.usefixtures("undrawn")
def test_scores_of_the_training_data_are_not_shown_for_other_data(tmp_path):
    summary = {**SUMMARY, "data": describe_data(lorenz(3, 5)), "scores": {"valid_nll": 0.777}}
    other = lorenz(2, 5)
    page = page_of(tmp_path, other, without_figures(other), summary=summary, scores=None)
    assert "0.777" not in page.text
    assert "bits per spike on" not in page.text


@pytest.mark.usefixtures("undrawn")
def test_a_posterior_is_named_only_if_it_is_there(tmp_path):
    dataset = lorenz(2, 5)
    nothing = without_figures(dataset)
    assert "posterior.nc of this run holds" not in page_of(tmp_path, dataset, nothing).text
    (tmp_path / "posterior.nc").touch()
    assert "posterior.nc of this run holds" in page_of(tmp_path, dataset, nothing).text


@pytest.mark.usefixtures("undrawn")
def test_settings_come_last_and_are_folded(tmp_path):
    dataset = lorenz(2, 5)
    page = page_of(tmp_path, dataset, without_figures(dataset))
    assert page.ids[-2:] == ["reproduce", "settings"]
    assert page.tags.count("details") == 1


def test_scores_of_each_area_are_a_table():
    areas = {"M1": {"valid": {"bits_per_spike": 0.5}}, "PMd": {"valid": {"bits_per_spike": 0.25}}}
    html = "".join(score_tables({**SCORES, "areas": areas}))
    page = Page(html)
    assert "Each area" in page.text
    assert re.search(r"M1\s*0\.5000\s*PMd\s*0\.2500", page.text)
    assert "Each area" not in Page("".join(score_tables(SCORES))).text


@pytest.mark.parametrize(
    ("bits", "baselines", "said"),
    [
        (-0.196, {}, "-0.1960 bits per spike on validation trials, worse than a constant rate."),
        (0.1, {"psth": 0.2, "constant": -0.1}, "validation trials, not better than psth."),
        (0.3, {"psth": 0.2, "constant": -0.1}, "trials, better than psth, constant."),
        (0.3, {}, "0.3000 bits per spike on validation trials."),
    ],
)
@pytest.mark.usefixtures("undrawn")
def test_the_first_sentence_says_how_a_score_stands(tmp_path, bits, baselines, said):
    dataset = lorenz(2, 5)
    splits = {"valid": {"num_trials": 5, "bits_per_spike": bits}}
    of = {
        name: {"splits": {"valid": {"bits_per_spike": value}}, "notes": ["a note"]}
        for name, value in baselines.items()
    }
    scores = {"session": "lorenz", "splits": splits, "notes": [], "baselines": of}
    text = page_of(tmp_path, dataset, without_figures(dataset), scores=scores).text
    assert said in text
    assert ("Beside baselines" in text) == bool(baselines or bits < 0)
    assert ("A note." in text) == bool(baselines)
    assert text.count("worse than a constant rate") == (2 if bits < 0 else 0)
