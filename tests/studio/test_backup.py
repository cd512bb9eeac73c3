"""A copy of a studio that runs, opened again."""

import sqlite3

import pytest
from tests.studio import lab as labs
from tests.studio.lab import Lab, Person

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.studio.groups.backup import back_up

quick_digests = labs.quick_digests


@pytest.fixture
def lab(tmp_path, quick_digests) -> Lab:
    lab = Lab(tmp_path / "lab")
    lab.add_all()
    studio = lab.studio("motor")
    job = studio.jobs.submit("reproduce", ["lorenz"])
    (studio.jobs.folder(job) / "log.txt").write_text("epoch 1\n")
    studio.shelf.reserve("monday.h5", "1").write_bytes(b"spikes")
    (studio.jobs.place / "studio" / "looks").mkdir()
    (studio.jobs.place / "studio" / "looks" / "large.trials").write_bytes(b"x" * 1000)
    Person(lab, "anna")
    return lab


def test_a_copy_is_the_studio_as_it_was(lab: Lab, tmp_path):
    # Somebody is within a change that is not made yet, and the last ones are in the journal alone.
    other = sqlite3.connect(lab.place / "people" / "people.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM users")
    copied = back_up(lab.place, tmp_path / "copy")
    other.execute("ROLLBACK")
    other.close()
    assert copied.files > 4
    again = Lab(tmp_path / "copy")
    anna = Person(again, "anna")
    assert "monday.h5" in anna.get("/data").text
    (job,) = again.studio("motor").jobs.list()
    assert (again.studio("motor").jobs.folder(job) / "log.txt").read_text() == "epoch 1\n"
    assert not (tmp_path / "copy/groups/motor/studio/looks").exists()
    assert (tmp_path / "copy/people").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "copy/people/audit.jsonl").exists()
    assert [one.name for one in tmp_path.glob(".*")] == []


def test_mistakes_are_named(lab: Lab, tmp_path, capsys):
    with pytest.raises(UserError, match="cannot lie in the folder that it is of"):
        back_up(lab.place, lab.place / "copy")
    with pytest.raises(UserError, match="needs a folder that is not there yet"):
        back_up(lab.place, tmp_path)
    with pytest.raises(UserError, match="there is no folder of jobs"):
        back_up(tmp_path / "none", tmp_path / "copy")
    words = ["studio", "backup", str(tmp_path / "copy"), "--folder", str(lab.place)]
    assert run(words) == 0
    assert "files, 0.00 GB" in capsys.readouterr().out
    assert run(words) == 2
