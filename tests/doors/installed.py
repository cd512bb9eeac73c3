"""The toys as a package, installed by pip into a folder: its entry points are real ones."""

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

TOYS = Path(__file__).parent / "toys"
ENTRY_POINTS = """
[lfads.observations]
laplace = lfads_toys.laplace:Laplace
[lfads.priors]
fixed = lfads_toys.fixed:Fixed
[lfads.generators]
leaky = lfads_toys.leaky:Leaky
[lfads.augmentations]
gain = lfads_toys.gain:Gain
[lfads.simulations]
coin = lfads_toys.coin:coin
[lfads.analyses]
peak = lfads_toys.peak:Peak
[lfads.baselines]
flat = lfads_toys.flat:Flat
[lfads.formats]
text = lfads_toys.text:Text
[lfads.trackers]
lines = lfads_toys.lines:Lines
"""
ABOUT = "lfads_toys-1.2.dist-info"


def install_toys(folder: Path) -> Path:
    """Build a wheel of the toys and let pip install it into a folder; returns the folder."""
    wheel = folder / "lfads_toys-1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in sorted(TOYS.glob("*.py")):
            archive.write(file, f"lfads_toys/{file.name}")
        archive.writestr(
            f"{ABOUT}/METADATA", "Metadata-Version: 2.1\nName: lfads-toys\nVersion: 1.2\n"
        )
        archive.writestr(f"{ABOUT}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{ABOUT}/entry_points.txt", ENTRY_POINTS)
        archive.writestr(f"{ABOUT}/RECORD", "")
    target = folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(target), str(wheel)], check=True, timeout=300)
    return target


def run_with(
    site: Path, *command: str, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A Python command that sees the toys."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), *sys.path[:1]])}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True,
        timeout=900,
    )  # fmt: skip


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str


IN_TURN = """
import contextlib, io, json, sys
from lfads.cli.main import run
done = []
for words in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(words)
    done.append((status, out.getvalue(), err.getvalue()))
print(json.dumps(done))
"""


def each_of(site: Path, folder: Path, *commands: tuple[str, ...]) -> list[Done]:
    """`lfads` commands that see the toys, in one process, which imports and compiles once."""
    done = run_with(site, "-c", IN_TURN, json.dumps(commands), folder=folder)
    assert done.returncode == 0, done.stderr
    return [Done(*one) for one in json.loads(done.stdout)]


def add_package(folder: Path, name: str, version: str, entry_points: str) -> None:
    """What pip leaves of an installed package; its modules stand in the folder itself."""
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (about / "entry_points.txt").write_text(entry_points)
