"""A server is killed at any change, or its bucket is away: nothing is lost, and nothing is done twice."""

import contextlib

import pytest
from tests.neurocaas.faulty import Failing, Killed, Points, Watched
from tests.neurocaas.lab import DATA, Analysis, Lab, fill, submit

from lfads.checks import UserError
from lfads.jobs.store import Store
from lfads.neurocaas import service
from lfads.neurocaas.opened import open_bucket
from lfads.neurocaas.record import Records

REFUSED = "again_submit.json"


def lab_at(place, points):
    """A bucket with two submissions: one of two data sets, one whose timestamp is the other's."""
    (place / "bucket").mkdir(parents=True)
    bucket = open_bucket(place / "bucket")
    fill(bucket)
    submit(bucket, "lab/submissions/a_submit.json", dataname=[DATA, "lab/inputs/tuesday.h5"])
    submit(bucket, "lab/submissions/b_submit.json")
    return Watched(bucket, points)


def outcome(lab):
    """What clients find at the end, without times and names that are made up."""
    found = {
        name: {
            key: content
            for key, content in lab.results(name.removeprefix("job__bucket_")).items()
            if key.startswith("process_results/")
        }
        for name in lab.folders()
    }
    refused = [name for name in found if "refused" in name]
    return {("refused" if name in refused else name): files for name, files in found.items()}


def served(place, points, monkeypatch):
    """The same two submissions, with a server that begins again once it was killed."""
    engine = Analysis()
    bucket = lab_at(place, points)
    with monkeypatch.context() as patch:
        patch.setattr(Records, "put", points.around("record", Records.put))
        patch.setattr(Store, "add", points.around("job", Store.add))
        lab = None
        with contextlib.suppress(Killed):
            lab = Lab(bucket, place / "work", engine)
            lab.serve()
    lab = Lab(bucket, place / "work", engine)
    lab.serve()
    return lab


@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.faults)])
def test_killed_at_every_change_it_goes_on(tmp_path, monkeypatch, step):
    undisturbed = Points()
    expected = outcome(served(tmp_path / "0", undisturbed, monkeypatch))
    assert set(expected) == {"job__bucket_1700000000", "refused"}
    kinds = {name.split("/")[0].rpartition(" ")[0] for name in undisturbed.met}
    assert {"before write", "before send", "before fetch"} <= kinds
    wrong = {}
    assert len(undisturbed.met) > 80
    for number in range(1, len(undisturbed.met) + 1, step):
        points = Points(number)
        lab = served(tmp_path / str(number), points, monkeypatch)
        ran = sorted(lab.engine.ran)
        if outcome(lab) != expected or ran != [("monday.h5", 1), ("tuesday.h5", 1)]:
            wrong[undisturbed.met[number - 1]] = (ran, outcome(lab))
    assert not wrong


@pytest.mark.parametrize("times", [1, 3])
def test_a_bucket_that_is_away_is_waited_out(tmp_path, monkeypatch, times):
    monkeypatch.setattr(service, "LONGEST_WAIT_S", 0.0)
    for begin in range(1, 60, 15):
        points = Failing(begin, times)
        bucket, lab = lab_at(tmp_path / str(begin), points), None
        lab = Lab(bucket, tmp_path / str(begin) / "work")
        for _ in range(100):
            with contextlib.suppress(service.Away):
                lab.service.look()
            lab.supervisor.step()
            if points.times == 0 and lab.service.server.records.all() and not lab.service.open:
                break
        lab.serve()
        assert points.times == 0
        assert set(outcome(lab)) == {"job__bucket_1700000000", "refused"}
        assert sorted(lab.engine.ran) == [("monday.h5", 1), ("tuesday.h5", 1)]


def test_results_that_cannot_be_sent_are_kept_and_sent_later(tmp_path, monkeypatch):
    monkeypatch.setattr(service, "LONGEST_WAIT_S", 0.0)
    points = Points()
    bucket = lab_at(tmp_path, points)
    lab = Lab(bucket, tmp_path / "work")

    def away(path, key, heard):
        raise service.Away("500 Internal Error")

    with monkeypatch.context() as patch:
        patch.setattr(Watched, "send", lambda self, *words: away(*words))
        for _ in range(8):
            lab.service.look()
            lab.supervisor.step()
    assert "500 Internal Error" in " ".join(lab.said)
    assert len(lab.service.open) == 1
    assert b"STATUS: IN PROGRESS" in lab.results()["logs/certificate.txt"]
    assert b"STATUS: SUCCESS" not in lab.results()["logs/certificate.txt"]
    lab.begin()  # the server was switched off meanwhile
    lab.serve()
    assert lab.results()["process_results/monday.h5_autolfads.zip"].startswith(b"monday")
    assert sorted(lab.engine.ran) == [("monday.h5", 1), ("tuesday.h5", 1)]


@pytest.mark.parametrize("error", [PermissionError("no room"), UserError("leads out of it")])
def test_results_wait_for_a_folder_that_takes_nothing(tmp_path, monkeypatch, error):
    monkeypatch.setattr(service, "LONGEST_WAIT_S", 0.0)
    bucket = lab_at(tmp_path, Points())
    lab = Lab(bucket, tmp_path / "work")

    def fails(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Watched, "send", fails)
        patch.setattr(service, "MOST_TRIES", 2)
        for _ in range(8):
            lab.service.look()
            lab.supervisor.step()
    (record,) = lab.service.open.values()
    assert (record.stage, len(record.lines)) == ("running", 4)
    lab.serve()
    assert lab.results()["process_results/monday.h5_autolfads.zip"].startswith(b"monday")


def test_an_end_that_cannot_be_written_is_tried_again_with_pauses(tmp_path, monkeypatch):
    lab = Lab(lab_at(tmp_path, Points()), tmp_path / "work")
    write, tried = Watched.write, []

    def odd(self, key, content):
        if key.endswith("end.txt"):
            tried.append(key)
            raise ZeroDivisionError("odd")
        write(self, key, content)

    with monkeypatch.context() as patch:
        patch.setattr(Watched, "write", odd)
        for _ in range(6):
            lab.service.look()
            lab.supervisor.step()
    assert 2 <= len(tried) <= 4  # once for each submission, then again after 2 s
    monkeypatch.setattr(service, "LONGEST_WAIT_S", 0.0)
    lab.begin()
    lab.serve()
    assert lab.results()["process_results/end.txt"] == b"end of analysis marker"


def test_a_record_that_cannot_be_read_is_begun_anew(tmp_path):
    lab = Lab(lab_at(tmp_path, Points()), tmp_path / "work")
    lab.service.look()
    for path in (tmp_path / "work/submissions").glob("*/record.json"):
        path.write_text("{}")
    lab.begin()
    lab.serve()
    assert lab.results()["process_results/end.txt"] == b"end of analysis marker"
    assert sorted(lab.engine.ran) == [("monday.h5", 1), ("tuesday.h5", 1)]
