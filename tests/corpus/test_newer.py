"""Files of a version to come are refused in one message: what they have, what is read, what to do."""

import json
import re
import sqlite3
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import loadmat, savemat
from tests.corpus.opened import VERSIONS, unpacked

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.neurocaas.record import Records
from lfads.studio.data.shelf import Shelf

NEWER = 99


@pytest.fixture
def release(tmp_path) -> Path:
    return unpacked(VERSIONS[-1], tmp_path)


def attribute(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = NEWER


def in_json(path: Path) -> None:
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**values, "format_version": NEWER}), encoding="utf-8")


def header(path: Path, **changed: object) -> None:
    with np.load(path) as archive:
        arrays = dict(archive)
    values = json.loads(arrays["header.json"].tobytes()) | (changed or {"format_version": NEWER})
    np.savez(
        path, **{**arrays, "header.json": np.frombuffer(json.dumps(values).encode(), np.uint8)}
    )


def in_matlab(path: Path) -> None:
    found = loadmat(path, simplify_cells=True)["posterior"]
    savemat(path, {"posterior": {**found, "format_version": float(NEWER)}})


def in_sqlite(path: Path) -> None:
    table = sqlite3.connect(path)
    table.execute(f"PRAGMA user_version = {NEWER}")
    table.close()


KINDS: dict[str, tuple[str, Callable[[Path], None], tuple[str, ...]]] = {
    "data": ("data.h5", attribute, ("show", "data.h5")),
    "weights": ("run/checkpoints/best.npz", header, ("infer", "run", "data.h5", "--out", "new.nc")),
    "last state": (
        "run/checkpoints/last.npz",
        header,
        ("train", "data.h5", "--out", "run", "--resume", "--training.num-epochs", "4"),
    ),
    "population": (
        "search/checkpoints/last.npz",
        header,
        ("search", "data.npz", "--out", "search", "--resume", "--search.num-generations", "2"),
    ),
    "posterior": ("run/posterior.nc", attribute, ("import-results", "run/posterior.nc", "--out", "x.nc")),
    "posterior of MATLAB": (
        "posterior.mat", in_matlab, ("import-results", "posterior.mat", "--out", "x.nc"),
    ),
    "baseline": ("baseline/baseline.json", in_json, ("show", "baseline")),
    "jobs": ("jobs/jobs.sqlite", in_sqlite, ("jobs", "list", "--folder", "jobs")),
    "people": (
        "jobs/people/people.sqlite", in_sqlite, ("studio", "users", "list", "--folder", "jobs"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_newer_files_are_refused(kind, release, monkeypatch, capsys):
    monkeypatch.chdir(release)
    place, change, words = KINDS[kind]
    change(Path(place))
    there = {path: path.read_bytes() for path in release.rglob("*") if path.is_file()}
    assert run(list(words)) == 2
    said = capsys.readouterr().err
    assert said.count("lfads: error:") == 1
    assert f"{Path(place).name} has version {NEWER} of its format" in said
    assert re.search(
        rf"this is lfads {re.escape(version('lfads'))}, which reads version \d\.", said
    )
    assert "A newer lfads wrote it. Update it with `pip install --upgrade lfads`" in said
    now = {path: path.read_bytes() for path in release.rglob("*") if path.is_file()}
    assert {path: now.get(path) for path in there} == there


def refused(name: str) -> str:
    return rf"{name} has version {NEWER} of its format; .* reads version 1\. A newer lfads wrote it"


def test_newer_results_are_refused(release):
    import lfads as library

    attribute(release / "windows.continuous.nc")
    with pytest.raises(
        UserError, match=r"continuous\.nc has version 99 .* reads version 2\. A newer"
    ):
        library.open_continuous(release / "windows.continuous.nc")


def test_what_servers_keep_is_not_left_out_in_silence(release, tmp_path):
    (about,) = (release / "shelf").glob("*/about.json")
    in_json(about)
    with pytest.raises(UserError, match=refused(r"about\.json")):
        Shelf(release / "shelf").items()
    record = tmp_path / "records" / "one" / "record.json"
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"format_version": NEWER}), encoding="utf-8")
    with pytest.raises(UserError, match=refused(r"record\.json")):
        Records(tmp_path / "records")


def test_jobs_of_a_newer_version_do_not_vanish_from_a_table_made_again(
    release, monkeypatch, capsys
):
    monkeypatch.chdir(release)
    (job,) = Path("jobs").glob("*/job.json")
    in_json(job)
    Path("jobs/jobs.sqlite").write_bytes(b"damaged " * 200)
    for _ in range(2):
        assert run(["jobs", "list", "--folder", "jobs"]) == 2
        assert re.search(refused(r"job\.json"), capsys.readouterr().err)


def test_settings_of_a_run_of_a_later_version(release, monkeypatch, capsys):
    monkeypatch.chdir(release)
    settings = Path("run/config.toml")
    settings.write_text(
        settings.read_text(encoding="utf-8") + "\n[xyzzy]\nsize = 1\n", encoding="utf-8"
    )
    assert run(["show", "run"]) == 2
    said = capsys.readouterr().err
    assert "unknown table or setting `xyzzy`. Known: `hyperparameters`, `model`" in said
    assert "a later version may have it. Update it with `pip install --upgrade lfads`" in said
    later = {"lfads": "999.1.0"}
    header(Path("run/checkpoints/best.npz"), versions=later)
    assert run(["show", "run"]) == 2
    said = capsys.readouterr().err
    assert "lfads 999.1.0 wrote this run, and this is lfads" in said
    assert "Update it with `pip install --upgrade lfads`" in said
