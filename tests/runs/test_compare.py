"""Runs beside each other: one whose factors hold what is not there is told from those that do not."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from tests.analysis.results import recorded

import lfads
from lfads.analysis.agreement import cross_decoding, means_of_others
from lfads.checks import UserError
from lfads.cli.main import run as command
from lfads.formats.hdf5 import write
from lfads.results import Posterior, open_posterior
from lfads.runs.shared_trials import said_of_how_inferred
from lfads.runs.standing_out import what_stands_out

INVENTED = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Runs of the same data: without factors, with true ones, these turned, and these with noise added."""
    home = tmp_path_factory.mktemp("compare")
    plain = recorded(num_trials=60, held_out_neurons=[4, 5])
    write(plain, home / "data.h5")
    dataset = lfads.read(home / "data.h5")
    lfads.fit_baseline("smoothing", dataset, out=home / "smooth")
    true = dataset.session.true_latents
    assert true is not None
    rng = np.random.default_rng(0)
    noise = np.cumsum(rng.normal(size=(*true.shape[:2], INVENTED)), axis=1) * 0.3
    with_factors(home, "true", true)
    with_factors(home, "turned", true @ np.linalg.qr(rng.normal(size=(2, 2)))[0])
    with_factors(home, "invented", np.concatenate([true, noise], axis=2))
    return home


def with_factors(home: Path, name: str, factors: np.ndarray) -> None:
    shutil.copytree(home / "smooth", home / name)
    found = open_posterior(home / name / "posterior.nc").dataset
    found = found.assign(factors=(("trial", "time", "factor"), factors, {"units": "1"}))
    Posterior({str(found.attrs["session"]): found}).save(home / name / "posterior.nc")


def test_dynamics_that_are_not_there_are_told(folder):
    found = lfads.compare([folder / "true", folder / "turned", folder / "invented"])
    r2 = found.cross_decoding
    assert float(r2.sel({"predicted": "true", "from": "turned"})) > 0.999
    assert float(r2.sel({"predicted": "true", "from": "invented"})) > 0.99
    assert float(r2.sel({"predicted": "invented", "from": "true"})) < 0.7
    said = " ".join(found.notes)
    assert "Factors of invented are predicted worst from those of true, turned" in said
    assert "and neurons about as well as they do: it carries dynamics that are not there" in said
    curves = next(iter(found.few_shot.values()))
    few = {name: of["gain"].values for name, of in curves.items()}
    assert few["true"][0] > few["invented"][0]  # noise dimensions need more trials
    np.testing.assert_allclose(few["true"], few["turned"], atol=0.03)
    assert (few["true"] > 0.1).all()
    assert found.figure().axes


def test_a_collapsed_run_is_not_accused_of_inventing(folder):
    true = lfads.read(folder / "data.h5").session.true_latents
    assert true is not None
    with_factors(folder, "collapsed", np.full((*true.shape[:2], 3), 0.7, np.float32))
    with_factors(folder, "noise", np.random.default_rng(1).normal(size=true.shape))
    found = lfads.compare([folder / n for n in ("true", "turned", "collapsed")], few_shot=False)
    assert found.notes[-1] == "Factors of collapsed do not vary: it has found nothing."
    assert np.isnan(found.cross_decoding.sel(predicted="collapsed")[:2]).all()
    assert found.to_dict()["predicted_by_others"]["collapsed"] is None
    assert found.figure().axes
    other = lfads.compare([folder / n for n in ("true", "turned", "noise")], few_shot=False)
    assert other.notes[-1].startswith(
        "Factors of noise are predicted worst from those of true, turned"
    )
    assert other.notes[-1].endswith("it has found something else, or nothing.")


def test_what_is_invented_at_a_small_scale_is_told_by_the_worst_direction(folder):
    true = lfads.read(folder / "data.h5").session.true_latents
    assert true is not None
    noise = np.random.default_rng(2).normal(size=(*true.shape[:2], 1))
    with_factors(folder, "little", np.concatenate([true, 0.12 * noise], axis=2))
    found = lfads.compare([folder / n for n in ("true", "turned", "little")], few_shot=False)
    assert float(found.cross_decoding.sel({"predicted": "little", "from": "true"})) > 0.95
    assert float(found.worst_direction.sel({"predicted": "little", "from": "true"})) < 0.05
    assert float(found.worst_direction.sel({"predicted": "true", "from": "little"})) > 0.95
    assert "Factors of little have a direction that those of true, turned do not" in found.notes[-1]
    assert found.to_dict()["worst_direction_by_others"]["little"] < 0.05
    assert "worst direction" in str(found)


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (0.31, "as well as they do: it carries dynamics that are not there"),
        (0.1, "but neurons worse than they do: compare runs whose scores are close"),
        (0.5, "and neurons better than they do: it may have found what they have not"),
        (None, "and if it predicts neurons about as well as they do, it carries"),
    ],
)
def test_what_is_said_of_the_run_that_stands_out_goes_by_scores(score, said):
    runs, axes = ("a", "b", "c"), ("predicted", "from")
    r2 = xr.DataArray([[1, 0.95, 0.94], [0.95, 1, 0.95], [0.5, 0.5, 1]], dims=axes)
    scores = {"bits_per_spike": {"a": 0.3, "b": 0.32, "c": score}}
    (found,) = what_stands_out(runs, r2, r2, scores)
    assert said in found
    assert what_stands_out(runs, r2 * 0 + 0.9, r2 * 0 + 0.9, scores) == []


def test_runs_without_factors_go_by_rates_and_settings_that_differ_are_shown(folder):
    dataset = lfads.read(folder / "data.h5")
    lfads.fit_baseline("constant", dataset, out=folder / "constant")
    found = lfads.compare([folder / "smooth", folder / "constant"])
    assert "smooth, constant: no factors, so rates stand for them." in found.notes
    assert found.few_shot == {}
    assert found.settings["method"] == {"smooth": "smoothing", "constant": "constant"}
    assert found.split == "valid"
    bits = found.scores["bits_per_spike"]
    assert bits["smooth"] is not None
    assert bits["constant"] is not None
    assert bits["smooth"] > bits["constant"]
    json.dumps(found.to_dict())
    assert "bits per spike" in str(found)
    assert "settings that differ" in found._repr_html_()


def test_runs_of_other_data_that_share_trials_are_compared_on_these(folder, tmp_path):
    dataset = lfads.read(folder / "data.h5")
    session = dataset.session.take(np.arange(40))
    part = dataclasses.replace(dataset, sessions=(session,), files=())
    write(part, tmp_path / "part.h5")
    lfads.fit_baseline("smoothing", lfads.read(tmp_path / "part.h5"), out=tmp_path / "part")
    found = lfads.compare([folder / "smooth", tmp_path / "part"])
    assert "compared are 40 trials that all have" in found.notes[0]
    assert float(found.cross_decoding.min()) > 0.9


def test_what_cannot_be_compared_is_refused(folder, tmp_path, capsys):
    with pytest.raises(UserError, match="give two runs or more to compare; got 1"):
        lfads.compare([folder / "smooth"])
    with pytest.raises(UserError, match="is given twice: give runs that differ"):
        lfads.compare([folder / "smooth", folder / "smooth"])
    write(recorded(num_trials=60, held_out_neurons=[4, 5], seed=7), tmp_path / "other.h5")
    lfads.fit_baseline("constant", lfads.read(tmp_path / "other.h5"), out=tmp_path / "other")
    capsys.readouterr()
    assert command(["compare", str(folder / "smooth"), str(tmp_path / "other")]) == 2
    said = capsys.readouterr().err
    assert "smooth, other were trained on different data, and share no trials" in said
    assert "`--dataset`" in said
    assert command(["compare", str(folder / "smooth")]) == 2
    assert "two runs or more" in capsys.readouterr().err


def test_the_command_prints_tables_and_writes_a_figure(folder, tmp_path, capsys):
    given = ["compare", str(folder / "true"), str(folder / "invented"), "--skip-few-shot"]
    assert command([*given, "--out", str(tmp_path / "beside")]) == 0
    said = capsys.readouterr().out
    assert "R² of factors" in said
    assert "bits per spike" in said
    assert {p.name for p in (tmp_path / "beside").iterdir()} == {
        "comparison.json",
        "comparison.png",
    }
    assert (
        command([*given, "--out", str(tmp_path / "beside"), "--json"]) == 0
    )  # its own are replaced
    values = json.loads(capsys.readouterr().out)
    assert values["predicted_by_others"]["invented"] < values["predicted_by_others"]["true"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "comparison.png").write_bytes(b"my own")
    assert command([*given, "--out", str(tmp_path / "mine")]) == 2
    assert "is not of a comparison" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert command([*given, "--out", str(tmp_path / "file")]) == 2
    assert "`--out` must name a folder" in capsys.readouterr().err


def test_results_that_were_inferred_in_different_ways_are_told():
    def of(**attributes: int) -> dict[str, xr.Dataset]:
        return {"monday": xr.Dataset(attrs=attributes)}

    ours, smoothed = of(num_samples=5, context_bins=20), of(context_bins=0)
    assert said_of_how_inferred({"a": ours, "b": ours, "smoothing": smoothed}) == ""
    said = said_of_how_inferred({"a": ours, "b": of(num_samples=9, refine_steps=60)})
    assert "context_bins 20 (a), 0 (b); refine_steps 0 (a), 60 (b)." in said
    assert "ensemble" not in said


def test_noise_is_predicted_from_nothing():
    rng = np.random.default_rng(0)
    both = {name: rng.normal(size=(50, 20, 4)) for name in ("a", "b")}
    found = cross_decoding(both, np.arange(50) % 5 > 0, np.ones((50, 20), bool))
    by_others, others = means_of_others(found["r2"])
    assert max(by_others) < 0.03
    assert max(others) < 0.03
