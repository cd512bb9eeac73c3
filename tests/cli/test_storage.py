"""Runs kept elsewhere, with an S3 server on this machine."""

import json
import logging
import shutil

import numpy as np
import pytest
from tests.cli.test_search import search_flags
from tests.small import flags

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.storage import Pusher, RunFolder, run_folder

fsspec = pytest.importorskip("fsspec")


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


def refuses(*_):
    raise TimeoutError("the network is down")


def test_an_interruption_of_the_network_loses_nothing(monkeypatch, caplog):
    folder = RunFolder("memory://lab/interrupted")
    system = fsspec.filesystem("memory")
    (folder.path / "population.csv").write_text("1\n")
    with monkeypatch.context() as down, caplog.at_level(logging.WARNING):
        down.setattr(type(system), "put_file", refuses)
        Pusher(folder).generation((), None)
        assert "the network is down" in caplog.text
    Pusher(folder).generation((), None)
    assert names("memory://lab/interrupted") == {"population.csv"}


def test_a_folder_of_this_machine_needs_no_sending(tmp_path, caplog):
    with run_folder(tmp_path) as folder:
        Pusher(folder).generation((), None)
    assert not caplog.records


def test_what_cannot_be_sent_at_the_end_stays_on_this_machine(monkeypatch):
    system = fsspec.filesystem("memory")
    monkeypatch.setattr(type(system), "put_file", refuses)
    with (
        pytest.raises(UserError, match="Nothing is lost") as told,
        run_folder("memory://lab/end") as folder,
    ):
        (folder.path / "population.csv").write_text("1\n")
    path = folder.path
    del folder
    assert str(path) in str(told.value)
    assert (path / "population.csv").read_text() == "1\n"
    shutil.rmtree(path)


def test_records_are_sent_before_the_checkpoint_that_counts_on_them(monkeypatch):
    sent = []
    system = type(fsspec.filesystem("memory"))
    monkeypatch.setattr(system, "put_file", lambda self, path, target: sent.append(target))
    names = ["summary.json", "checkpoints/last.npz", "epochs.jsonl", "best/checkpoints/best.npz"]
    with run_folder("memory://lab/order") as folder:
        for name in [*names, "config.toml"]:
            (folder.path / name).parent.mkdir(parents=True, exist_ok=True)
            (folder.path / name).write_text(name)
    order = [target.removeprefix("/lab/order/") for target in sent]
    assert order[:2] == ["config.toml", "epochs.jsonl"]
    assert order[-1] == "summary.json"


def fail_in(address):
    with run_folder(address) as folder:
        (folder.path / "metrics.jsonl").write_text("{}\n")
        raise UserError(f"diverged in {folder.path}")


def test_a_run_that_fails_has_sent_what_it_wrote():
    with pytest.raises(UserError, match="diverged in memory://lab/failed"):
        fail_in("memory://lab/failed")
    assert names("memory://lab/failed") == {"metrics.jsonl"}


def test_a_path_as_an_address(tmp_path):
    with run_folder(f"file://{tmp_path}/runs/first") as folder:
        (folder.path / "checkpoints").mkdir()
        (folder.path / "checkpoints" / "last.npz").write_text("1")
    assert (tmp_path / "runs" / "first" / "checkpoints" / "last.npz").read_text() == "1"


def test_what_is_removed_here_is_removed_there():
    with run_folder("memory://lab/removed") as folder:
        (folder.path / "report.html").write_text("old")
        (folder.path / "config.toml").write_text("")
    with run_folder("memory://lab/removed") as folder:
        (folder.path / "report.html").unlink()
    assert names("memory://lab/removed") == {"config.toml"}


def test_what_did_not_change_is_not_sent_again(monkeypatch):
    with run_folder("memory://lab/same") as folder:
        (folder.path / "config.toml").write_text("seed = 0\n")
    again = RunFolder("memory://lab/same")
    assert (again.path / "config.toml").read_text() == "seed = 0\n"
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "put_file", refuses)
    again.push()


def test_names_that_leave_the_folder_are_refused(monkeypatch):
    system = type(fsspec.filesystem("memory"))
    monkeypatch.setattr(system, "find", lambda self, root: [f"{root}/../escaped"])
    with pytest.raises(UserError, match="outside"):
        RunFolder("memory://lab/hostile")
