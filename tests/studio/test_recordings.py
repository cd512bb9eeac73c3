"""Trials from a recording: what fits is filled in, what is chosen becomes words of `lfads prepare`."""

import json
import shlex
import sys

import numpy as np
import pytest
from tests.recordings.test_folders import kilosort
from tests.studio.browser import Browser
from tests.studio.test_journey import waited

from lfads.checks import UserError
from lfads.cli.submitted import parsed
from lfads.recordings.prepare import prepare
from lfads.recordings.recording import Recording
from lfads.recordings.series import Series
from lfads.studio import looks
from lfads.studio.data import contents, prepare_pages
from lfads.studio.data.asked_cut import asked_cut, first_words
from lfads.studio.data.fitting import alignments
from lfads.studio.data.shelf import Shelf

SAYS = "import sys; print(sys.argv[1], end='')"


def recording(**changed) -> Recording:
    """30 trials of 1.5 s, each with a cue and a reaction time; 4 units, a velocity, rewards."""
    rng, starts = np.random.default_rng(0), 2.0 * np.arange(30)
    trials = {
        "start_time": starts, "stop_time": starts + 1.5, "go_cue": starts + 0.42,
        "reaction time": rng.uniform(0.2, 0.3, 30), "side": ["left", "right"] * 15,
        "correct": [True, True, False] * 10, "number": np.arange(30),
    }  # fmt: skip
    given = {
        "units": {"area": ["M1", "M1", "PMd", "--out"]}, "trials": trials, "observed_s": [(0.0, 60.0)],
        "events": {"reward": starts + 1.2},
        "series": [
            Series.from_arrays("vel", rng.normal(size=(6000, 2)), rate_hz=100.0, unit="m/s"),
            Series.from_arrays("--out", rng.normal(size=(6000, 2)), rate_hz=100.0),
            Series.from_arrays("lfp", rng.normal(size=(6000, 32)), rate_hz=100.0),
            Series.from_arrays("slow", rng.normal(size=60), rate_hz=1.0),
        ],
    }  # fmt: skip
    times = [np.sort(rng.uniform(0, 60, 600)) for _ in range(4)]
    return Recording.from_spike_times(times, **{**given, **changed})


def test_what_fits_is_found():
    held = contents.contents_of(recording())
    found = {one["key"]: one for one in held["alignments"]}
    assert list(found) == ["go_cue", "reward", "+reaction time", "start_time"]
    assert found["go_cue"]["window_s"] == (-0.4, 1.0)
    assert found["start_time"]["window_s"] == (0.0, 1.5)
    assert (held["alignment"], held["width_s"]) == ("go_cue", 0.02)
    assert [one["name"] for one in held["conditions"]] == ["side", "correct"]
    assert held["condition"] == "side"
    assert [one["name"] for one in held["series"] if one["chosen"]] == ["vel", "--out"]
    assert [one["name"] for one in held["trial_columns"]] == ["side", "correct", "number"]
    assert json.loads(json.dumps(held)) == json.loads(json.dumps(held))


def test_recordings_without_trials_and_with_counts_have_choices_too():
    bare = contents.contents_of(recording(trials=None, events=None))
    assert (bare["alignments"], bare["has_bounds"]) == ([], False)
    assert first_words(bare)["cut"] == "windows"
    (only,) = alignments(recording(trials=None))
    assert (only.name, only.window_s) == ("reward", (-0.2, 0.6))
    assert first_words(contents.contents_of(recording(trials=None)))["align_to"] == "reward"


def test_the_form_as_it_begins_can_be_cut():
    held = contents.contents_of(recording())
    name, _, given = parsed(["prepare", "x.nwb", *asked_cut(held, first_words(held))])
    assert name == "prepare"
    choices = {k: v for k, v in given.items() if k not in ("source", "out")}
    assert choices == {
        "align_to": "go_cue", "window_s": (-0.4, 1.0), "bin_width_s": 0.02, "conditions": ["side"],
        "behavior": ["vel", "--out"],
    }  # fmt: skip
    dataset = prepare(recording(), **choices)
    assert dataset.session.spikes.shape == (30, 70, 4)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"trials-0": "is-0"}, {"trials": "side == 'left'"}),
        ({"trials-1": "is-0"}, {"trials": "not correct"}),
        ({"trials-1": "not-0", "trials-2-low": "3"}, {"trials": "correct and number >= 3"}),
        (
            {"trials-0": "is-1", "trials-filter": "a or b"},
            {"trials": "side == 'right' and (a or b)"},
        ),
        ({"units-0": "not-0"}, {"units": "area != '--out'"}),
        ({"align_to": "+reaction time"}, {"align_to": "reaction time", "relative_to_trial": True}),
        ({"cut": "trials"}, {"align_to": None, "window_s": None}),
        ({"cut": "windows", "chop_s": "0.5"}, {"chop_s": 0.5, "conditions": None, "valid": None}),
        ({"valid": "0.3", "min_rate_hz": "2"}, {"valid": 0.3, "min_rate_hz": 2.0}),
        ({"event-0": "on", "input-2": "on"}, {"input_events": ["reward"], "inputs": ["lfp"]}),
    ],
)
def test_choices_become_words(words: dict[str, str], expected: dict):
    held = contents.contents_of(recording())
    flags = asked_cut(held, {**first_words(held), **words})
    _, _, given = parsed(["prepare", "x.nwb", *flags])
    assert {name: given.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"cut": "somehow"}, "choose how trials are cut"),
        ({"align_to": "nothing"}, "choose what trials are aligned to"),
        ({"window_from": "soon"}, "window: expected a number; got 'soon'"),
        ({"bin_width_s": "nan"}, "width of a bin: expected a number"),
        ({"trials-0": "is-9"}, "`side`: there is no such value"),
        ({"valid": "many"}, "valid: expected a number"),
    ],
)
def test_mistakes_are_named(words: dict[str, str], message: str):
    held = contents.contents_of(recording())
    with pytest.raises(UserError, match=message):
        asked_cut(held, {**first_words(held), **words})


def test_data_that_hold_trials_are_no_recording(tmp_path, capsys):
    np.savez(tmp_path / "a.npz", spikes=np.zeros((3, 4, 2), int))
    assert contents.main([str(tmp_path / "a.npz")]) == 0
    assert capsys.readouterr().out == "{}"
    assert contents.main([str(tmp_path / "a.npz"), "--time-unit=samples"]) in (0, 2)


@pytest.fixture
def browser(tmp_path, monkeypatch) -> Browser:
    """With a recording on the shelf; its contents are known, and what cuts it writes its own words."""
    held = json.dumps(contents.contents_of(recording()))
    monkeypatch.setattr(
        looks, "_words",
        lambda kind, *_: [sys.executable, "-c", SAYS, held if kind == "contents" else kind],
    )  # fmt: skip
    cuts = (
        "import sys, pathlib\n"
        "if '0.05' in sys.argv: sys.exit(print('lfads: error: no <spike> there', file=sys.stderr) or 2)\n"
        "pathlib.Path(sys.argv[4]).write_text(' '.join(sys.argv[1:]))\n"
    )
    monkeypatch.setattr(prepare_pages, "LFADS", (sys.executable, "-c", cuts))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "mon<b>day.nwb").write_bytes(b"recording")
    return Browser(tmp_path / "jobs", data=tmp_path / "mine")


def test_from_a_recording_to_data(browser: Browser):
    (item,) = browser.studio.shelf.items()
    page = waited(browser, f"/data/{item.id}").text
    assert "Cut trials from it" in page
    assert "Train on it" not in page
    form = waited(browser, f"/data/{item.id}/prepare").text
    assert 'name="window_from" value="-0.4"' in form
    assert "--align-to=go_cue --window-s -0.4 1" in form
    assert "<b>" not in form
    words = {**first_words(contents.contents_of(recording())), "trials-0": "is-0"}
    grown = browser.get(
        f"/data/{item.id}/prepare/command?cut=windows&bin_width_s=0.01&chop_s=2"
    ).text
    assert "--bin-width-s 0.01 --chop-s 2" in grown
    assert "choose how" in browser.get(f"/data/{item.id}/prepare/command?bin_width_s=0.01").text
    wrong = browser.post(f"/data/{item.id}/cut", {**words, "window_to": "<x>"})
    assert (wrong.status, "&lt;x&gt;" in wrong.text) == (400, True)
    failed = browser.post(f"/data/{item.id}/cut", {**words, "bin_width_s": "0.05"})
    assert "no &lt;spike&gt; there" in waited(browser, failed.url).text
    made = browser.post(f"/data/{item.id}/cut", words)
    shown = waited(browser, made.url)
    (cut,) = [one for one in browser.studio.shelf.items() if not one.offered]
    assert shown.url == f"/data/{cut.id}"
    assert cut.name == "mon<b>day-go_cue.h5"
    assert "--trials=side == &#39;left&#39;" not in cut.path.read_text()
    assert shlex.split(cut.path.read_text())[0] == "prepare"
    assert "Cut from" in shown.text
    assert "cut here" in browser.get("/data").text
    again = browser.post(f"/data/{item.id}/cut", words)
    assert waited(browser, again.url).url == f"/data/{cut.id}"
    assert browser.get(f"/data/{item.id}/made").status == 404
    assert browser.post(f"/data/{cut.id}/remove").status == 200
    assert browser.get(f"/data/{cut.id}/made").status == 404


def test_folders_of_sorters_are_offered(tmp_path):
    kilosort(tmp_path / "mine" / "probe<1>")
    browser = Browser(tmp_path / "jobs", data=tmp_path / "mine")
    (item,) = [one for one in browser.studio.shelf.items() if one.path.is_dir()]
    assert (item.name, item.offered) == ("probe<1>", True)
    assert item.size_bytes > 100
    assert "probe&lt;1&gt;" in browser.get("/data").text
    (alone,) = Shelf(tmp_path / "none", tmp_path / "mine" / "probe<1>").items()
    assert alone.name == "probe<1>"
    held = contents.main([str(item.path)])
    assert held == 0
