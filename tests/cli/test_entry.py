"""Where the command begins and ends."""

import subprocess
import sys

IN_A_COLLECTION = """
import gc, time
from unittest import mock
from lfads.cli.entry import main

dropped = []

def collected(*_):
    if not dropped:
        dropped.append(True)
        raise KeyboardInterrupt  # as where a signal comes while it runs

def run(words):
    gc.callbacks.append(collected)
    gc.collect()
    time.sleep(60)

with mock.patch("lfads.cli.main.run", run):
    main()
"""


def test_an_interruption_that_the_garbage_collector_drops_comes_anew():
    command = [sys.executable, "-c", IN_A_COLLECTION]
    found = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert found.returncode == 130, found.stderr
    assert found.stderr == "lfads: interrupted\n"
