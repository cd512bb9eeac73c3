"""`lfads null`, as a user runs it."""

import json

import pytest
from tests.runs.test_null import recorded
from tests.small import AUTONOMOUS, flags

from lfads.cli.main import run
from lfads.formats.hdf5 import write

pytestmark = pytest.mark.usefixtures("undrawn")  # tests of words


def lfads(*arguments) -> int:
    return run([str(a) for a in arguments])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("null")
    write(recorded(gain=True), folder / "data.h5")
    inputs = str(AUTONOMOUS["model"]["num_inferred_inputs"])
    given = [*flags(num_epochs=4), "--model.num-inferred-inputs", inputs]
    assert lfads("train", folder / "data.h5", "--out", folder / "run", *given) == 0
    return folder / "run"


def test_a_table_and_a_verdict_and_what_is_kept(made, capsys):
    capsys.readouterr()
    assert lfads("null", made, "--num-shuffles", "99", "--no-training") == 0
    assert "(p = " in capsys.readouterr().out
    assert not (made / "null-trials").exists()
    assert lfads("null", made, "--num-shuffles", "99") == 0
    said = capsys.readouterr()
    assert "trials of each neuron permuted" in said.out
    assert "training on the surrogate" in said.err
    assert lfads("null", made, "--num-shuffles", "99", "--resume", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["test"]["num_shuffles"] == 99
    assert found["real"]["best_epoch"] >= 1
    assert found["destroyed"] is not None
    assert (made / "null.json").is_file()


def test_mistakes_are_said_in_flags(made, capsys):
    for given, words in (
        (("--num-shuffles", "9"), "`--num-shuffles` must be a whole number from 99"),
        (("--surrogate", "neurons"), "neurons"),
    ):
        assert lfads("null", made, *given) == 2
        assert words in capsys.readouterr().err
    write(recorded(gain=True, seed=3), made.parent / "other.h5")
    assert lfads("null", made, made.parent / "other.h5") == 2
    assert "test these alone with `--no-training`" in capsys.readouterr().err
    assert lfads("null", made, made.parent / "other.h5", "--no-training") == 0
    assert lfads("baseline", "psth", made.parent / "data.h5", "--out", made.parent / "psth") == 0
    assert lfads("null", made.parent / "psth") == 2
    assert "which has no network" in capsys.readouterr().err
