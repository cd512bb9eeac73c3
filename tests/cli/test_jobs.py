"""`lfads jobs` as a user types it; what runs jobs is tested with the jobs."""

import json

import pytest

from lfads.cli.main import run
from lfads.formats.hdf5 import write
from lfads.jobs.queue import Jobs
from lfads.simulate.lorenz import simulate_lorenz


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where data are, and the queue of this user."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LFADS_JOBS", str(tmp_path / "jobs"))
    data = simulate_lorenz(num_neurons=5, num_bins=10, num_conditions=2, trials_per_condition=10)
    write(data, tmp_path / "data.h5")
    return tmp_path


def answer(capsys, *words: str) -> dict:
    assert run([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def mistake(capsys, *words: str) -> str:
    assert run(words) == 2
    return capsys.readouterr().err


def test_a_command_is_queued_listed_cancelled_restarted_and_removed(place, capsys):
    words = (
        "train",
        "data.h5",
        "--training.num-epochs",
        "3",
        "--seed",
        "4",
        "--track",
        "tensorboard",
    )
    limits = ("--cores", "1", "--gpus", "1", "--max-idle-hours", "2.5")
    made = answer(capsys, "jobs", "submit", "--priority", "2", *limits, *words)
    assert (made["state"], made["priority"]) == ("queued", 2)
    (job,) = Jobs(place / "jobs").list()
    assert (job.needs.gpus, job.needs.max_idle_hours) == (1, 2.5)
    assert job.asked.settings == {"seed": 4, "training": {"num_epochs": 3}}
    assert job.asked.inputs == (str(place / "data.h5"),)
    assert job.asked.options == ("--track", "tensorboard")
    assert (place / "jobs" / job.id / "config.toml").read_text().startswith("seed = 4")
    assert run(["jobs", "submit", *words]) == 0
    assert (
        "it asks for the same and is there already. `--anew` makes a new one"
        in capsys.readouterr().out
    )
    listed = answer(capsys, "jobs", "list")["jobs"]
    assert [one["id"] for one in listed] == [job.id]
    assert listed[0]["what"] == "train data.h5 --track tensorboard"
    assert answer(capsys, "jobs", "cancel", job.id)["state"] == "cancelled"
    assert answer(capsys, "jobs", "list", "--state", "queued")["jobs"] == []
    assert answer(capsys, "jobs", "restart", job.id)["state"] == "queued"
    assert answer(capsys, "jobs", "show", job.id[:8])["result"] == str(
        place / "jobs" / job.id / "run"
    )
    assert run(["jobs", "remove", job.id]) == 0
    assert capsys.readouterr().out == f"removed {job.id}\n"
    assert run(["jobs", "list"]) == 0
    assert capsys.readouterr().out == f"no jobs in {place / 'jobs'}\n"


def test_flags_after_the_command_are_the_commands(place, capsys):
    made = answer(
        capsys, "jobs", "submit", "search", "data.h5", "--max-hours", "0.5", "--population", "2"
    )
    (job,) = Jobs(place / "jobs").list()
    assert job.needs.max_hours == 0
    assert job.asked.settings == {"search": {"population": 2, "max_hours": 0.5}}
    assert made["predicted_minutes"] > 0
    answer(capsys, "jobs", "submit", "--group", "train", "reproduce", "lorenz", "--quick")
    assert (Jobs(place / "jobs").list()[1].asked.inputs, Jobs(place / "jobs").list()[1].group) == (
        ("lorenz",), "train",
    )  # fmt: skip


def test_settings_of_a_file_are_kept_with_the_job(place, capsys):
    (place / "own.toml").write_text("[model]\nnum_factors = 3\n")
    answer(capsys, "jobs", "submit", "train", "data.h5", "--config", "own.toml")
    (place / "own.toml").write_text("[model]\nnum_factors = 4\n")
    (job,) = Jobs(place / "jobs").list()
    assert job.asked.settings == {"model": {"num_factors": 3}}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("submit",), "expected a command of lfads, such as train; got ''"),
        (("submit", "show", "data.h5"), "must be one of train, search"),
        (("submit", "train", "data.h5", "--resume"), "a job resumes by itself: leave out `--resume`"),
        (("submit", "train", "data.h5", "--out", "here"), "a job writes into its own folder, or to"),
        (("submit", "train", "data.h5", "--nothing"), "`lfads train --help` lists what there is"),
        (("submit", "train", "none.h5"), "train: there is no file none.h5"),
        (("show", "one"), "there is no job whose id is or begins with 'one'"),
        (("list", "--state", "asleep"), "--state must be one of queued, running"),
        (("serve", "--engine", "ray"), "`--engine ray` needs `--address`"),
        (("submit", "--max-hours", "-1", "train", "data.h5"), "`--max-hours` must be a number, 0 or more"),
    ],
)  # fmt: skip
def test_mistakes(place, capsys, words, said):
    assert said in mistake(capsys, "jobs", *words)
    assert Jobs(place / "jobs").list() == []


def test_nothing_to_serve_is_served_at_once(place, capsys):
    assert run(["jobs", "serve", "--until-empty"]) == 0
    assert capsys.readouterr().out == "0 jobs, 0 failed, 0 waiting\n"
