"""A bucket whose jobs are those of a Ray cluster on this machine."""

import pytest
from tests.jobs.ray_here import ray_cluster
from tests.neurocaas.lab import END, Lab, status, submit
from tests.neurocaas.one_file import tiny_file, write_input

from lfads.cli.main import run
from lfads.neurocaas.opened import open_bucket

yaml = pytest.importorskip("yaml")
pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("default")]


def test_a_true_job_and_one_that_fails(tmp_path):
    (tmp_path / "bucket").mkdir()
    bucket = open_bucket(tmp_path / "bucket")
    data = write_input(tmp_path / "lfads_monday.h5", seed=4, neurons=4)
    bucket.write("lab/inputs/monday.h5", data.read_bytes())
    bucket.write("lab/inputs/broken.h5", b"no file of HDF5")
    settings = yaml.safe_dump({**tiny_file(), "bin_width_s": 0.02}).encode()
    bucket.write("lab/configs/config.yaml", settings)
    submit(bucket, "lab/submissions/1_submit.json", timestamp="1")
    submit(bucket, "lab/submissions/2_submit.json", dataname="lab/inputs/broken.h5", timestamp="2")
    with ray_cluster() as address:
        words = ["neurocaas", "serve", str(tmp_path / "bucket"), "--work", str(tmp_path / "work")]
        engine = [
            "--engine",
            "ray",
            "--address",
            address,
            "--cores",
            "1",
            "--once",
            "--poll-s",
            "0.5",
        ]
        assert run([*words, *engine]) == 1  # one of them fails
    lab = Lab(bucket, tmp_path / "other")
    done, failed = lab.results("1"), lab.results("2")
    assert (status(done)["status"], status(done)["reason"]) == ("SUCCESS", 0)
    assert "process_results/autolfads.zip" in done
    assert (status(failed, "broken.h5")["status"], status(failed, "broken.h5")["reason"]) == (
        "FAILED",
        2,
    )
    assert END in done
    assert END in failed
