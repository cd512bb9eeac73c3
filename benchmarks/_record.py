"""What every benchmark writes: results with the command, versions and machine that gave them."""

import argparse
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfads.devices import usable_cores
from lfads.files import write_text

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("lfads", "jax", "jaxlib", "equinox", "optax", "numpy")


def parser(description: str | None) -> argparse.ArgumentParser:
    """A parser that knows `--out`."""
    made = argparse.ArgumentParser(description=(description or "").split("\n\n")[0])
    made.add_argument("--out", type=Path, metavar="FILE.json", help="write the results there")
    return made


def record(results: Mapping[str, Any], out: Path | None, device: str | None = None) -> None:
    """Print the results as JSON and, if asked, write them.

    Parameters
    ----------
    results
        Of the benchmark.
    out
        File to write; None to print only.
    device
        That JAX computed on; the processor by default.
    """
    whole = {
        "benchmark": Path(sys.argv[0]).stem,
        "command": command(sys.argv),
        "results": dict(results),
        "device": device or processor(),
        "cores": usable_cores(),
        "versions": {"python": platform.python_version(), **versions()},
    }
    text = json.dumps(whole, indent=2) + "\n"
    print(text, end="")
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_text(out, text)


def earlier(out: Path | None) -> dict[str, Any]:
    """Results that an earlier run wrote to a file; none if there is no file."""
    if out is None or not out.is_file():
        return {}
    return json.loads(out.read_text(encoding="utf-8"))["results"]


def command(argv: list[str]) -> str:
    """The command without places of this machine: paths below the project, or bare file names."""

    def shortened(argument: str) -> str:
        if os.sep not in argument:
            return argument
        path = Path(argument).resolve()
        return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name

    return " ".join(["python", *map(shortened, argv)])


def versions() -> dict[str, str]:
    """Versions of the packages that matter."""
    return {name: importlib.metadata.version(name) for name in PACKAGES}


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def peak_mib() -> float:
    """Largest resident memory of this process so far."""
    try:
        import resource
    except ImportError:
        raise SystemExit("this system does not tell a process its peak memory") from None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
