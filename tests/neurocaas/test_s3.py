"""A bucket on an S3 server of this machine: pages, colons, errors, silence; `make test-s3` runs these."""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.neurocaas.lab import END, Lab, fill, status, submit
from tests.neurocaas.moto_server import BUCKET, PAGE, new_bucket, s3_server
from tests.neurocaas.serving_process import STANDIN

from lfads.checks import UserError
from lfads.jobs import supervisor
from lfads.jobs.local import LocalEngine
from lfads.jobs.slots import Slots
from lfads.neurocaas import service, serving, stored_bucket
from lfads.neurocaas.buckets import Away
from lfads.neurocaas.opened import open_bucket
from lfads.storage import run_lock

pytestmark = pytest.mark.s3
CLIENT = Path(__file__).with_name("aws_client.sh")


@pytest.fixture
def trouble(monkeypatch):
    """A server whose clients wait for less than usual before they try again."""
    monkeypatch.setattr(service, "LONGEST_WAIT_S", 0.1)
    monkeypatch.setattr(run_lock, "SETTLE_S", 0.05)
    monkeypatch.setattr(supervisor, "LOOK_S", 0.05)
    monkeypatch.setattr(serving, "AWAY_WAIT_S", 0.1)
    pytest.importorskip("s3fs")
    from s3fs import S3FileSystem

    monkeypatch.setattr(S3FileSystem, "retries", 1)
    with s3_server() as found:
        yield found


@pytest.fixture
def bucket(trouble):
    found = open_bucket(new_bucket())
    fill(found)
    return found


def serve(bucket, work, **choices):
    said = []
    serving.serve(
        bucket, work, engine=LocalEngine(STANDIN), slots=Slots(cores=2), poll_s=0.1, once=True,
        say=said.append, **choices,
    )  # fmt: skip
    return said


def test_more_than_a_page_of_keys(bucket, tmp_path):
    import fsspec

    many = {f"{BUCKET}/lab/inputs/many/{number:05d}.h5": b"x" for number in range(PAGE + 5)}
    many |= {f"{BUCKET}/lab/submissions/{number:05d}.txt": b"x" for number in range(PAGE + 5)}
    fsspec.filesystem("s3").pipe(many)
    assert len(bucket.entries("lab/inputs/many/")) == PAGE + 5
    bucket.write("lab/inputs/zzz.h5", b"the last")
    submit(bucket, "lab/submissions/zzz_submit.json", dataname="lab/inputs/zzz.h5")
    lab = Lab(bucket, tmp_path / "work")
    lab.serve()
    assert lab.results()["process_results/autolfads.zip"].startswith(b"the last")


def test_keys_with_colons_and_marks_of_folders(bucket, tmp_path):
    system = bucket._system
    for folder in (
        "lab/",
        "lab/inputs/",
        "lab/submissions/",
        "lab/results/",
        "lab/results/job__autolfads-torch_1/",
    ):
        system.call_s3("put_object", Bucket=BUCKET, Key=folder, Body=b"")
    bucket.write("lab/inputs/Monday 9:30.h5", b"half past")
    submit(bucket, dataname="lab/inputs/Monday 9:30.h5", timestamp="1")
    lab = Lab(bucket, tmp_path / "work")
    lab.serve()
    assert status(lab.results("1"), "Monday 9:30.h5")["status"] == "SUCCESS"


@pytest.mark.parametrize("begin", range(0, 30, 6))
def test_a_store_that_answers_500_is_waited_out(bucket, trouble, tmp_path, begin):
    submit(bucket)
    lab = Lab(bucket, tmp_path / "work")
    until = trouble.asked + begin

    def disturb():
        while trouble.asked < until:
            time.sleep(0.001)
        trouble.errors = 6

    thread = threading.Thread(target=disturb, daemon=True)
    thread.start()
    for _ in range(60):
        with contextlib.suppress(Away):
            lab.service.look()
        lab.supervisor.step()
        if not trouble.errors and not thread.is_alive() and not lab.service.open:
            break
    lab.serve()
    assert trouble.errors == 0
    assert status(lab.results())["status"] == "SUCCESS"
    assert lab.engine.ran == [("monday.h5", 1)]


def test_a_store_that_does_not_answer_is_waited_out_and_said(
    bucket, trouble, tmp_path, monkeypatch
):
    monkeypatch.setattr(stored_bucket, "SECONDS_PER_FILE", 0.5)
    submit(bucket)
    trouble.stall_s = 2.0
    threading.Timer(1.5, lambda: setattr(trouble, "stall_s", 0.0)).start()
    said = serve(bucket, tmp_path / "work")
    assert any(text.startswith("waits, since ") and "no answer within" in text for text in said), (
        said
    )
    assert status(Lab(bucket, tmp_path / "o").results())["status"] == "SUCCESS"


def test_a_server_that_is_killed_goes_on(bucket, tmp_path):
    bucket.write("lab/configs/config.yaml", b"seed: 3\n")
    submit(bucket)
    words = [
        sys.executable,
        "-m",
        "tests.neurocaas.serving_process",
        f"s3://{BUCKET}",
        str(tmp_path / "work"),
    ]
    lab = Lab(bucket, tmp_path / "other")
    server = subprocess.Popen(words, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + 60
        while b"reading monday.h5" not in b"".join(lab.results().values()):
            assert time.monotonic() < until
            time.sleep(0.1)
    finally:
        server.kill()
        server.communicate()
    assert END not in lab.results()
    serve(bucket, tmp_path / "work")
    assert list(status(lab.results())["std"].values()).count("reading monday.h5") == 1
    assert END in lab.results()


def test_no_second_server_of_a_bucket(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(run_lock, "GONE_S", 0.3)
    monkeypatch.setattr(run_lock, "BEAT_S", 0.05)
    submit(bucket)
    mark = run_lock.held(bucket.mark("logs/.lfads-serves.json"), "s3", "another")
    with mark, pytest.raises(UserError, match="is in use by"):
        serve(bucket, tmp_path / "work")
    serve(bucket, tmp_path / "work")
    assert END in Lab(bucket, tmp_path / "o").results()


def test_a_bucket_that_is_not_there_is_named(trouble, tmp_path):
    with pytest.raises(UserError, match="there is no bucket s3://no-such-bucket"):
        serve(open_bucket("s3://no-such-bucket"), tmp_path / "work")


def test_the_client_of_amazon_sees_what_it_expects(bucket, tmp_path):
    aws = shutil.which("aws")
    if aws is None or subprocess.run([aws, "--version"], capture_output=True).returncode:
        pytest.skip("needs aws (pip install awscli)")
    (tmp_path / "friday.h5").write_bytes(b"friday")
    (tmp_path / "run.yaml").write_bytes(b"seed: 0\n")
    environment = {
        **os.environ,
        "BUCKET": BUCKET,
        "GROUP": "lab",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    ended = threading.Event()
    server = threading.Thread(
        target=lambda: serving.serve(
            bucket, tmp_path / "work", engine=LocalEngine(STANDIN), slots=Slots(cores=2), poll_s=0.2,
            goes_on=lambda: not ended.is_set(),
        )
    )  # fmt: skip
    server.start()
    try:
        done = subprocess.run(
            ["bash", CLIENT, "friday.h5", "run.yaml", "results"], cwd=tmp_path, env=environment,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
    finally:
        ended.set()
        server.join()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "results/process_results/autolfads.zip").read_bytes() == b"friday"
    names = {path.name for path in (tmp_path / "results").rglob("*") if path.is_file()}
    expected = {"certificate.txt", "DATASET_NAME:friday.h5_STATUS.txt", "end.txt", "update.txt"}
    assert expected <= names
    assert b"STATUS: SUCCESS" in (tmp_path / "results/logs/certificate.txt").read_bytes()


def test_a_bucket_that_is_gone_is_not_made_again(bucket):
    bucket._system.rm(BUCKET, recursive=True)
    with pytest.raises((Away, FileNotFoundError)):
        bucket.write("lab/inputs/a.h5", b"a")
