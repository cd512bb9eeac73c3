"""Runs kept elsewhere, in fsspec's file systems in memory; `tests/cli/test_storage.py` has a server."""

import logging
import shutil

import pytest

from lfads.checks import UserError
from lfads.storage import stores
from lfads.storage.pusher import Pusher
from lfads.storage.run_folder import RunFolder, run_folder

fsspec = pytest.importorskip("fsspec")


def names(address):
    system, root = fsspec.core.url_to_fs(address)
    system.invalidate_cache()
    return {found.removeprefix(f"{root}/") for found in system.find(root)}


def refuses(*_):
    raise TimeoutError("the network is down")


def test_an_interruption_of_the_network_loses_nothing(monkeypatch, caplog):
    folder = RunFolder("memory://lab/interrupted")
    system = fsspec.filesystem("memory")
    (folder.path / "population.csv").write_text("1\n")
    with monkeypatch.context() as down, caplog.at_level(logging.WARNING):
        down.setattr(type(system), "put_file", refuses)
        Pusher(folder).generation((), None)
        assert folder._sender is not None
        folder._sender.wait()
        assert "the network is down" in caplog.text
    Pusher(folder).generation((), None)
    folder.send()
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
    names = [
        "best/config.toml",
        "summary.json",
        "checkpoints/last.npz",
        "epochs.jsonl",
        "best/checkpoints/best.npz",
    ]
    with run_folder("memory://lab/order") as folder:
        for name in [*names, "config.toml"]:
            (folder.path / name).parent.mkdir(parents=True, exist_ok=True)
            (folder.path / name).write_text(name)
    order = [target.removeprefix("/lab/order/") for target in sent]
    assert order[:3] == ["config.toml", "best/config.toml", "epochs.jsonl"]
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
    monkeypatch.setattr(system, "find", lambda self, root, detail: {f"{root}/../escaped": {}})
    with pytest.raises(UserError, match="outside"):
        RunFolder("memory://lab/hostile")


def test_what_is_waited_for_is_said(monkeypatch, caplog):
    import time

    monkeypatch.setattr(stores, "SECONDS_UNTIL_TOLD", 0.01)
    system = type(fsspec.filesystem("memory"))
    find = system.find
    monkeypatch.setattr(
        system, "find", lambda *words, **more: time.sleep(0.3) or find(*words, **more)
    )
    with caplog.at_level(logging.WARNING):
        RunFolder("memory://lab/slow")
    assert "memory://lab/slow: still waiting after 0.01 s (listing what is there)" in caplog.text


def test_nothing_is_said_of_what_answers(caplog):
    RunFolder("memory://lab/quick")
    assert not caplog.records


def test_clients_of_stores_wait_no_longer_than_they_are_told(monkeypatch):
    monkeypatch.setattr(fsspec.config, "conf", {})
    assert stores._limits_of("s3://lab/run")["config_kwargs"]["read_timeout"] == 60
    assert stores._limits_of("https://lab/a.nwb")["client_kwargs"]["timeout"].sock_read == 60
    assert stores._limits_of("memory://lab") == {}
    fsspec.config.conf["s3"] = {"anon": True}
    assert stores._limits_of("s3://lab/run") == {}
