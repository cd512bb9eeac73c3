"""Runs tests as often as asked, each time in a new process that already has what is slow to import.

What it is asked comes as lines of JSON on stdin, and what happened goes so to stdout. Nothing of lfads is imported
before a process of its own is made, so that each reads what the files hold by then. It must be started where `tests`
is, and needs `fork`. No test gets more processor time or memory than is given, whatever a mutant does.
"""

import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings

MOST_BYTES = 12 * 2**30
MOST_SECONDS = 1200.0  # by the clock: for what waits and computes nothing


def main() -> None:
    """Answer until stdin ends."""
    sys.path.insert(0, os.getcwd())
    import tests.conftest  # noqa: F401  # what it tells JAX must stand before JAX is imported

    for name in ("beartype", "equinox", "h5py", "hypothesis", "optax", "pytest", "scipy.stats", "xarray"):
        __import__(name)
    warnings.simplefilter("ignore")  # JAX warns of forks; no threads of its own run yet
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(answer(asked["tests"], asked["cpu_s"])), flush=True)


def answer(tests: list[str], cpu_s: float) -> dict[str, object]:
    """How the tests ended: pytest's status, or minus the signal that ended them; seconds; the last lines."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        child = os.fork()
        if child == 0:
            run(tests, cpu_s, output.fileno())
        status, usage = ended(child, began + MOST_SECONDS)
        output.seek(0)
        last = output.read()[-3000:]
    return {
        "status": os.waitstatus_to_exitcode(status),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "wall_s": round(time.monotonic() - began, 2),
        "output": last,
    }


def run(tests: list[str], cpu_s: float, output: int) -> None:
    """In the child: run, and end without what the parent would do at its end."""
    import pytest

    os.setpgid(0, 0)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s) + 1, int(cpu_s) + 2))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    off = [word for name in ("cacheprovider", "xdist", "faulthandler") for word in ("-p", f"no:{name}")]
    known = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of modules that are warm
    plain = ["-x", "-q", "--tb=line", *off, *known]
    status = 3
    try:
        status = int(pytest.main([*plain, *tests]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def ended(child: int, deadline: float) -> tuple[int, resource.struct_rusage]:
    """The child's status and usage, once it has ended; it is killed at the deadline."""
    while True:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid:
            return status, usage
        if time.monotonic() > deadline:
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.02)


if __name__ == "__main__":
    main()
