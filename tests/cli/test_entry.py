"""Where the command begins and ends: signals, and streams that are broken or not there."""

import os
import subprocess
import sys
from unittest import mock

import pytest

from lfads.cli.main import run

COMMAND = """
import sys
from unittest import mock
from lfads.cli.entry import main

def run(words):
{body}
    return 0

with mock.patch("lfads.cli.main.run", run):
    main()
"""


def command(body: str) -> list[str]:
    """A process in which the command line is a few lines."""
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    return [sys.executable, "-c", COMMAND.format(body=indented)]


def test_an_exception_of_an_interruption_ends_it_as_well():
    given = command("raise KeyboardInterrupt")
    found = subprocess.run(given, capture_output=True, text=True, timeout=50, check=False)
    assert (found.returncode, found.stderr) == (130, "lfads: interrupted\n")


WORK = """
for number in range(3):
    sys.stderr.write(f"epoch {number}\\n")
    with open(sys.argv[1], "a") as file:
        file.write(f"{number} ")
"""


@pytest.mark.skipif(os.name == "nt", reason="of POSIX shells")
@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-", "2>&1 | head -c 1", "2>&- >&- <&-"])
def test_broken_streams_stop_no_work(stderr, tmp_path):
    if "/dev/full" in stderr and not os.path.exists("/dev/full"):  # noqa: PTH110
        pytest.skip("no such device")
    done = tmp_path / "done"
    script = f'( "$@" {done}; echo $? > {tmp_path}/status ) {stderr}'
    subprocess.run(["sh", "-c", script, "sh", *command(WORK)], timeout=50, check=False)
    assert done.read_text() == "0 1 2 "
    assert (tmp_path / "status").read_text() == "0\n"


@pytest.mark.skipif(os.name == "nt", reason="of POSIX shells")
def test_no_file_becomes_a_stream_that_is_not_there(tmp_path):
    body = 'with open(sys.argv[1], "w") as file:\n    file.write(str(file.fileno() > 2))'
    script = f'"$@" {tmp_path}/out 2>&- >&- <&-'
    subprocess.run(["sh", "-c", script, "sh", *command(body)], timeout=50, check=True)
    assert (tmp_path / "out").read_text() == "True"


@pytest.mark.parametrize(("error", "said"), [((), "MemoryError"), (("5 GiB",), "5 GiB")])
def test_memory_that_runs_out_is_one_message(error, said, tmp_path, capsys):
    with mock.patch("lfads.formats.read.read", side_effect=MemoryError(*error)):
        assert run(["train", str(tmp_path / "data.npz"), "--out", str(tmp_path / "run")]) == 2
    assert f"lfads: error: memory ran out: {said}. Ask for less" in capsys.readouterr().err
