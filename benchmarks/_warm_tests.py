"""Runs tests as often as asked, each time in a new process that already has what is slow to import.

What is asked comes as lines of JSON on stdin, and what happened goes so to stdout. This process imports
packages; a branch of it, modules of lfads that cannot know of the file with the mutant; a child of the
branch runs the tests and reads the other modules from their files. It starts where `tests` is, and needs
`fork`. No run gets more processor time or memory than is given, whatever a mutant does.
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
from importlib import import_module
from pathlib import Path
from typing import Any

MOST_BYTES = 12 * 2**30
MOST_SECONDS = 1200.0  # by the clock: for what waits and computes nothing
PACKAGES = ("beartype", "equinox", "h5py", "hypothesis", "optax", "pytest", "scipy.stats", "xarray")
PROFILE = "mutation"


def main() -> None:
    """Answer until stdin ends."""
    sys.path.insert(0, str(Path.cwd()))
    # First what tells JAX, which must stand before JAX is imported.
    for name in ("tests.conftest", *PACKAGES):
        import_module(name)
    without_shrinking()
    warnings.simplefilter("ignore")  # JAX warns of forks; no threads of its own run yet
    branch = None
    for line in sys.stdin:
        warm = json.loads(line)["warm"]
        if branch is None or branch.warm != warm:
            if branch is not None:
                branch.end()
            branch = Branch(warm)
        print(branch.answer(line), end="", flush=True)


def without_shrinking() -> None:
    """A profile of Hypothesis in which the first failure is enough."""
    from hypothesis import Phase, settings

    phases = (Phase.explicit, Phase.generate)
    settings.register_profile(PROFILE, settings.get_profile("lfads"), phases=phases)


class Branch:
    """A process that has imported some modules of lfads, too."""

    def __init__(self, warm: list[str]) -> None:
        self.warm = warm
        (asked, ask), (answer, answered) = os.pipe(), os.pipe()
        self._child = os.fork()
        if self._child == 0:
            os.close(ask)
            os.close(answer)
            grow(warm, asked, answered)
        os.close(asked)
        os.close(answered)
        self._ask, self._answer = os.fdopen(ask, "w"), os.fdopen(answer)

    def answer(self, line: str) -> str:
        """Of the process."""
        self._ask.write(line)
        self._ask.flush()
        return self._answer.readline()

    def end(self) -> None:
        """End it."""
        self._ask.close()
        self._answer.close()
        os.waitpid(self._child, 0)


def grow(warm: list[str], asked: int, answered: int) -> None:
    """In the branch: import, and answer."""
    status = 1
    try:
        for name in warm:
            import_module(name)
        from jax._src.xla_bridge import backends_are_initialized

        assert not backends_are_initialized(), (
            "a module computes at import: no process may be made after that"
        )
        with os.fdopen(asked) as lines, os.fdopen(answered, "w") as answers:
            for line in lines:
                print(json.dumps(run_apart(**json.loads(line))), file=answers, flush=True)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def run_apart(tests: list[str], cpu_s: float, warm: list[str]) -> dict[str, Any]:
    """How tests ended: pytest's status, or minus the signal that ended them; seconds, modules, words."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as modules:
        child = os.fork()
        if child == 0:
            run(tests, cpu_s, output.fileno(), modules.fileno())
        status, usage = ended(child, began + MOST_SECONDS)
        output.seek(0)
        modules.seek(0)
        said, loaded = output.read()[-3000:], modules.read().split()
    return {
        "status": os.waitstatus_to_exitcode(status),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "wall_s": round(time.monotonic() - began, 2),
        "modules": loaded,
        "output": said,
    }


def run(tests: list[str], cpu_s: float, output: int, modules: int) -> None:
    """In the child: run, and end without what the parent would do at its end."""
    import pytest

    os.setpgid(0, 0)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s) + 1, int(cpu_s) + 2))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    off = [
        word for name in ("cacheprovider", "xdist", "faulthandler") for word in ("-p", f"no:{name}")
    ]
    known = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of modules that are warm
    status = 3
    try:
        status = int(
            pytest.main(
                ["-x", "-q", "--tb=line", f"--hypothesis-profile={PROFILE}", *off, *known, *tests]
            )
        )
        os.write(
            modules,
            "\n".join(name for name in list(sys.modules) if name.startswith("lfads.")).encode(),
        )
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
