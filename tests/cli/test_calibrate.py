"""`lfads calibrate`, as a user runs it."""

import json

import pytest
from tests.small import flags, tiny_dataset

from lfads.cli.main import run
from lfads.formats.hdf5 import write

pytestmark = pytest.mark.usefixtures("undrawn")  # tests of words


def lfads(*arguments) -> int:
    return run([str(a) for a in arguments])


def test_a_table_words_and_mistakes(tmp_path, capsys):
    write(tiny_dataset(), tmp_path / "data.h5")
    made = tmp_path / "run"
    assert lfads("train", tmp_path / "data.h5", "--out", made, *flags(num_epochs=1)) == 0
    few = ("--num-ranked", "100", "--num-trained", "100", "--num-epochs", "1")
    capsys.readouterr()
    assert lfads("calibrate", made, *few, "--no-training") == 0
    said = capsys.readouterr().out
    assert "initial condition, encoders of the run" in said
    assert "trained on draws" not in said
    assert lfads("calibrate", made, *few) == 0
    assert "inferred inputs, encoders trained on draws" in capsys.readouterr().out
    assert lfads("calibrate", made, *few) == 2
    assert "--resume" in capsys.readouterr().err
    assert lfads("calibrate", made, *few, "--resume", "--json") == 0
    assert json.loads(capsys.readouterr().out)["num_trained"] == 100
    assert lfads("calibrate", made, "--num-ranked", "3") == 2
    assert "`--num-ranked` must be a whole number from 100" in capsys.readouterr().err
