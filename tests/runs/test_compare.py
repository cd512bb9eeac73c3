"""Runs beside each other: one whose factors hold what is not there is told from those that do not."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.analysis.results import recorded

import lfads
from lfads.analysis.agreement import cross_decoding, means_of_others
from lfads.checks import UserError
from lfads.cli.main import run as command
from lfads.formats.hdf5 import write
from lfads.results import Posterior, open_posterior

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
    assert "carries dynamics that are not there" in said
    curves = next(iter(found.few_shot.values()))
    few = {name: of["gain"].values for name, of in curves.items()}
    assert few["true"][0] > few["invented"][0]  # noise dimensions need more trials
    np.testing.assert_allclose(few["true"], few["turned"], atol=0.03)
    assert (few["true"] > 0.1).all()
    assert found.figure().axes


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


def test_noise_is_predicted_from_nothing():
    rng = np.random.default_rng(0)
    both = {name: rng.normal(size=(50, 20, 4)) for name in ("a", "b")}
    r2 = cross_decoding(both, np.arange(50) % 5 > 0, np.ones((50, 20), bool))
    by_others, others = means_of_others(r2)
    assert max(by_others) < 0.03
    assert max(others) < 0.03
