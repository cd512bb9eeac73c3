"""The page to look at before training: self-contained, whatever the data have or lack."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from tests.data.sessions import full_dataset
from tests.report.test_report import Page, check_self_contained

import lfads
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.formats.hdf5 import write
from lfads.formats.table import describe_file
from lfads.plots.rasters import neurons_by_rate, varied_trials
from lfads.plots.synchrony import reduced
from lfads.quality.examine import examine
from lfads.report.preview import preview
from lfads.report.sections import overview


def poisson(num_trials=60, num_bins=30, num_neurons=10, *, rate=0.3, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(rate, (num_trials, num_bins, num_neurons))


def dataset_of(counts: np.ndarray, **given) -> Dataset:
    given = {"bin_width_s": 0.01, "for_inference": True, **given}
    return Dataset.from_arrays(counts, **given)


def with_defects() -> Dataset:
    """A duplicate, a silent and a lost neuron, common noise, an empty and a copied trial."""
    counts = poisson(num_neurons=30, rate=0.12)
    counts[..., 11] = counts[..., 1]
    counts[40:, :, 8] = 0
    counts[[7, 9], 20] += 1
    counts[..., 6] = 0
    counts[30] = 0
    counts[31] = counts[4]
    return dataset_of(counts, condition=np.arange(60) % 3, start_s=-0.1, name="defects")


def page_of(folder: Path, dataset: Dataset) -> Page:
    path = preview(dataset, out=folder / "preview.html")
    html = path.read_text(encoding="utf-8")
    check_self_contained(html)
    return Page(html)


def test_a_page_with_figures(tmp_path):
    page = page_of(tmp_path, with_defects())
    figures = {f"session-1-{name}" for name in ("rasters", "firing", "synchrony", "drift")}
    assert figures | {"first", "overview", "session-1"} <= set(page.ids)
    assert page.tags.count("svg") == page.tags.count("figcaption") == 4
    assert [path.name for path in tmp_path.iterdir()] == ["preview.html"]


@pytest.mark.usefixtures("undrawn")
def test_planted_defects_are_named_with_what_to_do(tmp_path):
    page = page_of(tmp_path, with_defects())
    for words in (
        "Neurons that share spikes: 1 pair, the most alike 1 and 11",
        "1 neuron of 30 without a single spike: 6.",
        "1 neuron silent in the first or last fifth of the session, though not elsewhere: 8.",
        "2 bins in 2 trials where far more neurons fire at once than usual",
        "1 trial without a single spike: 30.",
        "exactly the same spikes: 4 = 31.",
        "silent = [6]",
        "duplicates = [11]",
        "lfads.write(lfads.drop_neurons(dataset, silent + duplicates), 'cleaned.h5')",
    ):
        assert words in page.text, words


@pytest.mark.usefixtures("undrawn")
def test_good_data_are_called_good(tmp_path):
    page = page_of(tmp_path, dataset_of(poisson(), condition=np.arange(60) % 3))
    assert "Nothing was found that speaks against training" in page.text
    assert "No two neurons share so many spikes" in page.text
    assert "drop_neurons" not in page.text


@pytest.mark.usefixtures("undrawn")
def test_the_code_of_the_page_works(tmp_path, monkeypatch):
    counts = poisson(num_neurons=6)
    counts[..., 5] = counts[..., 0]
    data = tmp_path / "data.npz"
    np.savez(data, spikes=counts, bin_width_s=0.01)
    page = page_of(tmp_path, lfads.read(data))
    monkeypatch.chdir(tmp_path)
    start = page.text.index("import lfads")
    exec(page.text[start:].strip())  # noqa: S102 - what a user copies from the page
    assert lfads.read("cleaned.h5").session.num_neurons == 5


@pytest.mark.usefixtures("undrawn")
def test_every_session_has_its_part(tmp_path):
    one = dataset_of(poisson(seed=1), name="monday <1>")
    counts = poisson(num_neurons=4, seed=2)
    counts[..., 3] = counts[..., 0]
    both = dataclasses.replace(
        one, sessions=one.sessions + dataset_of(counts, name="tuesday").sessions
    )
    page = page_of(tmp_path, both)
    assert {"session-1-rasters", "session-2-rasters", "session-2-synchrony"} <= set(page.ids)
    assert "Session monday <1>" in page.text
    assert "lfads.drop_neurons(dataset, {'tuesday': duplicates})" in page.text


SMALL = {
    "one trial": lambda: dataset_of(poisson(1)),
    "one neuron": lambda: dataset_of(poisson(num_neurons=1)),
    "two bins": lambda: dataset_of(poisson(num_bins=2)),
    "no spike at all": lambda: dataset_of(poisson(rate=0.0)),
    "empty labels": lambda: dataset_of(poisson(), condition=[""] * 60),
    "a label for each trial": lambda: dataset_of(poisson(), condition=np.arange(60) * 10),
    "test trials only": lambda: dataset_of(poisson(), split=["test"] * 60),
    "never observed": lambda: dataset_of(poisson(), observed=np.zeros((60, 30, 10), bool)),
    "very short trials": lambda: dataset_of(
        np.where(np.arange(30)[None, :, None] < 2, poisson(), 0), trial_length=[2] * 60
    ),
    "dollar signs": lambda: dataset_of(poisson(), condition=["$a_b$", "<c>"] * 30),
    "everything": full_dataset,
}


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("case", SMALL)
def test_whatever_the_data_lack(case, tmp_path):
    page = page_of(tmp_path, SMALL[case]())
    assert "session-1-rasters" in page.ids


def test_figures_of_small_data_can_be_drawn(tmp_path):
    page = page_of(tmp_path, dataset_of(poisson(1, num_neurons=1)))
    assert "no drift can be told" in page.text
    assert "here they do not" in page.text


@pytest.mark.usefixtures("undrawn")
def test_a_file_that_exists_is_kept(tmp_path):
    out = tmp_path / "preview.html"
    out.write_text("mine")
    with pytest.raises(UserError, match="exists already: choose another name, or `overwrite=True`"):
        preview(dataset_of(poisson()), out=out)
    assert out.read_text() == "mine"
    preview(dataset_of(poisson()), out=out, overwrite=True)
    assert "Preview" in out.read_text(encoding="utf-8")


@pytest.mark.usefixtures("undrawn")
def test_the_old_page_stays_if_writing_fails(tmp_path, monkeypatch):
    out = preview(dataset_of(poisson()), out=tmp_path / "preview.html")
    before = out.read_text(encoding="utf-8")

    def fails(*_):
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr("lfads.files.os.replace", fails)
    with pytest.raises(RuntimeError):
        preview(dataset_of(poisson(seed=3)), out=out, overwrite=True)
    assert out.read_text(encoding="utf-8") == before
    assert [path.name for path in tmp_path.iterdir()] == ["preview.html"]


def test_examples_come_from_all_conditions_and_are_not_empty():
    dataset = with_defects()
    firing = examine(dataset)[0].firing
    chosen = varied_trials(dataset.session, firing, 6)
    assert len(set(chosen.tolist())) == 6
    assert 30 not in chosen
    assert dataset.session.condition is not None
    assert set(dataset.session.condition[chosen].tolist()) == {0, 1, 2}
    assert 6 not in neurons_by_rate(firing)
    assert len(neurons_by_rate(firing, 5)) == 5


def test_a_large_matrix_keeps_its_strongest_entries():
    values = np.zeros((10, 10))
    values[7, 2], values[0, 9] = -0.9, 0.8
    small = reduced(values, 4)
    assert small.shape == (4, 4)
    assert small[2, 0] == -0.9
    assert small[0, 3] == 0.8
    assert np.array_equal(reduced(values, 10), values)


def test_mean_rate_is_one_number_wherever_it_is_shown(tmp_path):
    """A few fast neurons, one of them observed for a part of the time: mean and median differ much."""
    counts = np.random.default_rng(0).poisson([0.01, 0.02, 0.03, 0.5, 2.0], (60, 20, 5))
    observed = np.ones(counts.shape, bool)
    observed[::2, :, 4] = False
    dataset = Dataset.from_arrays(
        np.where(observed, counts, 0), bin_width_s=0.01, observed=observed
    )
    path = write(dataset, tmp_path / "data.h5")
    shown = dict(describe_file(path).rows())["mean rate"]
    assert shown == f"{counts[observed].mean() / 0.01:.3g} spikes/s"
    page = preview(dataset, out=tmp_path / "preview.html").read_text()
    for text in (page, "".join(overview(dataset))):  # the report has the same table
        found = re.search(r"mean rate \(spikes/s\)</t[hd]><td[^>]*>([^<]*)", text)
        assert found is not None
        assert f"{found[1]} spikes/s" == shown
