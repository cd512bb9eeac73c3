"""What clients of a bucket see, for each thing that may be submitted and each thing that may go wrong."""

import json
import re

import pytest
from tests.neurocaas.lab import (
    CONFIG,
    DATA,
    SETTINGS,
    SUBMISSION,
    Lab,
    certificate,
    fill,
    status,
    submit,
    wait_for_another_time,
)
from tests.neurocaas.moto_server import BUCKET, new_bucket, s3_server

from lfads.neurocaas import service
from lfads.neurocaas.buckets import open_bucket

END = "process_results/end.txt"
LINE = re.compile(r".+\t \[\+\d+:\d\d:\d\d\.\d\d\]")


KINDS = ["folder", pytest.param("s3", marks=pytest.mark.s3)]


@pytest.fixture(scope="module", params=KINDS)
def place(request, tmp_path_factory):
    """A new bucket, whenever it is called."""
    if request.param == "folder":

        def folder():
            found = tmp_path_factory.mktemp("bucket") / BUCKET
            found.mkdir()
            return found

        yield folder
        return
    with s3_server():
        yield new_bucket


@pytest.fixture
def lab(place, tmp_path):
    bucket = open_bucket(place())
    fill(bucket)
    return Lab(bucket, tmp_path / "work")


def logged(text):
    """Lines of the log of a certificate, which has a head once jobs were begun."""
    lines = text.partition("JOB MANAGER SETUP LOG:\n")[2] or text
    return [line.partition("\t")[0] for line in lines.splitlines()]


def test_a_data_set_gives_the_files_that_clients_look_for(lab):
    submit(lab.bucket)
    lab.serve()
    found = lab.results()
    assert set(found) == {
        "logs/certificate.txt", "logs/DATASET_NAME:monday.h5_STATUS.txt", END,
        "process_results/autolfads.zip", "process_results/config.yaml", "process_results/update.txt",
        "internal_ec2_logs/submission.json", f"internal_ec2_logs/{status(found)['instance']}.txt",
    }  # fmt: skip
    assert found["process_results/autolfads.zip"] == b"monday" + SETTINGS
    assert found["process_results/config.yaml"] == SETTINGS
    assert found["process_results/update.txt"] == b""
    assert found[END] == b"end of analysis marker"
    state = status(found)
    assert list(state) == [
        "instance", "command", "input", "status", "reason", "memory_usage", "cpu_usage", "job_start",
        "job_finish", "std",
    ]  # fmt: skip
    assert (state["input"], state["status"], state["reason"]) == (DATA, "SUCCESS", 0)
    assert state["std"] == {
        "0": "reading monday.h5",
        "1": "epoch 0",
        "2": "epoch 1",
        "3": "epoch 2",
    }
    times = [state["job_start"], state["job_finish"]]
    assert all(re.fullmatch(r"\d{4}(-\d\d){2}T(\d\d:){2}\d\dZ", one) for one in times)


def test_the_certificate_has_its_head_and_the_four_steps(lab):
    submit(lab.bucket)
    lab.serve()
    lines = certificate(lab.results()).splitlines()
    assert lines[:2] == ["PER ENVIRONMENT MONITORING:", "================"]
    assert re.fullmatch(
        rf"DATANAME: {DATA} \| STATUS: SUCCESS \| TIME: [\d:.]+ \| LAST COMMAND: epoch 2 "
        r"\| CPU_USAGE: [\d.]+ %",
        lines[2],
    )
    assert (lines[3], lines[6:8]) == ("================", ["++++", "JOB MANAGER SETUP LOG:"])
    assert [line.partition("\t")[0] for line in lines[8:]] == [
        "[Job Manager] STEP 1/4 (Initialization): DONE",
        "[Job Manager] STEP 2/4 (Validation): DONE",
        "[Job Manager] STEP 3/4 (Environment Setup): DONE",
        "[Job Manager] STEP 4/4 (Initialize Processing): DONE",
    ]
    assert all(LINE.fullmatch(line) for line in lines[8:])


def test_states_follow_the_job_and_the_end_comes_last(lab):
    seen = []

    def look():
        found = lab.results()
        name = "logs/DATASET_NAME:monday.h5_STATUS.txt"
        state = json.loads(found[name])["status"] if name in found else None
        seen.append((state, "process_results/autolfads.zip" in found, END in found))

    submit(lab.bucket)
    lab.serve(look)
    assert seen[0] == ("INITIALIZING", False, False)
    assert seen[-1] == ("SUCCESS", True, True)
    assert all(has_results for state, has_results, _ in seen if state == "SUCCESS")


def test_a_folder_of_sessions_is_one_job(lab):
    submit(lab.bucket, dataname="lab/inputs/week/", configname="lab/configs/week.yaml")
    lab.serve()
    found = lab.results()
    assert lab.engine.ran == [("week", 1)]
    assert found["process_results/autolfads.zip"] == b"abmultisession: True\n"
    assert status(found, "")["status"] == "SUCCESS"


def test_a_list_of_data_is_a_job_each_with_results_of_its_own(lab):
    lab.engine.plan["tuesday.h5"] = 2
    submit(lab.bucket, dataname=[DATA, "lab/inputs/tuesday.h5"])
    lab.serve()
    found = lab.results()
    assert sorted(lab.engine.ran) == [("monday.h5", 1), ("tuesday.h5", 1)]
    assert found["process_results/monday.h5_autolfads.zip"] == b"monday" + SETTINGS
    assert "process_results/tuesday.h5_autolfads.zip" not in found
    states = {name: status(found, name) for name in ("monday.h5", "tuesday.h5")}
    assert [(one["status"], one["reason"]) for one in states.values()] == [
        ("SUCCESS", 0),
        ("FAILED", 2),
    ]
    assert certificate(found).count("DATANAME: ") == 2
    assert END in found


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"dataname": "lab/inputs/none.h5"}, "there are no data lab/inputs/none.h5"),
        ({"configname": "lab/configs/none.yaml"}, "there is no config lab/configs/none.yaml"),
        ({"configname": "lab/configs/bad.yaml"}, "bad.yaml is no YAML"),
        ({"dataname": "lab/inputs/week/"}, "one model of its 2 files needs `multisession: True`"),
        ({"dataname": "other/inputs/x.h5"}, "`dataname` must be a key within lab/"),
        ({"dataname": None}, "`dataname` must be a key such as lab/inputs/data.h5; got None"),
        ({"configname": None}, "`configname` must be a key"),
        ({"dataname": [DATA, "lab/inputs/week/monday.h5"]}, "`dataname` names monday.h5 twice"),
        ({"data": DATA}, "there is no field `data`"),
        ({"resultpath": "s3://elsewhere/x"}, "`resultpath` must be a key within lab/"),
    ],
)  # fmt: skip
def test_mistakes_end_with_a_reason(lab, fields, said):
    submit(lab.bucket, **fields)
    lab.serve()
    found = lab.results()
    assert found[END] == b"end of analysis marker"
    lines = logged(certificate(found))
    assert any(line.startswith("INPUT ERROR: ") and said in line for line in lines), lines
    assert any(line.startswith("[JOB TERMINATE REASON] '") for line in lines)
    assert lines[-1] == "[Job Manager] Shutting down job."
    states = [json.loads(found[name]) for name in found if name.endswith("_STATUS.txt")]
    assert all(one["status"] == "FAILED" and said in one["reason"] for one in states)
    assert lab.engine.ran == []


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", '{"timestamp": "a/b"}', '{"timestamp": ""}', '{"dataname": "lab/x"}', "\xff"]
)  # fmt: skip
def test_without_a_timestamp_there_is_a_certificate_of_its_own(lab, text, monkeypatch):
    monkeypatch.setattr(service, "SETTLE_S", 0.0)
    lab.bucket.write(SUBMISSION, text.encode("latin-1"))
    lab.serve()
    (name,) = lab.folders()
    assert re.fullmatch(r"job__autolfads-torch_refused-[0-9a-f]{6}", name)
    found = lab.results(name.removeprefix("job__autolfads-torch_"))
    assert {"logs/certificate.txt", END} <= set(found)
    assert "INPUT ERROR: " in certificate(found)


def test_what_is_being_written_is_looked_at_again(lab, monkeypatch):
    monkeypatch.setattr(service, "SETTLE_S", 60.0)
    lab.bucket.write(SUBMISSION, b'{"dataname": "lab/inp')
    lab.service.look()
    assert lab.folders() == []
    submit(lab.bucket)
    lab.serve()
    assert lab.folders() == ["job__autolfads-torch_1700000000"]


def test_a_used_timestamp_is_refused_and_what_is_there_stays(lab):
    submit(lab.bucket)
    lab.serve()
    before = lab.results()
    wait_for_another_time()
    submit(lab.bucket, "lab/submissions/again_submit.json", dataname="lab/inputs/tuesday.h5")
    lab.serve()
    assert lab.results() == before
    (name,) = [one for one in lab.folders() if "refused" in one]
    found = lab.results(name.removeprefix("job__autolfads-torch_"))
    assert "INPUT ERROR: `timestamp` '1700000000' was used before" in certificate(found)
    assert END in found
    assert lab.engine.ran == [("monday.h5", 1)]


def test_the_same_file_may_be_submitted_again_with_a_new_timestamp(lab):
    submit(lab.bucket)
    lab.serve()
    wait_for_another_time()
    submit(lab.bucket, timestamp="1700000001")
    lab.serve()
    assert lab.folders() == [f"job__autolfads-torch_170000000{number}" for number in range(2)]
    assert len(lab.engine.ran) == 2


@pytest.mark.parametrize(
    ("outcome", "reason", "said"),
    [
        (1, 1, "it ended by exit status 1, 4 times in a row at the same place"),
        (2, 2, "see its log"),
        (-9, -9, "it ended by signal 9"),
        ("hours", 130, "it ran for 1 h, more than the 0.5 h it may"),
    ],
)
def test_a_job_that_fails_has_its_exit_status_as_reason(lab, outcome, reason, said):
    lab.bucket.write(CONFIG, b"__duration__: 30\n")
    lab.engine.plan["monday.h5"] = outcome
    submit(lab.bucket)
    lab.serve()
    found = lab.results()
    assert (status(found)["status"], status(found)["reason"]) == ("FAILED", reason)
    assert f"[JOB TERMINATE REASON] '{DATA}: {said}" in certificate(found)
    assert {END, "process_results/update.txt", "process_results/config.yaml"} <= set(found)
    assert ("ValueError: no such thing" in status(found)["std"].values()) == (outcome == 1)


def test_a_job_without_results_has_failed(lab, monkeypatch):
    monkeypatch.setattr("lfads.neurocaas.watching.ARCHIVE", "another.zip")
    submit(lab.bucket)
    lab.serve()
    assert status(lab.results())["status"] == "FAILED"
    assert "ended without results" in certificate(lab.results())


def test_a_job_that_is_taken_from_the_queue_has_failed(lab):
    submit(lab.bucket)
    lab.service.look()
    lab.jobs.remove(lab.jobs.list()[0].id)
    lab.serve()
    assert "does not know its job any more" in status(lab.results())["reason"]
    assert END in lab.results()


def test_limits_of_the_config_are_those_of_the_job(lab):
    lab.bucket.write(CONFIG, b"__duration__: 90\n__dataset_size__: 1\n")
    submit(lab.bucket)
    lab.service.look()
    (job,) = lab.jobs.list()
    assert job.needs.max_hours == 1.5
    assert job.asked.options == ("--hours", "1.5")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (b"__dataset_size__: 1e-9\n", "more than the 1e-09 GB of `__dataset_size__`"),
        (b"__duration__: soon\n", "`__duration__` must be a number of minutes"),
        (b"multisession: 3\n", "`multisession` must be True or False"),
        (b"just words", "holds no settings"),
    ],
)
def test_limits_that_are_passed_or_none_are_refused(lab, config, said):
    lab.bucket.write(CONFIG, config)
    submit(lab.bucket)
    lab.serve()
    assert said in certificate(lab.results())
    assert END in lab.results()


def test_a_group_without_hours_left_is_refused(lab):
    lab.bucket.write("budgets.json", b'{"default": 300, "lab": 1.5}')
    submit(lab.bucket)
    lab.serve()  # an hour
    (record,) = [one for one in lab.bucket.entries("logs/lab/") if one.key.endswith(".json")]
    assert json.loads(lab.bucket.read(record.key))["hours"] == 1.0
    assert lab.bucket.entries("logs/active/") == []
    wait_for_another_time()
    submit(lab.bucket, timestamp="2")
    lab.service.look()
    assert lab.jobs.list(states=("queued",))[0].needs.max_hours == 0.5  # what is left
    lab.serve()
    wait_for_another_time()
    submit(lab.bucket, timestamp="3")
    lab.serve()
    assert "INPUT ERROR: the budget of lab is 1.5 h, of which 0 h are left" in certificate(
        lab.results("3")
    )
    assert END in lab.results("3")


def test_hours_that_are_asked_for_are_reserved(lab):
    lab.bucket.write("budgets.json", b'{"lab": 2}')
    lab.bucket.write(CONFIG, b"__duration__: 90\n")
    submit(lab.bucket)
    submit(lab.bucket, "lab/submissions/b_submit.json", timestamp="2")
    lab.serve()
    texts = [certificate(lab.results(name)) for name in ("1700000000", "2")]
    assert sorted("INPUT ERROR: the budget of lab" in text for text in texts) == [False, True]


def test_budgets_that_cannot_be_read_are_no_mistake_of_who_submits(lab):
    lab.bucket.write("budgets.json", b'{"lab": "much"}')
    submit(lab.bucket)
    lab.serve()
    assert "INTERNAL ERROR. budgets.json: hours of `lab` must be a number" in certificate(
        lab.results()
    )
    assert END in lab.results()


def test_an_error_that_nobody_expected_ends_that_submission_alone(lab, monkeypatch, caplog):
    fetch = type(lab.bucket).fetch

    def failing(self, key, *others):
        if key == DATA:
            raise ZeroDivisionError("odd")
        fetch(self, key, *others)

    monkeypatch.setattr(type(lab.bucket), "fetch", failing)
    submit(lab.bucket)
    submit(
        lab.bucket, "lab/submissions/b_submit.json", timestamp="2", dataname="lab/inputs/tuesday.h5"
    )
    lab.serve()
    assert "INTERNAL ERROR. odd" in certificate(lab.results())
    assert status(lab.results("2"), "tuesday.h5")["status"] == "SUCCESS"


def test_a_server_with_an_empty_folder_leaves_what_has_ended(lab, tmp_path):
    submit(lab.bucket)
    lab.serve()
    before = lab.results()
    again = Lab(lab.bucket, tmp_path / "another")
    again.serve()
    assert again.results() == before
    assert again.engine.ran == []


def test_what_another_implementation_has_done_is_left(lab):
    submit(lab.bucket)
    wait_for_another_time()
    folder = f"lab/results/job__{lab.bucket.name}_1700000000"
    lab.bucket.write(f"{folder}/logs/certificate.txt", b"of NeuroCAAS")
    lab.serve()
    assert list(lab.results()) == ["logs/certificate.txt"]
    assert len(lab.folders()) == 1


def test_results_may_go_to_another_folder_of_the_group(lab):
    submit(lab.bucket, resultpath=f"s3://{lab.bucket.name}/lab/results/mine")
    lab.serve()
    assert lab.folders() == ["mine"]
    assert lab.bucket.read("lab/results/mine/process_results/end.txt")


def test_copies_and_jobs_go_once_results_are_there(lab):
    submit(lab.bucket)
    lab.serve()
    left = {path.name for path in (lab.work / "submissions").rglob("*") if path.is_file()}
    assert left == {"record.json"}
    assert lab.jobs.list() == []


def test_groups_do_not_see_each_other(lab):
    lab.bucket.write("lab2/inputs/x.h5", b"x")
    lab.bucket.write("lab2/configs/c.yaml", SETTINGS)
    submit(
        lab.bucket,
        "lab2/submissions/submit.json",
        dataname="lab2/inputs/x.h5",
        configname="lab2/configs/c.yaml",
    )
    submit(lab.bucket)
    lab.serve()
    assert len(lab.engine.ran) == 2
    prefix = f"lab2/results/job__{lab.bucket.name}_1700000000/"
    assert lab.bucket.read(f"{prefix}{END}")
    assert END in lab.results()


def test_files_that_are_too_large_are_not_read(lab, monkeypatch):
    monkeypatch.setattr(service, "SETTLE_S", 0.0)
    lab.bucket.write(SUBMISSION, b" " * 2**20 + b"{")
    lab.bucket.write(CONFIG, b"#" * 2**20 + b"\n")
    submit(lab.bucket, "lab/submissions/b_submit.json")
    lab.serve()
    assert f"{CONFIG} is too large" in certificate(lab.results())
    assert len(lab.folders()) == 2
