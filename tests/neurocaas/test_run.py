"""`lfads neurocaas run`: what a job leaves, that it goes on, and that its numbers are those of a search."""

import csv
import json
import tomllib
import zipfile
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import pytest
from tests.neurocaas.one_file import tiny_file, write_input
from tests.small import training_settings

from lfads.cli.main import run
from lfads.config import SearchConfig, SearchSettings
from lfads.neurocaas import deadline
from lfads.neurocaas.analysis import OF_RUN
from lfads.neurocaas.archive import ARCHIVE, unpack
from lfads.neurocaas.deadline import Deadline, TimeIsUp
from lfads.neurocaas.fitlog import COLUMNS
from lfads.neurocaas.outputs import write_outputs
from lfads.results import open_posterior
from lfads.runs.trained_run import Run
from lfads.search.record import MemberRow

yaml = pytest.importorskip("yaml")
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*psth:UserWarning", "ignore:.*gen_inputs:UserWarning"
)


def lfads(*words) -> int:
    return run([str(word) for word in words])


def no_report(self, dataset, *, posterior, baselines) -> Path:
    """In the place of a report, which takes longest."""
    (self.folder / "report.html").write_text("none")
    return self.folder / "report.html"


class Job(NamedTuple):
    """Its files, what it left at first and at last, and what `lfads search` and `infer` left."""

    data: Path
    config: Path
    result: Path
    first: Path
    last: Path
    searched: Path


@pytest.fixture(scope="module")
def job(tmp_path_factory) -> Job:
    """A job whose time was over after a generation, and that went on; and the same by other commands."""
    home = tmp_path_factory.mktemp("job")
    data = write_input(home / "monday.h5", train_output_params=np.zeros((8, 9, 4)))
    config, result, searched = home / "c.yaml", home / "job", home / "searched"
    config.write_text(yaml.safe_dump({**tiny_file(), "__duration__": 60, "bin_width_s": 0.02}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "report", no_report)
        patch.setattr(Deadline, "left_s", property(lambda self: 1e3 - 2e3 * bool(self.longest_s)))
        assert lfads("neurocaas", "run", data, config, result) == 0
        unpack(result / ARCHIVE, home / "first")
        patch.undo()
        patch.setattr("lfads.plots.page.as_svg", lambda figure: "<svg ></svg>")
        assert lfads("neurocaas", "run", data, config, result) == 0
    unpack(result / ARCHIVE, home / "last")
    words = ["--config", home / "last/settings.toml", "--bin-width-s", 0.02]
    assert lfads("search", data, "--out", searched, *words) == 0
    assert lfads("infer", searched, "--num-samples", 2) == 0
    return Job(data, config, result, home / "first", home / "last", searched)


def test_what_the_archive_holds(job: Job):
    files = {
        path.relative_to(job.last).as_posix() for path in job.last.rglob("*") if path.is_file()
    }
    assert files == {
        "fitlog.csv", "lfads_output_monday.h5", "posterior.nc", "report.html", "settings.json",
        "settings.toml", "search/config.toml", "search/population.csv", "search/summary.json",
        *(f"run/{name}" for name in OF_RUN),
    }  # fmt: skip
    about = json.loads((job.last / "settings.json").read_text())
    assert (about["written_for"], about["data"]) == ("AutoLFADS (lfads-torch)", ["monday.h5"])
    assert any(note.startswith("pbt.resources_per_trial") for note in about["notes"])
    assert about["translated"] == tomllib.loads((job.last / "settings.toml").read_text())
    assert "monday" in (job.last / "report.html").read_text()


def test_numbers_are_those_of_a_search_bit_for_bit(job: Job):
    for name in ("run/checkpoints/best.npz", "search/population.csv", "run/metrics.jsonl"):
        ours = job.last / name
        theirs = job.searched / name.removeprefix("search/").replace("run/", "best/")
        if name.endswith(".npz"):
            with np.load(ours) as one, np.load(theirs) as other:
                assert set(one.files) == set(other.files)
                for key in set(one.files) - {"header.json"}:
                    assert np.array_equal(one[key], other[key], equal_nan=True), key
        else:
            assert without_seconds(ours) == without_seconds(theirs)
    one = open_posterior(job.last / "posterior.nc").dataset
    other = open_posterior(job.searched / "best/posterior.nc").dataset
    assert set(one.variables) == set(other.variables)
    assert one.drop_attrs().identical(other.drop_attrs())


def without_seconds(path: Path) -> list:
    if path.suffix == ".csv":
        return path.read_text().splitlines()
    return [{**json.loads(line), "seconds": 0} for line in path.read_text().splitlines()]


def test_a_job_whose_time_is_over_has_results_and_goes_on(job: Job):
    summary = json.loads((job.first / "search/summary.json").read_text())
    assert (summary["stopped_by"], summary["generations"]) == ("max_hours", 1)
    assert len((job.first / "fitlog.csv").read_text().splitlines()) == 1 + 2 * 2
    summary = json.loads((job.last / "search/summary.json").read_text())
    assert (summary["stopped_by"], summary["generations"]) == ("num_generations", 2)


def test_a_job_that_ended_keeps_its_results(job: Job, capsys):
    before = (job.result / ARCHIVE).stat().st_mtime_ns
    assert lfads("neurocaas", "run", job.data, job.config, job.result, "--json") == 0
    assert json.loads(capsys.readouterr().out)["stopped_by"] == "num_generations"
    assert (job.result / ARCHIVE).stat().st_mtime_ns == before


def test_other_data_in_the_same_folder_are_refused(job: Job, tmp_path, capsys):
    other = write_input(tmp_path / "monday.h5", seed=5)
    assert lfads("neurocaas", "run", other, job.config, job.result) == 2
    assert "the data are not those of the run" in capsys.readouterr().err.splitlines()[-1]


def test_fitlog(job: Job):
    with (job.last / "fitlog.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [(int(r["epoch"]), int(r["worker_id"])) for r in rows] == [
        (epoch, member) for epoch in (1, 2, 3) for member in (0, 1)
    ]  # fmt: skip
    for row in rows:  # the loss there is made of these terms, in these units
        n = {name: float(value) for name, value in row.items()}
        terms = n["train/recon"] + n["train/wt_kl/ramp"] * (n["train/wt_kl"] + n["train/wt_l2"])
        assert n["train/loss"] == pytest.approx(1e4 * terms, rel=1e-4)
        assert 1e-6 / 2 < n["hp/kl_ic_scale"] < 2e-3
    best = [json.loads(line) for line in (job.last / "run/metrics.jsonl").read_text().splitlines()]
    assert float(rows[-1]["hp/lr_init"]) in {one["learning_rate"] for one in best} | {0.004}
    assert {float(row["valid/recon"]) for row in rows} >= {one["valid_nll"] for one in best}


def arrays_in(path: Path) -> dict[str, np.ndarray]:
    with h5py.File(path) as file:
        return {
            name: np.asarray(one) for name, one in file.items() if isinstance(one, h5py.Dataset)
        }


def test_outputs_are_the_input_and_what_was_inferred(job: Job):
    posterior = open_posterior(job.last / "posterior.nc").dataset
    given, found = arrays_in(job.data), arrays_in(job.last / "lfads_output_monday.h5")
    for key in set(given) - {"train_output_params"}:
        assert np.array_equal(given[key], found[key])
    names = {
        "output_params": (9, 4), "factors": (9, 2), "ic_mean": (2,), "ic_std": (2,),
        "co_means": (9, 1), "co_stds": (9, 1), "gen_states": (9, 4), "gen_init": (4,),
        "gen_inputs": (9, 1),
    }  # fmt: skip
    more = {f"{split}_{name}" for split in ("train", "valid") for name in names}
    assert set(found) == set(given) | more
    for split, trials in (("train", 8), ("valid", 4)):
        own = posterior.isel(trial=posterior["split"].values.astype(str) == split)
        for name, shape in names.items():
            assert found[f"{split}_{name}"].shape == (trials, *shape)
            assert found[f"{split}_{name}"].dtype == np.float32
        rates = found[f"{split}_output_params"]
        np.testing.assert_allclose(rates, own["rates"].values * 0.02, rtol=1e-6)


def test_the_run_of_the_archive_opens(job: Job, tmp_path):
    out = tmp_path / "again.nc"
    assert lfads("infer", job.last / "run", job.data, "--out", out, "--num-samples", 2) == 0
    one, other = open_posterior(out).dataset, open_posterior(job.last / "posterior.nc").dataset
    assert np.array_equal(one["rates"], other["rates"])


def test_results_that_could_not_be_packed_are_packed_the_next_time(job: Job, monkeypatch, capsys):
    (job.result / ARCHIVE).unlink()

    def full(files, path):
        raise OSError("the disk is full")

    monkeypatch.setattr(Run, "report", no_report)
    with monkeypatch.context() as patch:
        patch.setattr("lfads.neurocaas.analysis.write_archive", full)
        assert lfads("neurocaas", "run", job.data, job.config, job.result) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "lfads: error: the disk is full"
    assert lfads("neurocaas", "run", job.data, job.config, job.result) == 0
    assert "generation 2/2" not in capsys.readouterr().err
    assert zipfile.ZipFile(job.result / ARCHIVE).testzip() is None


def test_outputs_of_data_of_another_layout(job: Job, tmp_path):
    from lfads.formats.hdf5 import write
    from lfads.formats.read import read

    dataset = read([job.data], bin_width_s=0.02)
    ours = write(dataset, tmp_path / "monday.h5")
    posterior = open_posterior(job.last / "posterior.nc")
    (written,) = write_outputs(posterior, dataset, [ours], tmp_path / "out")
    assert written.name == "lfads_output_monday.h5"
    found, copied = arrays_in(written), arrays_in(job.last / written.name)
    for key in ("train_encod_data", "valid_recon_data", "train_output_params", "train_gen_inputs"):
        assert np.array_equal(found[key], copied[key])


def settings_with(ramp_epochs: int) -> SearchSettings:
    """Of a search whose generations have two epochs, as far as a deadline looks at them."""
    made = SearchSettings.__new__(SearchSettings)
    object.__setattr__(made, "search", SearchConfig(epochs_per_generation=2))
    object.__setattr__(made, "training", training_settings(ramp_epochs=ramp_epochs))
    return made


def told(tracker: Deadline, now: list[float], course: list[tuple[float, str]], ramp: int) -> str:
    """At what of a course of a search it is broken off."""
    generation = 0
    for at, what in course:
        now[0] = at
        try:
            if what == "start":
                tracker.start(settings_with(ramp), [], 1)
            elif what == "epoch":
                tracker.epochs(1, 1, 9)
            else:
                generation += 1
                row = MemberRow(generation, 1, 0, 0, 1.0, 1.0, 1.0, 0.0, {})
                tracker.generation([row], row)
        except TimeIsUp:
            return f"{what} at {at:g}"
    return ""


@pytest.mark.parametrize(
    ("before", "ramp", "course", "broken"),
    [
        (0, 0, [(1, "start"), (50, "generation"), (80, "epoch")], "generation at 50"),
        (0, 0, [(1, "start"), (30, "generation"), (55, "generation"), (70, "generation")],
         "generation at 70"),
        (0, 0, [(1, "start"), (95, "epoch")], "epoch at 95"),
        (0, 0, [(1, "start"), (20, "generation"), (40, "generation")], ""),
        (95, 0, [(1, "start")], "start at 1"),
        (60, 0, [(1, "start"), (20, "generation")], "generation at 20"),
        (0, 6, [(1, "start"), (61, "generation"), (75, "generation")], ""),
        (0, 6, [(1, "start"), (61, "generation"), (77, "generation")], "generation at 77"),
    ],
)  # fmt: skip
def test_when_a_search_is_broken_off(tmp_path, monkeypatch, before, ramp, course, broken):
    now = [0.0]
    monkeypatch.setattr(deadline.time, "monotonic", lambda: now[0])
    if before:
        line = json.dumps({"epoch": 1, "member": 0, "seconds": before})
        (tmp_path / "epochs.jsonl").write_text(line + "\n")
    assert told(Deadline(tmp_path, 100.0), now, course, ramp) == broken


def test_no_generation_in_time_is_a_failure_that_says_what_to_do(
    job: Job, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(Deadline, "left_s", -1.0)
    assert lfads("neurocaas", "run", job.data, job.config, tmp_path / "new") == 2
    assert "time of 60 minutes was over before the first generation" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("data", "config", "said"),
    [
        ("none.h5", "c.yaml", "there are no such data"),
        ("monday.h5", "none.yaml", "there is no configuration file"),
    ],
)
def test_what_is_not_there(job: Job, tmp_path, capsys, data, config, said):
    words = [job.data.parent / data, job.data.parent / config, tmp_path / "new"]
    assert lfads("neurocaas", "run", *words) == 2
    assert said in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "new").exists()
