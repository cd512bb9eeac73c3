"""The client and the studio's page against an S3 server of this machine; `make test-s3` runs these."""

import json
import time
from pathlib import Path

import pytest
from tests.neurocaas.lab import Lab
from tests.neurocaas.moto_server import BUCKET, new_bucket, s3_server
from tests.neurocaas.one_file import tiny_file
from tests.studio.browser import Browser

from lfads.cli.main import run
from lfads.neurocaas.opened import open_bucket
from lfads.neurocaas.stored_bucket import StoredBucket
from lfads.studio.bucket.cloud import cloud_at

yaml = pytest.importorskip("yaml")
pytestmark = pytest.mark.s3


@pytest.fixture
def place():
    with s3_server():
        yield new_bucket()


@pytest.fixture
def files(tmp_path) -> Path:
    (tmp_path / "Monday 9:30.h5").write_bytes(b"monday" * 1000)
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(tiny_file()))
    return tmp_path


def neurocaas(*words) -> int:
    return run(["neurocaas", *(str(word) for word in words)])


def test_a_job_from_submission_to_results(place, files, tmp_path, monkeypatch, capsys):
    data, config = files / "Monday 9:30.h5", files / "c.yaml"
    words = ["submit", place, "--group", "lab", "--data", data, "--config", config]
    assert neurocaas(*words, "--json") == 0
    job = json.loads(capsys.readouterr().out)["job"]
    assert neurocaas("status", place, job) == 1
    assert "waiting: nobody has taken it up yet" in capsys.readouterr().out

    def no_read(self, key):
        raise AssertionError(f"{key} is compared by what the store says of it")

    with monkeypatch.context() as patch:
        patch.setattr(StoredBucket, "read", no_read)
        assert neurocaas(*words) == 0
    assert "is there already" in capsys.readouterr().err
    Lab(open_bucket(place), tmp_path / "work").serve()
    assert neurocaas("status", place, job, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["datasets"][0]["name"] == "lab/inputs/Monday 9:30.h5"
    assert neurocaas("list", place, "--json") == 0
    assert [one["state"] for one in json.loads(capsys.readouterr().out)["jobs"]] == ["done"] * 2
    out = tmp_path / "out"
    assert neurocaas("results", place, job, "--out", out, "--keep-packed") == 0
    assert (out / "autolfads.zip").read_bytes().startswith(b"monday")
    assert (out / "logs/DATASET_NAME_Monday 9_30.h5_STATUS.txt").is_file()
    assert neurocaas("results", place, job, "--out", tmp_path / "more") == 2  # it is no archive
    assert "is no whole .zip" in capsys.readouterr().err


def test_a_bucket_or_a_group_that_is_not_there(place, files, capsys):
    assert neurocaas("status", "s3://no-such-bucket", "17") == 2
    assert "there is no bucket s3://no-such-bucket" in capsys.readouterr().err
    assert neurocaas("status", place, "17", "--group", "nobody") == 2
    assert "has no job 17 of nobody" in capsys.readouterr().err


def test_the_page_of_a_bucket(place, files, tmp_path):
    assert neurocaas("submit", place, "--group", "lab", "--data", files / "Monday 9:30.h5",
                     "--config", files / "c.yaml") == 0  # fmt: skip
    Lab(open_bucket(place), tmp_path / "work").serve()
    browser = Browser(tmp_path / "jobs", cloud=cloud_at(place, "lab"))
    until = time.monotonic() + 20
    while "done" not in (text := browser.get("/neurocaas").text):
        assert time.monotonic() < until, text
        time.sleep(0.05)
    assert "Monday 9:30.h5" in text
    job = next(word for word in text.split('"') if word.startswith("./neurocaas/jobs/"))
    page = browser.get(job.removeprefix("."))
    assert "STEP 4/4" in page.text
    got = browser.get(f"{job.removeprefix('.')}/files/process_results/autolfads.zip")
    assert got.body.startswith(b"monday")
    assert BUCKET in text
