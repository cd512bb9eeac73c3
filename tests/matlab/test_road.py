"""The toolbox as users have it, in GNU Octave: `road.m` in one process, and Ctrl-C in another."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TOOLBOX = HERE.parents[1] / "matlab"
OCTAVE = shutil.which("octave-cli")
CHECKS = re.findall(r"^    '(\w+)', @", (HERE / "road.m").read_text(encoding="utf-8"), re.MULTILINE)

pytestmark = [
    pytest.mark.matlab,
    pytest.mark.skipif(OCTAVE is None, reason="GNU Octave is not installed: no octave-cli"),
]


def environment(folder):
    """Variables of a process of Octave that works in a folder."""
    return {
        **os.environ, "LFADS_TOOLBOX": str(TOOLBOX), "LFADS_FOLDER": str(folder),
        "LFADS_PYTHON": sys.executable, "TMPDIR": str(folder),
        "LFADS_MATLAB_PREFERENCES": str(folder / "preferences.json"),
    }  # fmt: skip


def words(code):
    """Octave's command line."""
    return [str(OCTAVE), "--no-gui", "--norc", "--eval", code]


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What the road says of each check."""
    folder = tmp_path_factory.mktemp("matlab")
    found = subprocess.run(
        words(f"graphics_toolkit('gnuplot'); addpath('{HERE}'); road();"),
        env=environment(folder), capture_output=True, text=True, timeout=1500, check=False,
    )  # fmt: skip
    sys.stdout.write(found.stdout + found.stderr)
    return dict(re.findall(r"^CHECK (\w+) (.*)$", found.stdout, re.MULTILINE))


@pytest.mark.parametrize("check", CHECKS)
def test_the_road(said, check):
    assert said.get(check) == "ok"


NO_PYTHON = """
addpath(getenv('LFADS_TOOLBOX'));
try
  lfads.show('data.h5');
catch problem
  fprintf('%s: %s\\n', problem.identifier, problem.message);
end
"""


def test_without_a_python_it_says_where_it_looked_and_what_to_do(tmp_path):
    shutil.copytree(TOOLBOX / "+lfads", tmp_path / "toolbox" / "+lfads")
    (tmp_path / "bin").mkdir()
    alone = {
        **environment(tmp_path), "LFADS_TOOLBOX": str(tmp_path / "toolbox"), "LFADS_PYTHON": "",
        "HOME": str(tmp_path), "PATH": str(tmp_path / "bin"),
    }  # fmt: skip
    found = subprocess.run(
        words(NO_PYTHON), env=alone, capture_output=True, text=True, timeout=60, check=False
    )
    assert "lfads:noPython: no Python with lfads was found; looked at:" in found.stdout
    assert str(tmp_path / ".lfads" / "environment") in found.stdout
    assert "lfads.setup('python', '/path/to/python')" in found.stdout


INTERRUPTED = """
addpath(getenv('LFADS_TOOLBOX')); cd(getenv('LFADS_FOLDER'));
counts = double(rand(12, 9, 4) < 0.4);
lfads.prepare(counts, 'data.h5', 'bin_width_s', 0.02);
model = struct('num_factors', 2, 'generator_size', 4, 'encoder_size', 3, 'controller_size', 3);
training = struct('num_epochs', 100000, 'patience_epochs', 100000, 'num_shards', 1);
try
  lfads.train('data.h5', 'run', 'model', model, 'training', training);
catch problem
  fprintf('CAUGHT %s %s\\n', problem.identifier, problem.message);
end
training = lfads.read_training('run');
fprintf('EPOCHS %d\\n', training.epoch(end));
"""


@pytest.mark.skipif(os.name == "nt", reason="of POSIX signals")
def test_ctrl_c_ends_a_training_with_a_checkpoint(tmp_path):
    process = subprocess.Popen(
        words(INTERRUPTED), env=environment(tmp_path), stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        metrics = tmp_path / "run" / "metrics.jsonl"
        deadline = time.monotonic() + 120
        while not metrics.exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        out, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    assert "epoch 1" in out, out
    assert re.search(r"CAUGHT lfads:interrupted .*lfads\.resume", out), out
    assert int(re.findall(r"EPOCHS (\d+)", out)[0]) >= 1
    assert (tmp_path / "run" / "checkpoints" / "last.npz").exists()
    assert not list(tmp_path.glob("oct-*"))
