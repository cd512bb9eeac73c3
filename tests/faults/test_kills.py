"""`kill -9` of real processes at flushes and renames; `test_crash_points.py` has every place."""

import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from tests.faults.same import differences, held_by
from tests.faults.test_crash_points import FLAGS, keep

from lfads.cli.main import run

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal"),
    pytest.mark.filterwarnings("ignore"),
]

TRAINS = """
import os, signal, sys
from lfads.cli.main import run

operation, number, calls = sys.argv[1], int(sys.argv[2]), 0
real = getattr(os, operation)

def call(*given):
    global calls
    calls += 1
    if calls == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given)

setattr(os, operation, call)
status = run(sys.argv[3:])
print(calls, flush=True)
sys.exit(status)
"""


@pytest.mark.parametrize("operation", ["fsync", "replace"])
def test_a_killed_training_goes_on(operation, tmp_path):
    path, folder = tmp_path / "data.npz", tmp_path / "run"
    counts = np.random.default_rng(0).poisson(0.5, (12, 9, 4))
    np.savez(path, spikes=counts, bin_width_s=0.02)
    words = [str(word) for word in ["train", path, "--out", folder, *FLAGS]]

    def trained(number: int) -> subprocess.CompletedProcess:
        shutil.rmtree(folder, ignore_errors=True)
        given = [sys.executable, "-c", TRAINS, operation, str(number), *words]
        return subprocess.run(given, capture_output=True, text=True, timeout=300, check=False)

    calls = int(trained(0).stdout.splitlines()[-1])
    undisturbed = held_by(folder)
    numbers, wrong = sorted({1, 2, (calls + 1) // 2, calls}), {}
    for number in numbers:
        killed = trained(number)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        if run(words) != 0 and run([*words, "--resume"]) != 0:
            wrong[number] = ["does not go on"]
        elif others := differences(held_by(folder), undisturbed):
            wrong[number] = others
    keep(
        f"train, killed at {operation}",
        calls=calls,
        tried=len(numbers),
        held=len(numbers) - len(wrong),
    )
    assert not wrong
