"""`lfads infer --refine` as a user runs it: what it says, mistakes, and going on after a kill."""

import json
import re
import signal
import subprocess
import sys
import time
from unittest import mock

import numpy as np
import pytest
from tests.small import flags

from lfads.cli.main import run
from lfads.inference import averages, kept_batches
from lfads.paths import batches_beside
from lfads.results.netcdf import read_netcdf


def lfads(*words):
    return run([str(word) for word in words])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    counts = np.random.default_rng(0).poisson(0.5, (12, 9, 4))
    np.savez(folder / "data.npz", spikes=counts, bin_width_s=0.02)
    words = [*flags(num_epochs=1), "--model.num-inferred-inputs", 0]
    assert lfads("train", folder / "data.npz", "--out", folder / "run", *words) == 0
    return folder / "run"


@pytest.fixture
def one_by_one(monkeypatch):
    """A batch holds a trial."""
    monkeypatch.setattr(averages, "trials_in_a_minute", lambda model, how: 1)


def test_it_says_how_far_the_encoders_were(trained, tmp_path, capsys):
    out = tmp_path / "posterior.nc"
    words = ("infer", trained, "--num-samples", 2, "--refine", 3, "--out", out)
    assert lfads(*words) == 0
    said = capsys.readouterr()
    assert "refined: the bound rose by " in said.out
    assert re.search(r"that took \d+ s: 1 network, 3 steps on each trial of each\n", said.out)
    assert " nats a trial (" in said.out
    assert not batches_beside(out).exists()
    assert lfads(*words, "--json") == 0
    gain = json.loads(capsys.readouterr().out)["bound_gain"]
    gains = read_netcdf(out)["bound_gain"].values
    assert gain["mean"] == pytest.approx(gains.mean(), rel=1e-5)
    assert (gain["least"], gain["most"]) == (gains.min(), gains.max())
    assert lfads("infer", trained, "--num-samples", 2, "--out", out, "--json") == 0
    assert "bound_gain" not in json.loads(capsys.readouterr().out)


def test_mistakes(trained, tmp_path, capsys):
    out = tmp_path / "posterior.nc"
    assert lfads("infer", trained, "--refine", -1, "--out", out) == 2
    assert "`--refine` must be a whole number from 0 to 10000; got -1" in capsys.readouterr().err
    assert lfads("infer", trained, "--refine", 1.5, "--out", out) == 2
    assert "--refine" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("one_by_one")
def test_it_goes_on_where_it_was_interrupted(trained, tmp_path, capsys):
    out = tmp_path / "posterior.nc"
    words = ("infer", trained, "--num-samples", 2, "--refine", 3, "--out", out)
    write, written = kept_batches.write_checkpoint, []

    def until_the_fifth(*arguments):
        if len(written) == 5:
            raise KeyboardInterrupt
        written.append(arguments)
        write(*arguments)

    with (
        mock.patch.object(kept_batches, "write_checkpoint", until_the_fifth),
        pytest.raises(KeyboardInterrupt),
    ):
        lfads(*words)
    assert not out.exists()
    assert len(list(batches_beside(out).glob("*.npz"))) == 5
    with mock.patch.object(kept_batches, "write_checkpoint", wraps=write) as anew:
        assert lfads(*words) == 0
    assert anew.call_count == 7
    assert not batches_beside(out).exists()
    went_on = read_netcdf(out)
    assert lfads(*words) == 0
    np.testing.assert_array_equal(went_on["rates"], read_netcdf(out)["rates"])
    capsys.readouterr()


@pytest.mark.usefixtures("one_by_one")
def test_other_options_begin_anew(trained, tmp_path):
    out = tmp_path / "posterior.nc"
    given = ("infer", trained, "--num-samples", 2, "--out", out)
    with mock.patch("lfads.results.posterior.Posterior.save", side_effect=OSError("crash")):
        assert lfads(*given, "--refine", 3) != 0
    assert len(list(batches_beside(out).glob("*.npz"))) == 12
    write = kept_batches.write_checkpoint
    with mock.patch.object(kept_batches, "write_checkpoint", wraps=write) as anew:
        assert lfads(*given, "--refine", 2) == 0
    assert anew.call_count == 12
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal")
def test_a_process_that_was_killed_leaves_whole_parts(trained, tmp_path):
    out = tmp_path / "posterior.nc"
    program = (
        "import sys; from lfads.inference import averages\n"
        "averages.trials_in_a_minute = lambda model, how: 1\n"
        "from lfads.cli.main import run; sys.exit(run(sys.argv[1:]))"
    )
    words = ["infer", str(trained), "--num-samples", "2", "--refine", "400", "--out", str(out)]
    process = subprocess.Popen([sys.executable, "-c", program, *words])
    try:
        until = time.monotonic() + 300
        while not list(batches_beside(out).glob("[!.]*.npz")):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    assert not out.exists()
    for path in batches_beside(out).glob("[!.]*.npz"):
        with np.load(path, allow_pickle=False) as file:
            header = json.loads(file["header.json"].tobytes())
            assert path.name.startswith(header["digest"][:16])
