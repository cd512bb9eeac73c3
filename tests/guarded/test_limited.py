"""Processes with limits: what takes too much ends alone, and what it started ends with it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lfads.guarded.limited import LEAST_BYTES, Ran, memory_for, run_limited

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone keeps these limits")
MIB = 2**20


def ran(code: str, *, memory_bytes: int = 512 * MIB, seconds: float = 30.0) -> Ran:
    return run_limited(
        [sys.executable, "-S", "-c", code], memory_bytes=memory_bytes, seconds=seconds, cwd=Path.cwd(),
        environment={"PATH": os.environ["PATH"]},
    )  # fmt: skip


def test_a_process_says_what_it_says():
    done = ran("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert done == (3, b"out\n", b"err\n")


def test_memory_ends():
    done = ran("x = bytearray(200 * 2**20); print(len(x))", memory_bytes=100 * MIB)
    assert done.status == 1
    assert b"MemoryError" in done.err
    assert ran("x = bytearray(50 * 2**20); print('ok')", memory_bytes=200 * MIB).out == b"ok\n"


def test_a_process_that_takes_too_long_ends_with_those_it_started(tmp_path):
    mark = tmp_path / "alive"
    child = (
        f"import time, pathlib\nwhile True: pathlib.Path({str(mark)!r}).touch(); time.sleep(.02)"
    )
    code = "import subprocess, sys, time\n"
    code += f"subprocess.Popen([sys.executable, '-S', '-c', {child!r}]); time.sleep(60)"
    with pytest.raises(subprocess.TimeoutExpired):
        ran(code, seconds=1.5)
    mark.unlink()
    time.sleep(0.3)
    assert not mark.exists()


def test_limits_cannot_be_raised_again():
    code = "import resource; m = resource.RLIMIT_DATA; print(resource.getrlimit(m))"
    assert ran(code).out == f"({512 * MIB}, {512 * MIB})\n".encode()


def test_memory_grows_with_the_file():
    assert memory_for(0) == LEAST_BYTES
    assert memory_for(2**20) >= LEAST_BYTES
