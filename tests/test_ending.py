"""Signals end a process at once, whatever it does, and leave nothing half-made."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")

ENDS = """
import os, signal, sys
from lfads.ending import end_on_signals
from lfads.files import written_beside

number = int(sys.argv[1])
end_on_signals()

def come():
    os.kill(os.getpid(), number)
    sum(range(1000))  # Python looks at signals
"""

WHERE = {
    "a callback of the garbage collector": """
import gc
gc.callbacks.append(lambda *_: come())
gc.collect()
""",
    "code that catches everything": """
while True:
    try:
        come()
    except BaseException:
        pass
""",
    "a module that is being imported": """
open("optional.py", "w").write("import __main__; __main__.come()")
sys.path.insert(0, "")
try:
    import optional
except ImportError:
    pass
""",
    "an object that goes": """
class Going:
    def __del__(self):
        come()
Going()
""",
    "a file that is being written": """
with written_beside("out.txt") as beside:
    beside.write_text("half")
    come()
""",
}


def ended(body: str, number: int, folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", ENDS + body + "\nprint('went on')", str(int(number))],
        cwd=folder, capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("where", WHERE)
def test_no_signal_is_swallowed(where, tmp_path):
    found = ended(WHERE[where], signal.SIGINT, tmp_path)
    assert (found.returncode, found.stderr, found.stdout) == (130, "lfads: interrupted\n", "")
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".txt"]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"])
def test_every_signal_that_asks_for_an_end_ends_it(name, tmp_path):
    assert ended("come()", getattr(signal, name), tmp_path).returncode == 130


def test_signals_that_a_parent_wants_ignored_stay_so(tmp_path):
    hung_up = "trap '' HUP; exec \"$@\""
    words = [sys.executable, "-c", ENDS + "come()\nprint('went on')", str(int(signal.SIGHUP))]
    found = subprocess.run(
        ["sh", "-c", hung_up, "sh", *words],
        cwd=tmp_path, capture_output=True, text=True, timeout=50, check=True,
    )  # fmt: skip
    assert found.stdout == "went on\n"
