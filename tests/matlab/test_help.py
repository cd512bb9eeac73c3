"""The help of the toolbox's functions is that of the commands behind them, and every function has some."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from lfads.cli.commands import BY_NAME
from lfads.cli.main import make_app
from lfads.matlab.toolbox import function_names, toolbox_folder
from lfads.matlab.wording import SWITCHES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def generator():
    """The script that writes the help."""
    spec = importlib.util.spec_from_file_location("make_help", ROOT / "matlab" / "make_help.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_file_differs_from_what_would_be_written(generator, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["make_help.py", "--check"])
    assert generator.main() == 0, capsys.readouterr().err


def test_a_changed_text_is_found(generator, monkeypatch, capsys):
    changed = generator.help_of
    monkeypatch.setattr(generator, "help_of", lambda name, page: changed(name, page) + "\n% more")
    monkeypatch.setattr(sys, "argv", ["make_help.py", "--check"])
    assert generator.main() == 1
    assert "make matlab-help" in capsys.readouterr().err


@pytest.mark.parametrize("name", function_names())
def test_every_function_says_what_it_does_and_how_it_is_called(name):
    first, *rest = (
        (toolbox_folder() / "+lfads" / f"{name}.m").read_text(encoding="utf-8").split("\n")
    )
    if first.startswith("classdef"):
        return
    comment = rest[: next(k for k, x in enumerate(rest) if x[:1] != "%")]
    assert comment[0].startswith(f"%{name.upper()}  ")
    assert any(f"LFADS.{name.upper()}(" in line for line in comment)
    assert any("See also" in line for line in comment)
    signature = re.match(r"function (?:.*= *)?\w+\((.*)\)", first)
    assert signature is not None
    for argument in signature[1].split(", "):
        assert argument == "varargin" or any(argument.upper() in line for line in comment), argument


def test_switches_are_those_that_the_toolboxs_commands_have():
    commands = [name for name in function_names() if name.replace("_", "-") in BY_NAME]
    found = {
        flag.removeprefix("--")
        for name in commands
        for one in make_app()[name].assemble_argument_collection()
        for flag in one.names
        if "bool" in str(one.hint) and "." not in flag
    }
    assert found <= {*SWITCHES, "nlb"}


def test_the_page_names_every_function():
    page = (ROOT / "docs" / "matlab.md").read_text(encoding="utf-8")
    plain = [
        name
        for name in function_names()
        if (toolbox_folder() / "+lfads" / f"{name}.m").read_text(encoding="utf-8")[:8] == "function"
    ]
    assert len(plain) >= 19
    for name in plain:
        assert f"lfads.{name}" in page, name
