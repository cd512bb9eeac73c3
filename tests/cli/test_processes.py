"""Two processes on one machine train as one process with two devices."""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest
from tests.small import AUTONOMOUS, flags, tiny_dataset

import lfads
from lfads.config import read_config
from lfads.training.tracking import read_metrics


def start(folder, data, *words):
    """`lfads train` in a process of its own, with one CPU device."""
    code = "from lfads.cli.entry import main; main()"
    command = [sys.executable, "-c", code, "train", str(data), "--out", str(folder)]
    environment = {**os.environ, "JAX_NUM_CPU_DEVICES": "1", "JAX_PLATFORMS": "cpu"}
    return subprocess.Popen(
        [*command, *flags(num_shards=2), "--model.num-inferred-inputs", "0", *words],
        env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def together(folder, data):
    """Exit status, output and errors of two processes."""
    address = f"127.0.0.1:{free_port()}"
    processes = [
        start(
            folder, data, "--coordinator", address, "--num-processes", "2", "--process-id", str(i)
        )
        for i in range(2)
    ]
    return [(*p.communicate(timeout=300), p.returncode) for p in processes]


@pytest.mark.cluster  # where cores wait for others
def test_two_processes_train_as_one(tmp_path):
    data, one, two = tmp_path / "data.h5", tmp_path / "one", tmp_path / "two"
    lfads.write(tiny_dataset(), data)
    training = {**AUTONOMOUS["training"], "num_shards": 2}
    config = read_config(flags={**AUTONOMOUS, "training": training})
    lfads.train(lfads.read(data), config, out=one, progress=False)
    (first_out, first_err, first_status), (other_out, other_err, other_status) = together(two, data)
    assert (first_status, other_status) == (0, 0), first_err + other_err
    assert "epoch 1/3" in first_err
    assert "epoch" not in other_err
    assert "best epoch 3 of 3" in first_out
    assert "best" not in other_out
    for a, b in zip(*(read_metrics(run / "metrics.jsonl") for run in (one, two)), strict=True):
        for name in ("train_nll", "valid_nll", "gradient_norm"):
            np.testing.assert_allclose(a[name], b[name], rtol=1e-5)
    with np.load(one / "checkpoints/last.npz") as a, np.load(two / "checkpoints/last.npz") as b:
        assert set(a.files) == set(b.files)
        for name in a.files:
            if a[name].dtype == np.float32:
                np.testing.assert_allclose(a[name], b[name], rtol=1e-4, atol=1e-6)
    summary = json.loads((two / "summary.json").read_text())
    assert summary["device"] == "CPU, 2 cores, 2 processes"
    (_, first_err, first_status), (_, other_err, other_status) = together(two, data)
    assert (first_status, other_status) == (2, 2)
    assert "already holds a run" in first_err
    assert "the first process cannot train in" in other_err
