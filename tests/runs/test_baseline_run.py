"""A run of a baseline does what a trained one does, and says so where it cannot."""

import json
import re

import numpy as np
import pytest
import xarray as xr
from tests.baselines.recordings import driven, noise

from lfads.baselines.smoothing import Smoothing
from lfads.checks import UserError
from lfads.formats.hdf5 import write
from lfads.results import open_posterior
from lfads.runs.adapt import adapt
from lfads.runs.baseline_run import BaselineRun
from lfads.runs.fit_baseline import fit_baseline
from lfads.runs.places import open_run, open_trained_run
from lfads.runs.train import train

CHOICES = {"widths_s": [0.05, 0.1], "penalties": [100.0, 10.0]}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> BaselineRun:
    folder = tmp_path_factory.mktemp("baselines")
    write(driven(behavior=np.zeros((40, 30, 2)), held_out_neurons=[1]), folder / "data.h5")
    from lfads.formats.read import read

    return fit_baseline("smoothing", read(folder / "data.h5"), out=folder / "run", choices=CHOICES)


def test_a_baseline_says_how_it_scored(run):
    bits = run.evaluate().splits["valid"].bits_per_spike
    assert repr(run).startswith(f"BaselineRun('{run.folder}': ")
    assert f"{bits:.4f} (valid)" in repr(run)
    assert f"{bits:.4f} (valid)" in dict(run.rows())["scores"]
    for name in dir(run):
        getattr(run, name)


def test_an_opened_run_gives_the_same_numbers(run):
    again = open_run(run.folder)
    assert isinstance(again, BaselineRun)
    one, other = run.infer(), again.infer()
    xr.testing.assert_identical(one.dataset, other.dataset)
    xr.testing.assert_identical(one.dataset, open_posterior(run.folder / "posterior.nc").dataset)
    assert again.evaluate(baselines=False).to_dict() == json.loads(
        (run.folder / "scores.json").read_text()
    )
    assert again.summary["stopped_by"] == "fitted"
    assert again.metrics == []


def test_results_have_the_labels_of_a_network_s(run):
    found = run.infer().dataset
    assert found.attrs["observation"] == "poisson"
    assert found.attrs["baseline"] == "smoothing"
    assert {"split", "trial_index", "trial_length", "held_out", "time"} <= set(found.coords)
    assert "behavior_behavior" in found
    assert not {"factors", "rates_std", "initial_condition_mean", "inferred_inputs"} & set(found)


def test_no_file_holds_pickles(run):
    with np.load(run.folder / "weights.npz", allow_pickle=False) as arrays:
        assert len(arrays.files) == 4
    about = json.loads((run.folder / "baseline.json").read_text())
    assert about["choices"]["widths_s"] == CHOICES["widths_s"]
    assert about["distribution"] == "lfads"
    assert about["data"]["fingerprint"] == run.training_data().fingerprint()


def test_a_report_names_the_baseline(run):
    html = run.report().read_text(encoding="utf-8")
    assert "Report on the baseline smoothing" in html
    assert "smoothing rate" in html
    assert "Smoothing has no factors, no initial conditions, no inferred inputs." in html
    assert "LFADS rate" not in html
    assert not re.search(r"https?://", html)


@pytest.mark.parametrize(
    ("ask", "lacks"),
    [
        (lambda run: run.sample(3), "no prior to draw from"),
        (lambda run: run.stream(), "no inference bin by bin"),
        (lambda run: run.model, "no weights of one"),
        (lambda run: run.config, "no settings of one"),
        (lambda run: run.infer(ensemble=2), "no ensemble"),
        (lambda run: run.infer(generator_states=True), "no generator states"),
        (lambda run: run.infer(refine=3), "no posterior to refine"),
    ],
)
def test_what_needs_a_network_says_so(run, ask, lacks):
    with pytest.raises(UserError, match="is a run of the baseline `smoothing`") as error:
        ask(run)
    assert lacks in str(error.value)


def test_nothing_is_adapted_or_resumed(run):
    for one in (run, run.folder):
        with pytest.raises(UserError, match="which has no network"):
            adapt(one, noise(), out=run.folder / "x")
    with pytest.raises(UserError, match="which has no network"):
        open_trained_run(run.folder)
    with pytest.raises(UserError, match="cannot be resumed"):
        train(driven(), out=run.folder, resume=True, progress=False)


def test_other_data_are_refused(run):
    with pytest.raises(UserError, match="trained on 8 neurons; the data have 5"):
        run.infer(driven(num_neurons=5))
    with pytest.raises(UserError, match=r"bins of 0.02 s; the data have 0.01 s"):
        run.infer(driven(held_out_neurons=[1], bin_width_s=0.01))
    with pytest.raises(UserError, match="other data"):
        run.evaluate(driven(seed=5, held_out_neurons=[1]), posterior=run.infer())
    assert run.infer(driven(seed=5, held_out_neurons=[1])).rates.shape == (40, 30, 8)


def test_a_folder_in_use_is_refused(run, tmp_path):
    with pytest.raises(UserError, match=r"already holds other files: choose a new one$"):
        fit_baseline("smoothing", driven(), out=run.folder)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is a file"):
        fit_baseline("smoothing", driven(), out=tmp_path / "file")


def test_names_and_choices_that_are_not_there(tmp_path):
    with pytest.raises(UserError, match=r"no baseline `smoothin`. Did you mean `smoothing`\?"):
        fit_baseline("smoothin", driven(), out=tmp_path / "run")
    with pytest.raises(UserError, match=r"has no choice `width_s`. Did you mean `widths_s`\?"):
        fit_baseline("smoothing", driven(), out=tmp_path / "run", choices={"width_s": 1})
    assert not (tmp_path / "run").exists()


def changed(run, tmp_path, **values):
    folder = tmp_path / "run"
    folder.mkdir()
    about = json.loads((run.folder / "baseline.json").read_text())
    (folder / "baseline.json").write_text(json.dumps({**about, **values}))
    return folder


def test_a_part_that_is_not_installed_is_named_with_its_package(run, tmp_path):
    folder = changed(run, tmp_path, name="markov", distribution="toys", version="1.2")
    found = open_run(folder)
    said = r"baseline `markov` of toys 1.2, which is not there: `pip install toys==1.2`"
    with pytest.raises(UserError, match=said):
        found.infer(driven(held_out_neurons=[1]))


def test_damaged_runs(run, tmp_path):
    folder = changed(run, tmp_path)
    with pytest.raises(
        UserError, match=r"weights\.npz: there is no such file; fit the baseline again"
    ):
        open_run(folder).infer(driven(held_out_neurons=[1]))
    (folder / "baseline.json").write_text('{"format_version": 7}')
    with pytest.raises(UserError, match="has version 7 of its format"):
        open_run(folder)
    (folder / "baseline.json").write_text('{"format_version": 1}')
    with pytest.raises(UserError, match="is damaged: `name` is missing, and 5 more"):
        open_run(folder)
    (folder / "baseline.json").write_text("{")
    with pytest.raises(UserError, match="cannot be read as JSON"):
        open_run(folder)


def test_several_sessions_each_by_itself(tmp_path):
    from tests.baselines.recordings import difficult

    dataset = difficult()["several sessions"]
    run = fit_baseline("smoothing", dataset, out=tmp_path / "run", choices=CHOICES)
    assert set(run.infer().sessions) == {"monday", "tuesday"}
    alone = Smoothing(widths_s=(0.05, 0.1), penalties=(100.0, 10.0)).fit(
        driven(name="monday", split=dataset.sessions[0].split)
    )
    one = alone.infer(driven(name="monday")).rates
    np.testing.assert_allclose(run.infer().sessions["monday"]["rates"], one)
    assert ("width of monday", "100 ms") in run.choices_made() or run.choices_made()
    assert "Session monday" in run.report().read_text(encoding="utf-8")


def test_a_report_replaces_reports_alone(run, tmp_path):
    (tmp_path / "data.h5").write_bytes(b"a recording")
    with pytest.raises(UserError, match="exists already and is not a report"):
        run.report(run.training_data(), out=tmp_path / "data.h5", progress=False)
    assert (tmp_path / "data.h5").read_bytes() == b"a recording"
    page = run.report(run.training_data(), out=tmp_path / "page.html", progress=False)
    assert run.report(run.training_data(), out=page, progress=False) == page


def test_a_run_of_another_package_of_that_name_is_refused(run, tmp_path):
    folder = changed(run, tmp_path, distribution="toys", version="1.2")
    with pytest.raises(UserError, match=r"`smoothing` of toys 1.2; that name is now one of lfads"):
        open_run(folder).infer(driven(held_out_neurons=[1]))


def test_nothing_is_left_of_a_baseline_that_fails(tmp_path, monkeypatch):
    from lfads.baselines import smoothing

    def fails(self, dataset):
        raise UserError("no luck")

    monkeypatch.setattr(smoothing.FittedSmoothing, "infer", fails)
    with pytest.raises(UserError, match="no luck"):
        fit_baseline("smoothing", driven(), out=tmp_path / "run")
    assert not list((tmp_path / "run").glob("*"))
