"""What is found out in processes of their own, however they end."""

import sys
import time

import pytest

from lfads.cli.main import run
from lfads.formats.hdf5 import write
from lfads.simulate.lorenz import simulate_lorenz
from lfads.studio import looks
from lfads.studio.data import suits
from lfads.studio.looks import Kind, Look, Looks
from lfads.studio.results import as_mat

TINY = simulate_lorenz(num_neurons=5, num_bins=10, num_conditions=2, trials_per_condition=10)


def ended(some: Looks, path, kind: Kind = "show") -> Look:
    """The look at its end."""
    for _ in range(3000):
        if (look := some.ask(path, kind)).state != "waits":
            return look
        time.sleep(0.02)
    raise AssertionError


@pytest.mark.parametrize(
    ("code", "state", "text"),
    [
        ("print('<rows>')", "ready", "<rows>\n"),
        ("import sys; sys.exit('lfads: error: no')", "failed", "exit status 1"),
        ("import sys; print('lfads: error: no', file=sys.stderr); sys.exit(2)", "failed", "no"),
        (
            "import os; os.kill(os.getpid(), 9)",
            "failed",
            "ended by signal 9; the file may be damaged",
        ),
        ("import time; time.sleep(60)", "failed", "it took longer than 0 s, and was ended"),
    ],
)
def test_a_look_says_how_it_ended(tmp_path, monkeypatch, code: str, state: str, text: str):
    monkeypatch.setattr(looks, "_words", lambda *_: [sys.executable, "-c", code])
    some = Looks(tmp_path / "looks", most_s=0.4 if "sleep" in code else 30.0)
    path = tmp_path / "a.h5"
    path.write_bytes(b"x")
    first = some.ask(path, "show")
    assert first.state == "waits"
    assert first.text == "reading the file"
    look = ended(some, path)
    assert look.state == state
    assert text in look.text
    assert Looks(tmp_path / "looks").ask(path, "show") == look
    if state == "failed":
        some.again(path, "show")
        assert some.ask(path, "show").state == "waits"
    path.write_bytes(b"changed")
    assert some.ask(path, "show").state == "waits"


def test_what_cannot_be_started_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(looks, "_words", lambda *_: [str(tmp_path / "nothing")])
    assert "no process could be started" in ended(Looks(tmp_path / "looks"), tmp_path).text


def test_the_commands_are_ours(tmp_path):
    path, made = tmp_path / "a.h5", tmp_path / "b"
    words = {kind: looks._words(kind, path, made, 0.02)[3:] for kind in looks.SAID}
    assert words["preview"] == [
        "preview",
        str(path),
        "--out",
        str(made),
        "--overwrite",
        "--bin-width-s",
        "0.02",
    ]
    assert words["suits"] == [str(path), "--bin-width-s", "0.02"]
    assert words["contents"] == [str(path)]


def test_show_is_what_the_command_prints(tmp_path, capsys):
    data = write(TINY, tmp_path / "data.h5")
    look = ended(Looks(tmp_path / "looks"), data)
    assert run(["show", str(data)]) == 0
    assert look.text == capsys.readouterr().out
    assert "(trial, time, neuron) = (20, 10, 5)" in look.text


def test_what_suits_data_is_what_a_training_would_derive(tmp_path, capsys):
    found = suits.suits(TINY)
    assert found["train"]["settings"]["model.num_factors"][0] == 5
    assert found["train"]["settings"]["training.learning_rate_schedule"][0] == "cosine"
    assert found["search"]["settings"]["training.learning_rate_schedule"][0] == "constant"
    assert 0 < found["train"]["minutes"] < found["search"]["minutes"]
    data = tmp_path / "data.txt"
    data.write_text("no data")
    assert suits.main([str(data)]) == 2
    assert "lfads: error: " in capsys.readouterr().err


def test_a_posterior_that_is_none_is_refused(tmp_path, capsys):
    assert as_mat.main([str(tmp_path / "none.nc"), str(tmp_path / "a.mat")]) == 2
    assert "lfads: error: " in capsys.readouterr().err
