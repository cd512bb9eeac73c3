"""Clients of a bucket: submit, status, results, list; the files of servers are written by hand."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.neurocaas.one_file import several_sessions, tiny_file
from tests.neurocaas.written import STEPS, Written, launched

from lfads.cli.main import run
from lfads.neurocaas import following, sending, submitting
from lfads.neurocaas.buckets import Away
from lfads.neurocaas.folder_bucket import FolderBucket
from lfads.neurocaas.following import follow
from lfads.neurocaas.layout import Folder
from lfads.neurocaas.standing import standing_of
from lfads.neurocaas.submission import parsed

yaml = pytest.importorskip("yaml")


@pytest.fixture
def bucket(tmp_path) -> Written:
    return Written(tmp_path)


@pytest.fixture
def files(tmp_path) -> Path:
    """What a user has: data, sessions, configurations."""
    home = tmp_path / "home"
    (home / "week").mkdir(parents=True)
    for name in ("monday.h5", "tuesday.h5", "week/a.h5", "week/b.h5"):
        (home / name).write_bytes(name.encode() * 1000)
    (home / "c.yaml").write_text(yaml.safe_dump(tiny_file()))
    (home / "m.yaml").write_text(yaml.safe_dump(several_sessions(tiny_file(), 2)))
    return home


def neurocaas(*words) -> int:
    return run(["neurocaas", *(str(word) for word in words)])


def submitted(bucket: Written, *words, capsys) -> dict[str, Any]:
    """What a submission said of itself; it must be one that a server takes."""
    assert neurocaas("submit", bucket.root, "--group", "lab", *words, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    texts = [
        path.read_text() for path in sorted((bucket.root / "lab/submissions").glob("*submit.json"))
    ]
    asked = {one.timestamp: one for one in (parsed(t, "lab", "autolfads-torch") for t in texts)}
    assert asked[found["job"]].data == tuple(found["data"])
    assert asked[found["job"]].config == found["config"]
    return found


def test_what_is_not_there_is_sent_and_asked_for(bucket, files, capsys):
    words = ["--data", files / "monday.h5", "--config", files / "c.yaml", "--name", "first"]
    found = submitted(bucket, *words, capsys=capsys)
    assert found["data"] == ["lab/inputs/monday.h5"]
    assert found["config"] == "lab/configs/c.yaml"
    assert found["results"] == f"lab/results/job__autolfads-torch_{found['job']}"
    for key, name in ((found["data"][0], "monday.h5"), (found["config"], "c.yaml")):
        assert (bucket.root / key).read_bytes() == (files / name).read_bytes()
    (asked,) = (bucket.root / "lab/submissions").iterdir()
    assert asked.name == f"first-{found['job']}_submit.json"
    assert neurocaas("submit", bucket.root, "--group", "lab", *words) == 0
    said = capsys.readouterr()
    assert "lab/inputs/monday.h5 is there already" in said.err
    assert "lfads neurocaas status" in said.out
    assert len(list((bucket.root / "lab/submissions").iterdir())) == 2


def test_a_group_that_is_new_in_the_bucket_is_doubted(bucket, files, capsys):
    words = ["--data", files / "monday.h5", "--config", files / "c.yaml"]
    for doubts in (True, False):
        assert neurocaas("submit", bucket.root, "--group", "labb", *words) == 0
        assert ("is the name of the group right?" in capsys.readouterr().err) is doubts


def test_names_that_no_group_can_have(bucket, files, capsys):
    words = ["--data", files / "monday.h5", "--config", files / "c.yaml"]
    assert neurocaas("submit", bucket.root, "--group", "active", *words) == 2
    assert "none of active, logs; got 'active'" in capsys.readouterr().err


def test_the_submission_comes_last(bucket, files, monkeypatch, capsys):
    keys = []
    write, send = FolderBucket.write, FolderBucket.send
    monkeypatch.setattr(
        FolderBucket,
        "write",
        lambda self, key, content: (keys.append(key), write(self, key, content)),
    )
    monkeypatch.setattr(
        FolderBucket,
        "send",
        lambda self, path, key, heard: (keys.append(key), send(self, path, key, heard)),
    )
    words = ["--data", files / "monday.h5", files / "tuesday.h5", "--config", files / "c.yaml"]
    found = submitted(bucket, *words, capsys=capsys)
    assert keys[:-1] == [*found["data"], found["config"]]
    assert keys[-1].endswith("_submit.json")
    assert len(found["data"]) == 2


def test_sessions_go_into_a_folder_of_their_own(bucket, files, capsys):
    found = submitted(bucket, "--data", files / "week", "--config", files / "m.yaml", capsys=capsys)
    assert found["data"] == ["lab/inputs/week/"]
    words = ["--data", files / "monday.h5", files / "tuesday.h5", "--config", files / "m.yaml"]
    found = submitted(bucket, *words, "--name", "two-days", capsys=capsys)
    assert found["data"] == ["lab/inputs/two-days/"]
    assert (bucket.root / "lab/inputs/two-days/tuesday.h5").is_file()
    bucket.put("lab/inputs/week/old.h5", "another session")
    words = ["--data", files / "week", "--config", files / "m.yaml"]
    assert neurocaas("submit", bucket.root, "--group", "lab", *words) == 2
    assert "has other files already, such as lab/inputs/week/old.h5" in capsys.readouterr().err


def test_keys_of_the_bucket_are_used_as_they_are(bucket, capsys):
    bucket.put("lab/inputs/x.h5", "data")
    bucket.put("lab/configs/x.yaml", "{}")
    words = ["--data", "lab/inputs/x.h5", "--config", "s3://autolfads-torch/lab/configs/x.yaml"]
    assert (
        neurocaas("submit", bucket.root, "--group", "lab", *words) == 2
    )  # no address of this group
    capsys.readouterr()
    found = submitted(bucket, *words[:3], "lab/configs/x.yaml", capsys=capsys)
    assert (found["data"], found["config"]) == (["lab/inputs/x.h5"], "lab/configs/x.yaml")


def test_another_configuration_of_the_name_is_sent_beside(bucket, files, capsys):
    bucket.put("lab/configs/c.yaml", "of another job")
    words = ["--data", files / "monday.h5", "--config", files / "c.yaml"]
    found = submitted(bucket, *words, capsys=capsys)
    assert found["config"] == f"lab/configs/c-{found['job']}.yaml"
    assert (bucket.root / "lab/configs/c.yaml").read_text() == "of another job"


def test_other_data_of_the_name_are_not_replaced_unasked(bucket, files, monkeypatch, capsys):
    words = ["--data", files / "monday.h5", "--config", files / "c.yaml"]
    there = bucket.put("lab/inputs/monday.h5", "x" * (files / "monday.h5").stat().st_size)
    assert neurocaas("submit", bucket.root, "--group", "lab", *words) == 2
    assert "and these are others: rename the file" in capsys.readouterr().err
    monkeypatch.setattr(sending, "MOST_COMPARED_BYTES", 10)
    assert neurocaas("submit", bucket.root, "--group", "lab", *words) == 2
    said = capsys.readouterr().err
    assert "and these are perhaps others" in said
    assert "`--overwrite` to replace it" in said
    assert not list((bucket.root / "lab/submissions").iterdir())
    submitted(bucket, *words, "--overwrite", capsys=capsys)
    assert there.read_bytes() == (files / "monday.h5").read_bytes()


def test_two_jobs_of_one_moment_have_timestamps_of_their_own(bucket, files, monkeypatch, capsys):
    monkeypatch.setattr(submitting.time, "time", lambda: 1.7e9)
    bucket.job("1700000000000", certificate=STEPS)
    words = ["--data", files / "monday.h5", "--config", files / "c.yaml"]
    assert submitted(bucket, *words, capsys=capsys)["job"] == "1700000000001"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--group", "lab/x"], "a group is the name of a folder"),
        (["--group", "logs"], "a group is the name of a folder"),
        (["--data", "none.h5"], "expected data on this machine, or a key within lab/"),
        (["--data", "lab/inputs/none.h5"], "has no data lab/inputs/none.h5"),
        (["--data", "monday.h5", "none.h5"], "files here and keys of the bucket cannot"),
        (["--data", "week"], "one folder of sessions needs `multisession: True`"),
        (["--config", "none.yaml"], "there is no configuration file"),
        (["--config", "monday.h5"], "a configuration ends in .yaml"),
        (["--config", "bad.yaml"], "is no YAML"),
        (["--name", "a/b"], "must be letters, digits"),
        (["--follow", "--max-minutes", "-1"], "must be above 0"),
    ],
)
def test_mistakes_of_submissions(bucket, files, monkeypatch, capsys, words, said):
    monkeypatch.chdir(files)
    (files / "bad.yaml").write_text("a: [1, {")
    usual = {"--group": ["lab"], "--data": ["monday.h5"], "--config": ["c.yaml"]}
    usual |= {words[0]: words[1:]} if words[0] in usual else {"": words}
    flags = [word for flag, given in usual.items() for word in (*([flag] if flag else ()), *given)]
    assert neurocaas("submit", bucket.root, *flags) == 2
    assert said in capsys.readouterr().err
    if "--follow" not in words:
        assert not list((bucket.root / "lab/submissions").iterdir())


def test_a_configuration_that_our_servers_refuse_is_sent_with_a_word(bucket, files, capsys):
    values = {**tiny_file(), "new_thing": 3}
    (files / "n.yaml").write_text(yaml.safe_dump(values))
    words = ["--data", files / "monday.h5", "--config", files / "n.yaml"]
    assert neurocaas("submit", bucket.root, "--group", "lab", *words) == 0
    assert "servers of lfads will refuse this, others may not" in capsys.readouterr().err


ZIP = {"autolfads.zip": b"PK", "c.yaml": b"{}"}
STANDINGS = {
    "done": ({"certificate": launched("SUCCESS"), "states": {"monday.h5": "SUCCESS"}, "results": ZIP,
              "end": True}, 0, "done", "2 files of results"),
    "runs": ({"certificate": launched("IN PROGRESS"), "states": {"monday.h5": "IN PROGRESS"}},
             1, "running", "1 data set of 1 still to end"),
    "setup": ({"certificate": STEPS[:2]}, 1, "running", "it is being looked at"),
    "crashed": ({"certificate": launched("FAILED"), "states": {"monday.h5": "FAILED"}, "reason": 1,
                 "results": {"c.yaml": b"{}"}, "end": True}, 2, "failed", "lab/inputs/monday.h5: 1"),
    "one of two": ({"certificate": [*launched("FAILED"), "[JOB TERMINATE REASON] 'x: exit status 1'"],
                    "states": {"monday.h5": "FAILED", "tuesday.h5": "IN PROGRESS"}},
                   1, "running", "1 data set of 2 still to end"),
    "refused": ({"certificate": [STEPS[0], "INPUT ERROR: there is no config x\t [+0:00:00.10]"],
                 "end": True}, 2, "failed", "there is no config x"),
    # The original writes no end.txt in these.
    "original, step 2": ({"certificate": [STEPS[0], "[JOB TERMINATE REASON] 'dataset missing'\t [+0:0]"]},
                         2, "failed", "dataset missing"),
    "original, step 4": ({"certificate": [*STEPS[:3], "AWS ERROR. no machine left\t [+0:00:01.00]"]},
                         2, "failed", "no machine left"),
    "original, shut down": ({"certificate": [*STEPS[:1], "[Job Manager] Shutting down job.\t [+0:0]"]},
                            2, "failed", "the job manager shut it down"),
    "original, no results": ({"certificate": launched("SUCCESS"), "states": {"monday.h5": "SUCCESS"},
                              "results": {"c.yaml": b"{}"}, "end": True}, 2, "failed", "without results"),
    "original, lost log": ({"certificate": launched("LOGFAIL"), "states": {"monday.h5": "LOGFAIL"},
                            "results": ZIP, "end": True}, 2, "failed", "monday.h5"),
    "nothing begun": ({"end": True, "certificate": [""]}, 2, "failed", "before any data set was begun"),
}  # fmt: skip


@pytest.mark.parametrize("case", STANDINGS)
def test_how_a_job_stands(bucket, capsys, case):
    values, status, state, why = STANDINGS[case]
    bucket.job(**values)
    assert neurocaas("status", bucket.root, "17", "--json") == status
    found = json.loads(capsys.readouterr().out)
    assert (found["state"], found["group"]) == (state, "lab")
    assert why in found["why"]
    assert [one["last"] for one in found["datasets"]] == ["epoch 3"] * len(values.get("states", ()))


def test_states_that_cannot_be_read_are_no_traceback(bucket, capsys):
    bucket.job(certificate=launched("IN PROGRESS"))
    for name, text in (("a", "{half"), ("b", "[]"), ("c", '{"std": [1], "status": 3}'), ("", "")):
        bucket.put(f"lab/results/job__autolfads-torch_17/logs/DATASET_NAME:{name}_STATUS.txt", text)
    assert neurocaas("status", bucket.root, "17") == 1
    assert "not known" in capsys.readouterr().out


def test_jobs_are_found_by_timestamp_name_and_group(bucket, files, capsys):
    bucket.job("17", certificate=STEPS)
    for name in ("17", "job__autolfads-torch_17", "lab/17", "lab/results/job__autolfads-torch_17"):
        assert neurocaas("status", bucket.root, name) == 1
    bucket.job("17", certificate=STEPS, group="other")
    assert neurocaas("status", bucket.root, "17", "--group", "lab") == 1
    capsys.readouterr()
    assert neurocaas("status", bucket.root, "17") == 2
    assert "say which, `--group" in capsys.readouterr().err
    assert neurocaas("status", bucket.root, "18") == 2
    assert "no job 18; there are job__autolfads-torch_17" in capsys.readouterr().err
    words = ["--data", files / "monday.h5", "--config", files / "c.yaml"]
    waits = submitted(bucket, *words, capsys=capsys)["job"]
    assert neurocaas("status", bucket.root, waits) == 1
    assert "waiting: nobody has taken it up yet" in capsys.readouterr().out


def test_what_is_there_is_listed(bucket, capsys):
    for number in range(3):
        bucket.job(f"{number}", certificate=STEPS, age_s=100 - number)
    bucket.job("9", certificate=[STEPS[0], "INTERNAL ERROR. KeyError"], group="other")
    bucket.put("lab/results/notes.txt", "no job")
    for text in ('{"timestamp": "77"}', '{"timestamp": "2"}', "{half", '{"timestamp": "../x"}'):
        bucket.put(f"lab/submissions/{len(text)}_submit.json", text)
    assert neurocaas("list", bucket.root, "--json", "--most", 2) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["group"], one["job"][-1], one["state"]) for one in found["jobs"]] == [
        ("lab", "7", "waiting"), ("lab", "2", "running"), ("other", "9", "failed")
    ]  # fmt: skip
    assert found["older"] == 2
    assert neurocaas("list", bucket.root, "--group", "none") == 0
    assert "has no jobs" in capsys.readouterr().out


def archive(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for name, text in files.items():
            made.writestr(name.replace("__", "."), text)
    return content.getvalue()


def test_results_are_fetched_and_unpacked(bucket, tmp_path, capsys):
    results = {"autolfads.zip": archive(fitlog__csv="epoch\n"), "c.yaml": b"{}"}
    bucket.job(
        certificate=launched("SUCCESS"), states={"monday.h5": "SUCCESS"}, results=results, end=True
    )
    out = tmp_path / "out"
    assert neurocaas("results", bucket.root, "17", "--out", out) == 0
    assert "wrote" in capsys.readouterr().out
    assert {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} == {
        "autolfads.zip", "autolfads/fitlog.csv", "c.yaml", "logs/certificate.txt",
        "logs/DATASET_NAME_monday.h5_STATUS.txt",
    }  # fmt: skip
    assert neurocaas("results", bucket.root, "17", "--out", out) == 2
    assert "is not empty" in capsys.readouterr().err
    assert (
        neurocaas("results", bucket.root, "17", "--out", out, "--overwrite", "--keep-packed") == 0
    )
    assert neurocaas("results", bucket.root, "17", "--out", out / "c.yaml") == 2
    assert "it is a file" in capsys.readouterr().err


def test_results_that_lead_elsewhere_are_not_written(bucket, tmp_path, monkeypatch, capsys):
    bucket.job(results={"evil.zip": archive(**{"../../out__txt": "x"})}, end=True)
    assert neurocaas("results", bucket.root, "17", "--out", tmp_path / "out") == 2
    assert "leads out of the folder" in capsys.readouterr().err
    assert not (tmp_path / "out.txt").exists()
    entries = FolderBucket.entries

    def with_strange(self, prefix):
        found = entries(self, prefix)
        return [*found, found[0]._replace(key=f"{prefix}process_results/../../../out.txt")]

    monkeypatch.setattr(FolderBucket, "entries", with_strange)
    assert neurocaas("results", bucket.root, "17", "--out", tmp_path / "more") == 2
    assert "its name leads out of a folder" in capsys.readouterr().err
    assert not (tmp_path / "more").exists()


def test_results_before_there_are_any(bucket, files, tmp_path, capsys):
    words = ["--data", files / "monday.h5", "--config", files / "c.yaml"]
    waits = submitted(bucket, *words, capsys=capsys)["job"]
    assert neurocaas("results", bucket.root, waits, "--out", tmp_path / "out") == 2
    assert "has nothing yet" in capsys.readouterr().err


@pytest.fixture
def clock(monkeypatch):
    """Time goes on by waiting; what happens then is given."""
    now, then = [0.0], {}

    def sleep(seconds):
        now[0] += seconds
        then.get(round(now[0] / following.LOOK_S), lambda: None)()

    monkeypatch.setattr(following.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(following.time, "sleep", sleep)
    return then


def test_a_job_is_followed_to_its_end(bucket, files, clock, monkeypatch, capsys):
    monkeypatch.setattr(submitting.time, "time", lambda: 17e-3)
    clock[1] = lambda: bucket.job(certificate=STEPS[:2])
    clock[2] = lambda: bucket.job(
        certificate=launched("IN PROGRESS"), states={"monday.h5": "IN PROGRESS"}
    )
    clock[4] = lambda: bucket.job(
        certificate=launched("SUCCESS"), states={"monday.h5": "SUCCESS"}, results=ZIP, end=True
    )
    words = ["--data", files / "monday.h5", "--config", files / "c.yaml", "--follow"]
    assert neurocaas("submit", bucket.root, "--group", "lab", *words) == 0
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert lines.count("[Job Manager] STEP 1/4 (Initialization): DONE") == 1
    assert lines[-2:] == [
        "lab/inputs/monday.h5: in progress: epoch 3", "lab/inputs/monday.h5: success: epoch 3"
    ]  # fmt: skip
    assert "nobody has taken it up yet" in said.err
    assert "job__autolfads-torch_17: done: 2 files of results" in said.out


def test_who_waits_no_longer_is_told_how_it_stands(bucket, clock, capsys):
    bucket.job(certificate=launched("IN PROGRESS"), states={"monday.h5": "IN PROGRESS"})
    words = ["--follow", "--max-minutes", 5]
    assert neurocaas("status", bucket.root, "17", *words) == 1
    assert "running" in capsys.readouterr().out


def test_a_bucket_that_is_away_is_waited_out(bucket, clock, monkeypatch):
    bucket.job(certificate=[STEPS[0], "INPUT ERROR: no"], end=True)
    opened, tries, said = FolderBucket(bucket.root), [], []
    entries = FolderBucket.entries

    def away(self, prefix):
        tries.append(prefix)
        if len(tries) < 3:
            raise Away("it is away")
        return entries(self, prefix)

    monkeypatch.setattr(FolderBucket, "entries", away)
    folder = Folder("lab/results/job__autolfads-torch_17")
    assert follow(opened, folder, said.append).state == "failed"
    assert said[:2] == ["the bucket does not answer: it is away"] * 2
    assert standing_of(opened, folder).why == "no"
    tries.clear()
    with pytest.raises(Away):
        follow(opened, folder, said.append, most_s=0.0)
