"""What clients of a bucket see, for each thing that may be submitted and each thing that may go wrong."""

import json
import re

import pytest
from tests.neurocaas.lab import (
    CONFIG,
    DATA,
    END,
    LINE,
    SETTINGS,
    Lab,
    certificate,
    status,
    submit,
    wait_for_another_time,
)

from lfads.jobs.slots import Slots


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


def test_names_that_no_group_can_have_are_not_served(lab):
    submit(lab.bucket, "active/submissions/submit.json")
    lab.serve()
    assert lab.engine.ran == []
    assert any("active/ is not served" in text for text in lab.said)


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


def test_a_job_that_whoever_serves_cancels_has_failed(lab):
    submit(lab.bucket)
    lab.service.look()
    lab.jobs.cancel(lab.jobs.list()[0].id)
    lab.serve()
    assert (status(lab.results())["status"], lab.engine.ran) == ("FAILED", [])
    assert f"[JOB TERMINATE REASON] '{DATA}: before it began'" in certificate(lab.results())
    assert END in lab.results()


def test_a_job_that_is_removed_after_its_results_came_stays_a_success(lab):
    submit(lab.bucket, dataname=[DATA, "lab/inputs/tuesday.h5"])
    key, before = "logs/DATASET_NAME:monday.h5_STATUS.txt", []

    def between():
        content = lab.results().get(key, b"{}")
        if not before and json.loads(content).get("status") == "SUCCESS":
            before.append(content)
            (job,) = [one for one in lab.jobs.list() if "monday" in one.asked.inputs[0]]
            lab.jobs.remove(job.id)

    lab.serve(between)
    assert before == [lab.results()[key]]
    assert "STATUS: FAILED" not in certificate(lab.results())


def test_jobs_that_wait_ask_for_less_where_the_server_has_less_than_before(lab, monkeypatch):
    submit(lab.bucket)
    lab.service.look()
    assert lab.jobs.list()[0].needs.cores == 2
    monkeypatch.setattr("tests.neurocaas.lab.TWO_CORES", Slots(cores=1))
    lab.begin()
    lab.serve()
    assert status(lab.results())["status"] == "SUCCESS"
