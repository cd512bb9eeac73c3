"""Runs kept in a bucket, of an S3 server on this machine; `make test-s3` runs these."""

import json

import numpy as np
import pytest
from tests.cli.test_search import search_flags
from tests.small import flags

from lfads.cli.main import run

fsspec = pytest.importorskip("fsspec")
pytestmark = pytest.mark.s3


def lfads(*words):
    return run([str(word) for word in words])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "data.npz"
    counts = np.random.default_rng(0).poisson(0.5, (12, 9, 4))
    np.savez(path, spikes=counts, bin_width_s=0.02)
    return path


@pytest.fixture(scope="module")
def bucket():
    """The address of a bucket on a server that lives as long as the tests."""
    server_module = pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "tests")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        fsspec.filesystem("s3").mkdir("lab")
        yield "s3://lab"
    server.stop()


def names(address):
    system, root = fsspec.core.url_to_fs(address)
    system.invalidate_cache()
    return {found.removeprefix(f"{root}/") for found in system.find(root)}


def content(address):
    system, root = fsspec.core.url_to_fs(address)
    return system.cat_file(root)


def test_a_search_in_a_bucket_goes_on_where_it_stopped(data, bucket, tmp_path, capsys):
    whole, kept = tmp_path / "whole", f"{bucket}/search"
    assert lfads("search", data, "--out", whole, *search_flags()) == 0
    shorter = search_flags(**{"num-generations": 1})
    assert lfads("search", data, "--out", kept, *shorter) == 0
    assert {"config.toml", "population.csv", "best/config.toml"} <= names(kept)
    assert lfads("search", data, "--out", kept, "--resume", *search_flags(), "--json") == 0
    assert content(f"{kept}/population.csv") == (whole / "population.csv").read_bytes()


def test_a_run_in_a_bucket_is_read_and_added_to(data, bucket, capsys):
    kept = f"{bucket}/trained"
    assert lfads("train", data, "--out", kept, *flags()) == 0
    assert f"in {kept}" in capsys.readouterr().out
    assert lfads("show", kept) == 0
    assert lfads("infer", kept, "--num-samples", 2, "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["out"] == f"{kept}/posterior.nc"
    assert lfads("evaluate", kept, "--num-samples", 2) == 0
    assert lfads("report", kept) == 0
    assert f"wrote {kept}/report.html" in capsys.readouterr().out
    assert {"posterior.nc", "scores.json", "report.html", "checkpoints/best.npz"} <= names(kept)


def test_a_used_bucket_is_refused_by_its_address(data, bucket, capsys):
    kept = f"{bucket}/used"
    fsspec.filesystem("s3").pipe_file("lab/used/notes.txt", b"mine")
    assert lfads("train", data, "--out", kept, *flags()) == 2
    assert f"the folder {kept} already holds other files" in capsys.readouterr().err
    assert names(kept) == {"notes.txt"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["infer", "nowhere://run"], "nowhere"),
        (["infer", "s3://no-such-bucket-of-ours/run"], "no-such-bucket-of-ours/run cannot be read"),
        (["infer", "s3://lab/nothing"], "no run in s3://lab/nothing"),
        (["simulate", "lorenz", "--out", "s3://lab/data.h5"], "must be a path of this machine"),
    ],
)
def test_mistakes_name_the_address(words, message, bucket, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert lfads(*words) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_a_server_the_message_says_so(monkeypatch, capsys):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    fsspec.filesystem("s3").clear_instance_cache()
    assert lfads("infer", "s3://lab/run") == 2
    assert "s3://lab/run cannot be read" in capsys.readouterr().err
    fsspec.filesystem("s3").clear_instance_cache()
