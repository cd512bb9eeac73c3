"""What the library says is said in Python's words; the command line alone speaks of flags."""

import ast
import re
from pathlib import Path

import pytest

from lfads.cli.main import said

SOURCES = Path(__file__).parents[1] / "src" / "lfads"
SHELL = (
    "cli",
    "report",
    "plots",
    "paper/page.py",
    "studio",
    "jobs",
    "neurocaas/environment.py",
    "config/imported_files.py",
)
"""Pages show command lines and style sheets, jobs are some, and other programs have flags of their own."""
OTHER_PROGRAMS = re.compile(r"`(pip|ray) [^`]*`")


def texts(path: Path) -> list[tuple[int, str]]:
    """Every text of a module with its line, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone
    ]


def test_messages_of_the_library_name_no_flags():
    offenders = [
        f"{path.relative_to(SOURCES)}:{line}: {text}"
        for path in sorted(SOURCES.rglob("*.py"))
        if not path.relative_to(SOURCES).as_posix().startswith(SHELL)
        for line, text in texts(path)
        if re.search(r"--[a-z]", OTHER_PROGRAMS.sub("", text))
    ]
    assert not offenders


@pytest.mark.parametrize(
    ("command", "message", "told"),
    [
        ("prepare", "`align_to=` needs `window_s=`", "`--align-to` needs `--window-s`"),
        ("prepare", "give `window_s=(-0.2, 0.6)`", "give `--window-s -0.2 0.6`"),
        ("prepare", "no column `trials` or `start`", "no column `trials` or `start`"),
        ("train", "`window_s=` is no flag of this", "`window_s=` is no flag of this"),
        ("train", "go on with `resume=True`", "go on with `--resume`"),
        ("train", "try `model.num_factors=4`", "try `--model.num-factors 4`"),
        ("search", "or `search.method='random'`", "or `--search.method random`"),
        ("infer", "`lfads.train(data, out='run')` makes one", "`lfads train` makes one"),
        ("infer", "`lfads.search_population` or `run.infer()`", "`lfads search` or `lfads infer`"),
        ("infer", "`lfads.leave_one_out`, `lfads.chop`", "`lfads leave-one-out`, `lfads.chop`"),
        ("trian", "`resume=True`", "`resume=True`"),
    ],
)
def test_the_command_line_speaks_of_flags(command: str, message: str, told: str):
    assert said(message, command) == told
