"""A server with its threads and real processes of jobs, on a folder."""

import subprocess
import sys
import time

import pytest
from tests.neurocaas.lab import CONFIG, END, Lab, certificate, fill, status, submit
from tests.neurocaas.serving_process import STANDIN

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.jobs import supervisor
from lfads.jobs.local import LocalEngine
from lfads.jobs.slots import Slots
from lfads.neurocaas import service, serving
from lfads.neurocaas.buckets import Away
from lfads.neurocaas.opened import open_bucket


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "LOOK_S", 0.02)
    monkeypatch.setattr(serving, "AWAY_WAIT_S", 0.01)
    (tmp_path / "bucket").mkdir()
    found = open_bucket(tmp_path / "bucket")
    fill(found)
    return found


def serve(bucket, tmp_path, **choices):
    said = []
    ended = serving.serve(
        bucket, tmp_path / "work", engine=LocalEngine(STANDIN), slots=Slots(cores=4), max_jobs=4,
        poll_s=0.05, once=True, say=said.append, **choices,
    )  # fmt: skip
    return ended, said


def test_jobs_are_processes_whose_exit_status_is_told(bucket, tmp_path):
    configs = {"1": b"seed: 1\n", "2": b"seed: 2\n", "3": b"seed: 3\n__duration__: 0.005\n"}
    submit(bucket)
    for name, content in configs.items():
        bucket.write(f"lab/configs/{name}.yaml", content)
        key, config = f"lab/submissions/{name}_submit.json", f"lab/configs/{name}.yaml"
        submit(bucket, key, configname=config, timestamp=name)
    ended, said = serve(bucket, tmp_path)
    lab = Lab(bucket, tmp_path / "other")
    found = [lab.results(name) for name in ("1700000000", *configs)]
    states = [status(one) for one in found]
    assert found[0]["process_results/autolfads.zip"] == b"monday"
    assert [one["status"] for one in states] == ["SUCCESS", "FAILED", "FAILED", "FAILED"]
    assert [one["reason"] for one in states[:3]] == [0, 1, 2]
    assert states[3]["reason"] in (130, -2)  # it was interrupted
    assert "ValueError: no such thing" in states[1]["std"].values()
    assert "nothing fits" in certificate(found[2])
    assert "it ran for" in certificate(found[3])
    assert not any(str(tmp_path) in line for one in states for line in one["std"].values())
    assert all(END in one for one in found)
    assert sorted(one.has_failed for one in ended) == [False, True, True, True]
    assert any("begins" in text for text in said)


def test_a_server_that_is_killed_goes_on_and_its_job_lived_on(bucket, tmp_path):
    bucket.write(CONFIG, b"seed: 3\n")
    submit(bucket)
    words = [sys.executable, "-m", "tests.neurocaas.serving_process", bucket.place]
    words.append(str(tmp_path / "work"))
    server = subprocess.Popen(words, stderr=subprocess.PIPE)
    try:
        lab = Lab(bucket, tmp_path / "other")
        until = time.monotonic() + 60
        while b"reading monday.h5" not in b"".join(lab.results().values()):
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        server.kill()
        server.communicate()
    assert END not in lab.results()
    (ended,), said = serve(bucket, tmp_path)
    assert not ended.has_failed
    assert status(lab.results())["std"]["1"] == "reading monday.h5"
    assert list(status(lab.results())["std"].values()).count("reading monday.h5") == 1
    assert not any("begins" in text for text in said)


def test_one_process_serves_a_bucket_and_one_a_folder(bucket, tmp_path):
    submit(bucket)
    (tmp_path / "another").mkdir()
    serve(bucket, tmp_path)
    with pytest.raises(UserError, match="belongs to the bucket"):
        serve(open_bucket(tmp_path / "another"), tmp_path)
    mark = bucket.mark("logs/.lfads-serves.json")
    with pytest.raises(UserError, match="is served by another process already"):
        serve(bucket, tmp_path)
    mark.remove()
    held = serving._only_server(tmp_path / "work")
    with pytest.raises(UserError, match="another process serves a bucket with the folder"):
        serve(bucket, tmp_path)
    held.give_back()


def test_a_bucket_that_is_away_is_said_once(bucket, tmp_path, monkeypatch):
    entries, left = type(bucket).entries, [3]

    def away(self, prefix):
        if left[0] and prefix == "lab/submissions/":
            left[0] -= 1
            raise Away("503 Slow Down")
        return entries(self, prefix)

    monkeypatch.setattr(type(bucket), "entries", away)
    submit(bucket)
    ended, said = serve(bucket, tmp_path)
    assert len(ended) == 1
    assert said.count("waits, since 503 Slow Down") == 1
    assert f"{bucket.place} answers again" in said


def test_a_server_waits_for_a_bucket_that_is_away_when_it_begins(bucket, tmp_path, monkeypatch):
    folders, left = type(bucket).folders, [2]

    def away(self):
        if left[0]:
            left[0] -= 1
            raise Away("no route to host")
        return folders(self)

    monkeypatch.setattr(type(bucket), "folders", away)
    submit(bucket, dataname="lab/inputs/none.h5")
    ended, said = serve(bucket, tmp_path)
    assert len(ended) == 1
    assert said[0] == "waits, since no route to host"


def test_the_command_says_what_failed(bucket, tmp_path, capsys):
    submit(bucket, dataname="lab/inputs/[/red].h5")
    words = ["neurocaas", "serve", bucket.place, "--once", "--poll-s", "0.1"]
    words += ["--work", str(tmp_path / "work")]
    assert run(words) == 1
    out, err = capsys.readouterr()
    assert out == "1 submission ended, 1 with failures\n"
    assert "INPUT ERROR: there are no data lab/inputs/[/red].h5" in err.replace("\n", " ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{}/none"], "there is no folder"),
        (["{}", "--max-jobs", "0"], "must be above 0"),
        (["{}", "--max-jobs", "2", "--gpus", "1"], "must be as many as `--max-jobs`"),
        (["{}", "--engine", "ray"], "needs `--address`"),
        (["nowhere://bucket"], "nowhere"),
    ],
)
def test_mistakes_of_who_serves_end_with_a_message(words, message, bucket, capsys):
    assert run(["neurocaas", "serve", *(word.format(bucket.place) for word in words)]) == 2
    assert message in capsys.readouterr().err


def test_budgets_are_checked_when_a_server_begins(bucket, tmp_path):
    bucket.write("budgets.json", b"[1]")
    with pytest.raises(UserError, match=r"budgets\.json: expected one object in JSON"):
        serve(bucket, tmp_path)


def test_once_waits_for_what_may_still_be_written(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(service, "SETTLE_S", 0.2)
    bucket.write("lab/submissions/submit.json", b'{"timestamp": "5"')
    ended, _ = serve(bucket, tmp_path)
    assert [one.has_failed for one in ended] == [True]


def test_a_group_whose_folder_cannot_be_read_keeps_no_other_waiting(bucket, tmp_path, monkeypatch):
    (tmp_path / "bucket/closed").mkdir()
    entries = type(bucket).entries

    def closed(self, prefix):
        if prefix.startswith("closed/"):
            raise PermissionError("permission denied")
        return entries(self, prefix)

    monkeypatch.setattr(type(bucket), "entries", closed)
    submit(bucket, dataname="lab/inputs/none.h5")
    ended, said = serve(bucket, tmp_path)
    assert len(ended) == 1
    assert said.count("closed/submissions/ cannot be read: permission denied") == 1


def test_jobs_get_no_keys_of_the_bucket(bucket, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("LFADS_NOTED", "noted")
    bucket.write(CONFIG, b"seed: 4\n")
    submit(bucket)
    serve(bucket, tmp_path)
    said = status(Lab(bucket, tmp_path / "other").results())["std"].values()
    assert "LFADS_NOTED" in said
    assert not any(line.startswith("AWS_") for line in said)
