"""Whatever happens while a run is sent to its address, the same command gives the same bits again."""

import shutil
from unittest import mock

import pytest
from tests.faults.same import differences, held_by
from tests.faults.test_crash_points import FLAGS, GONE, SEARCH, data, keep, source, still_clocks

from lfads.cli.main import run
from lfads.storage import pusher, run_lock

pytest.importorskip("fsspec")
from tests.faults.uploads import come_back, faulty_store, uploads, written_to

pytestmark = [pytest.mark.faults, pytest.mark.filterwarnings("ignore")]
__all__ = ["source"]

AT = "faulty://lab/run"
COMMANDS = {"train": FLAGS, "search": [*FLAGS[:-2], *SEARCH]}


class Kept:
    """A command whose run is kept in a store, with and without faults."""

    def __init__(self, name, source, work):
        self.words = [name, str(work / "monday.npz"), "--out", AT, *COMMANDS[name]]
        self.source, self.work = source, work

    def once(self, plan, again=False):
        """The files that are in the store at the end, and how often each was sent."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        data(self.source, self.work)
        with faulty_store(plan) as store:
            with mock.patch("os.getpid", return_value=GONE):
                run(self.words)
            if again:
                assert store.happened, "was not reached"
                come_back(self.work)
                assert run(self.words) == 0 or run([*self.words, "--resume"]) == 0, "does not go on"
            counts = store.counts.copy()
            shutil.rmtree(self.work / "there", ignore_errors=True)
            written_to(self.work / "there")
        return held_by(self.work / "there"), counts


@pytest.mark.parametrize("name", COMMANDS)
def test_every_upload_may_fail(name, source, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "work"))
    monkeypatch.setattr(run_lock, "BEAT_S", 1e6)
    monkeypatch.setattr(run_lock, "SETTLE_S", 0.0)
    monkeypatch.setattr(pusher, "SECONDS_BETWEEN_PUSHES", 0.0)
    kept, wrong = Kept(name, source, tmp_path / "work"), {}
    with still_clocks():
        undisturbed, counts = kept.once(None)
        todo = uploads(counts)
        for plan in todo:
            try:
                found, _ = kept.once(plan, again=True)
            except AssertionError as error:
                wrong[plan] = str(error)
                continue
            if others := differences(found, undisturbed):
                wrong[plan] = f"other results: {others}"
    keep(
        f"{name}, sent to an address", calls=sum(counts.values()), tried=len(todo),
        held=len(todo) - len(wrong),
    )  # fmt: skip
    assert undisturbed
    assert not wrong, "\n".join(f"{plan}: {said}" for plan, said in wrong.items())
