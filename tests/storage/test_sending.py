"""What is sent beside the work, to a store that stalls, drops connections or refuses."""

import logging
import shutil
import time

import numpy as np
import pytest
from tests.small import flags

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.storage import run_lock, stores
from lfads.storage.pusher import Pusher
from lfads.storage.run_folder import RunFolder, run_folder
from lfads.storage.sending import Sender

pytest.importorskip("fsspec")
from tests.fickle import fickle_store, kept

AT = "fickle://lab/run"


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(stores, "SECONDS_UNTIL_TOLD", 0.05)
    monkeypatch.setattr(run_lock, "SETTLE_S", 0.0)
    with fickle_store() as store:
        yield store


def epoch(folder, number):
    """What an epoch writes: a line more, and a checkpoint in the place of the last one."""
    with (folder.path / "metrics.jsonl").open("a") as file:
        file.write(f"{number}\n")
    (folder.path / "checkpoints").mkdir(exist_ok=True)
    beside = folder.path / "checkpoints" / ".last.npz"
    beside.write_text(f"after epoch {number}")
    beside.replace(folder.path / "checkpoints" / "last.npz")


def wait(folder):
    """Until what was begun to be sent is there, or has failed."""
    assert folder._sender is not None
    folder._sender.wait()


def test_a_store_that_stalls_does_not_hold_the_work(store, caplog):
    folder, pusher = RunFolder(AT), None
    pusher = Pusher(folder)
    store.answers.clear()
    began = time.monotonic()
    for number in range(1, 6):
        epoch(folder, number)
        pusher.generation((), None)
    assert time.monotonic() - began < 2
    time.sleep(0.2)
    slow = [record.message for record in caplog.records]
    assert len(slow) == 1
    assert f"{AT}: still waiting after 0.05 s (sending metrics.jsonl)" in slow[0]
    assert "The work goes on meanwhile" in slow[0]
    store.answers.set()
    folder.push()
    # The picture that was on its way, and the newest one: none of those in between.
    assert store.names == ["metrics.jsonl", "last.npz"] * 2
    assert kept(AT) == {
        "metrics.jsonl": b"1\n2\n3\n4\n5\n",
        "checkpoints/last.npz": b"after epoch 5",
    }


def test_what_is_sent_fits_together(store):
    folder = RunFolder(AT)
    store.answers.clear()
    epoch(folder, 1)
    folder.begin_to_send()
    epoch(folder, 2)  # while the first one is on its way
    store.answers.set()
    while len(store.names) < 2:
        time.sleep(0.01)
    time.sleep(0.05)
    assert kept(AT) == {"metrics.jsonl": b"1\n", "checkpoints/last.npz": b"after epoch 1"}


def test_the_end_waits_and_says_for_what(store, caplog):
    folder = RunFolder(AT)
    store.answers.clear()
    epoch(folder, 1)
    pusher = Pusher(folder)
    pusher.generation((), None)
    caplog.clear()

    def answer(*_):
        store.answers.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            logging.Logger, "warning", lambda self, *said: caplog.records.append(said) or answer()
        )
        folder.push()
    said, *words = caplog.records[-1]
    assert said % tuple(words) == (
        f"{AT}: waiting until it has taken metrics.jsonl, checkpoints/last.npz (1.43e-05 MiB). Ctrl-C ends "
        f"the wait: what was not sent then stays in {folder.path}, and is sent by the next command "
        "that uses this address"
    )
    assert len(kept(AT)) == 2


def test_an_error_is_told_once_and_the_same_command_sends_the_rest(store, caplog):
    folder = RunFolder(AT)
    pusher = Pusher(folder)
    for number in range(1, 4):
        epoch(folder, number)
        if number == 2:
            store.refusal = PermissionError(13, "Access Denied")
        pusher.generation((), None)
        wait(folder)
    with pytest.raises(UserError, match="Nothing is lost: the run is in") as told:
        folder.push()
    assert [f"{AT} cannot be written now" in record.message for record in caplog.records] == [True]
    assert "Access Denied" in str(told.value)
    assert str(folder.path) in str(told.value)
    assert kept(AT)["metrics.jsonl"] == b"1\n"
    store.refusal = None
    with run_folder(AT) as again:
        assert (again.path / "metrics.jsonl").read_text() == "1\n2\n3\n"
        assert not folder.path.exists()
    assert kept(AT) == {"metrics.jsonl": b"1\n2\n3\n", "checkpoints/last.npz": b"after epoch 3"}
    assert "goes on with what an earlier command could not send" in caplog.text


def test_a_connection_that_drops_is_tried_again(store, caplog):
    folder = RunFolder(AT)
    store.drops = 2
    pusher = Pusher(folder)
    for number in range(1, 4):
        epoch(folder, number)
        pusher.generation((), None)
        wait(folder)
    assert kept(AT)["metrics.jsonl"] == b"1\n2\n3\n"
    assert len(caplog.records) == 1
    assert "Connection reset by peer" in caplog.text


def test_what_was_removed_though_the_answer_was_lost_is_no_error(store):
    folder = RunFolder(AT)
    epoch(folder, 1)
    folder.push()
    store().rm_file("/lab/run/metrics.jsonl")
    (folder.path / "metrics.jsonl").unlink()
    folder.push()
    assert list(kept(AT)) == ["checkpoints/last.npz"]


def test_half_of_a_file_that_a_dropped_connection_left_does_not_hide_the_copy(store):
    folder = RunFolder(AT)
    epoch(folder, 1)
    store.drops = 1
    with pytest.raises(UserError, match="Connection reset"):
        folder.push()
    assert (folder.path / "checkpoints").exists()
    with run_folder(AT):
        pass
    assert kept(AT) == {"metrics.jsonl": b"1\n", "checkpoints/last.npz": b"after epoch 1"}


def test_what_others_wrote_since_is_not_written_over(store, caplog):
    folder = RunFolder(AT)
    epoch(folder, 1)
    store.refusal = OSError("away")
    with pytest.raises(UserError):
        folder.push()
    store.refusal = None
    store().pipe_file("/lab/run/config.toml", b"seed = 3\n")
    again = RunFolder(AT)
    assert [path.name for path in again.path.iterdir()] == ["config.toml"]
    assert "has changed since a command could not send" in caplog.text
    left = list(folder.path.parent.glob("lfads-run-*/metrics.jsonl"))
    assert len(left) == 1
    assert str(left[0].parent) in caplog.text


def test_a_store_that_never_answers_is_given_up(store, monkeypatch):
    monkeypatch.setattr(stores, "SECONDS_PER_FILE", 0.2)
    folder = RunFolder(AT)
    epoch(folder, 1)
    store.answers.clear()
    folder.begin_to_send()
    with pytest.raises(
        UserError, match=r"no answer within 0 s \(sending metrics.jsonl\).*Nothing is lost"
    ):
        folder.push()
    assert (folder.path / "metrics.jsonl").exists()
    shutil.rmtree(folder.path)


def test_who_ends_the_wait_finds_the_copy_again(store, monkeypatch):
    folder = RunFolder(AT)
    epoch(folder, 1)
    store.answers.clear()
    with monkeypatch.context() as patch:
        patch.setattr(Sender, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            folder.push()
    store.answers.set()
    wait(folder)
    path = folder.path
    del folder
    assert (path / "metrics.jsonl").exists()


def interrupted(*_):
    raise KeyboardInterrupt


def test_a_store_that_does_not_list_is_given_up(store, monkeypatch):
    monkeypatch.setattr("lfads.storage.run_folder.SECONDS_PER_FILE", 0.1)
    monkeypatch.setattr(store, "find", lambda *_, **__: store.answers.wait(30))
    store.answers.clear()
    with pytest.raises(UserError, match=r"cannot be read: no answer within 0 s \(listing"):
        RunFolder(AT)


def test_a_training_is_kept_where_its_store_failed(store, tmp_path, capsys):
    counts = np.random.default_rng(0).poisson(0.5, (12, 9, 4))
    np.savez(tmp_path / "data.npz", spikes=counts, bin_width_s=0.02)
    words = ["train", str(tmp_path / "data.npz"), *flags(), "--model.num-inferred-inputs", "0"]
    store.refusal = OSError("the quota is spent")
    assert run([*words, "--out", AT]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"lfads: error: {AT} cannot be written: the quota is spent. Nothing is lost" in said
    store.refusal = None
    assert run([*words, "--out", AT, "--resume"]) == 0
    there = kept(AT)
    assert {"config.toml", "metrics.jsonl", "summary.json"} < set(there)
    assert len(there["metrics.jsonl"].splitlines()) == 3


def test_pictures_go(store):
    folder = RunFolder(AT)
    epoch(folder, 1)
    folder.push()
    assert [path.name for path in folder.path.parent.iterdir()] == [folder.path.name]
