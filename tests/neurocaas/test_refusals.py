"""What clients of a bucket see where something is refused: mistakes, used timestamps, limits, budgets."""

import json
import re

import pytest
from tests.neurocaas.lab import (
    CONFIG,
    DATA,
    END,
    SUBMISSION,
    certificate,
    submit,
    wait_for_another_time,
)

from lfads.neurocaas import service


def logged(text):
    """Lines of the log of a certificate, which has a head once jobs were begun."""
    lines = text.partition("JOB MANAGER SETUP LOG:\n")[2] or text
    return [line.partition("\t")[0] for line in lines.splitlines()]


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


def test_files_that_are_too_large_are_not_read(lab, monkeypatch):
    monkeypatch.setattr(service, "SETTLE_S", 0.0)
    lab.bucket.write(SUBMISSION, b" " * 2**20 + b"{")
    lab.bucket.write(CONFIG, b"#" * 2**20 + b"\n")
    submit(lab.bucket, "lab/submissions/b_submit.json")
    lab.serve()
    assert f"{CONFIG} is too large" in certificate(lab.results())
    assert len(lab.folders()) == 2


def test_a_folder_of_results_whose_owner_cannot_be_read_is_another_s(lab):
    prefix = f"lab/results/job__{lab.bucket.name}_1700000000"
    lab.bucket.write(f"{prefix}/internal_ec2_logs/submission.json", b"[")
    submit(lab.bucket)
    lab.serve()
    assert list(lab.results()) == ["internal_ec2_logs/submission.json"]
    assert any("_1700000000_refused-" in name for name in lab.folders())


def test_each_mistake_is_a_line_and_clients_show_the_first(lab):
    submit(lab.bucket, dataname="other/x.h5", configname="lab/configs/c.txt")
    lab.serve()
    lines = [line for line in logged(certificate(lab.results())) if line.startswith("INPUT ERROR")]
    assert [line.split("`")[1] for line in lines] == ["dataname", "configname"]
    assert all(line.startswith("INPUT ERROR: submit.json: ") for line in lines)


def test_a_folder_of_results_that_holds_others_is_named(lab):
    lab.bucket.write("lab/results/mine/notes.txt", b"mine")
    wait_for_another_time()
    submit(lab.bucket, resultpath="lab/results/mine")
    lab.serve()
    found = lab.results(next(iter(lab.folders())).removeprefix(f"job__{lab.bucket.name}_"))
    assert "`resultpath` lab/results/mine holds other files" in certificate(found)
    assert lab.bucket.read("lab/results/mine/notes.txt") == b"mine"
