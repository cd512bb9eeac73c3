"""Help: what people need first stands first, with defaults; and shells complete it."""

import dataclasses
import shutil
import subprocess

import pytest

from lfads.cli import flags
from lfads.cli.main import COMMANDS, run
from lfads.config import ModelConfig, RunConfig, SearchConfig, TrainingConfig, preset_names
from lfads.model.shapes import SessionShape, Shapes
from lfads.training.defaults import resolve_defaults
from lfads.training.sizes import DataSizes, Machine


def helped(capsys, *words):
    assert run([*words, "--help"]) == 0
    return capsys.readouterr().out


def test_commands_are_listed_in_the_order_of_work(capsys):
    text = helped(capsys)
    work = [
        "simulate",
        "prepare",
        "preview",
        "show",
        "train",
        "search",
        "infer",
        "evaluate",
        "report",
    ]
    places = [text.index(f"│ {name} ") for name in work]
    assert places == sorted(places)


@pytest.mark.parametrize("command", [c.__name__.replace("_", "-") for c in COMMANDS])
def test_no_flag_is_there_twice_without_need(command, capsys):
    text = helped(capsys, command)
    assert "--empty-" not in text
    assert "--no-" not in text.replace("--no-baselines", "").replace("--no-training", "")
    assert "[default: False]" not in text


def test_essentials_come_before_settings_and_these_have_defaults(capsys):
    text = " ".join(helped(capsys, "train").replace("│", " ").split())
    order = ["--out", "--preset", "--coordinator", "--model.num-factors", "--training.batch-size"]
    places = [text.index(name) for name in [*order, "--objective.loss-scale"]]
    assert places == sorted(places)
    assert "Latent factors that the rates are read out from. [default: from the data]" in text
    assert "generator autonomous. [default: 1]" in text
    assert "Stop after this long. --training" in text  # without a default
    for name in preset_names():
        assert name in text[text.index("--preset") : text.index("--seed")]


def test_settings_without_a_default_are_derived_but_those_that_are_named():
    shapes = Shapes((SessionShape(3, (0, 1, 2)),), 10, 0, 0)
    sizes = DataSizes(shapes, 40, trial_bytes=30, trial_lengths=(10,))
    machine = Machine(4, 4 * 2**30, 2**29, data_bytes=2**29)
    derived = {one.name for one in resolve_defaults(RunConfig(), sizes, machine)[1]}
    kinds = (ModelConfig, TrainingConfig, SearchConfig)
    unset = {f.name for kind in kinds for f in dataclasses.fields(kind) if f.default is None}
    assert unset - derived <= {*flags.NOT_DERIVED}
    assert not derived & {*flags.NOT_DERIVED}


def test_what_is_on_without_a_flag_can_be_turned_off():
    off = flags.ObjectiveFlags.__dataclass_fields__["rescale_coordinated_dropout"]
    assert off.type.__metadata__[0].negative is None
    causal = flags.ModelFlags.__dataclass_fields__["causal"]
    assert causal.type.__metadata__[0].negative == ()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_and_flags(shell, tmp_path, monkeypatch, capsys):
    for name in ("HOME", "USERPROFILE", "ZDOTDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("ZSH_CUSTOM", raising=False)
    assert run(["--install-completion", "--shell", shell]) == 0
    script = next(path for path in tmp_path.rglob("*lfads*") if path.is_file())
    assert str(script) in capsys.readouterr().out
    text = script.read_text(encoding="utf-8")
    for word in ("leave-one-out", "num-factors", "overwrite"):
        assert word in text
    if shell == "bash" and shutil.which("bash"):
        subprocess.run(["bash", "-n", str(script)], check=True)
