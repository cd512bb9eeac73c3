"""Documentation and code agree: commands, flags, settings, names and files that pages mention exist."""

import ast
import dataclasses
import importlib
import importlib.util
import re
import shlex
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import lfads
from lfads.cli.main import COMMANDS, GROUPED, NESTED, make_app
from lfads.config import RunConfig, tables_of_config
from lfads.paper.reproduce import EXPERIMENTS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
TABLES = tables_of_config()


def blocks(page: Path, language: str) -> list[str]:
    """Code blocks of one language."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def command_lines(page: Path) -> list[str]:
    """Lines of shell blocks that call lfads; a backslash joins a line with the next."""
    whole = [re.sub(r"\\\n\s*", "", block) for block in blocks(page, "bash")]
    lines = [line for block in whole for line in block.splitlines()]
    return [line for line in lines if line.startswith("lfads ")]


def mentioned_commands(page: Path) -> set[str]:
    """Words that follow `lfads` in code, in blocks or within a sentence."""
    return set(re.findall(r"`lfads ([a-z][a-z-]*)\b", page.read_text(encoding="utf-8")))


def known_commands() -> set[str]:
    return {name for name in make_app() if not name.startswith("-")}


@pytest.fixture(scope="module")
def docstrings() -> ModuleType:
    """The reader of docstrings that the build uses."""
    spec = importlib.util.spec_from_file_location("docstrings", DOCS / "_ext" / "docstrings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_commands_exist(page: Path):
    assert mentioned_commands(page) <= known_commands()


@pytest.mark.parametrize(
    "line", sorted({line for page in PAGES for line in command_lines(page)}), ids=str
)
def test_command_lines_parse(line: str):
    words = shlex.split(line, comments=True)[1:]
    if ">" in words:
        words = words[: words.index(">")]
    words = [word for word in words if word not in ("--json", "--debug")]
    make_app().parse_args(words, exit_on_error=False, print_error=False)


def test_every_command_is_documented(docstrings: ModuleType):
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    both = GROUPED | NESTED
    grouped = {f"{group} {name}" for group, (_, names) in both.items() for name in names}
    shown = set(re.findall(r"```\{command\} ([\w -]+)", page))
    assert shown == known_commands() - {*GROUPED} | grouped
    assert {c.__name__.replace("_", "-") for c in COMMANDS} | {*GROUPED} == known_commands()
    for command in COMMANDS:
        assert docstrings.parameters(command)


def test_every_table_of_settings_is_shown():
    names = ("settings", "hyperparameter-search")
    pages = "".join((DOCS / f"{name}.md").read_text("utf-8") for name in names)
    assert set(re.findall(r"```\{settings\} (\w+)\n", pages)) == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_every_setting_has_a_text_and_advice(table: str, docstrings: ModuleType):
    names = {f.name for f in dataclasses.fields(TABLES[table])}
    advice = tomllib.loads(
        (ROOT / "src/lfads/config/when_to_change.toml").read_text(encoding="utf-8")
    )
    assert set(advice[table]) == names
    assert set(docstrings.parameters(TABLES[table])) == names


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_configurations_are_valid(page: Path):
    for block in blocks(page, "toml"):
        RunConfig.from_dict(tomllib.loads(block))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_python_names_exist(page: Path):
    for block in blocks(page, "python"):
        for node in ast.walk(ast.parse(block)):
            match node:
                case ast.Attribute(value=ast.Name(id="lfads"), attr=name):
                    assert name in lfads.__all__


def test_every_public_name_is_in_the_reference():
    page = (DOCS / "python.md").read_text(encoding="utf-8")
    missing = [n for n in lfads.__all__ if f"lfads.{n}\n" not in page and n != "__version__"]
    assert not missing


def test_settings_named_beside_other_implementations_exist():
    page = (DOCS / "other-implementations.md").read_text(encoding="utf-8")
    names = {f.name for kind in TABLES.values() for f in dataclasses.fields(kind)}
    table = page.split("## Names")[1].split("In results")[0]
    first = re.findall(r"^\| `(\w+)", table, re.MULTILINE)
    assert first
    assert set(first) <= names


def test_modules_named_in_pages_and_figure_exist():
    texts = [page.read_text(encoding="utf-8") for page in DOCS.glob("*.md")]
    texts.append((DOCS / "_static" / "model.svg").read_text(encoding="utf-8"))
    found = {path for text in texts for path in re.findall(r"[`>]((?:\w+/)*\w+\.py)[`<]", text)}
    assert "model/encoder.py" in found
    homes = (ROOT / "src" / "lfads", ROOT)
    assert not [path for path in found if not any((home / path).is_file() for home in homes)]


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    assert {
        t for text in texts for t in re.findall(r"(?:`|^)make ([a-z0-9-]+)", text, re.M)
    } <= targets


def test_every_item_of_the_paper_has_a_row_with_numbers_that_are_there(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    rows = importlib.import_module("reproduction_table").table_rows()
    items = " ".join(row[0] for row in rows)
    for item in (*(f"Fig. {n}" for n in range(1, 6)), *(f"S{n}" for n in range(1, 13))):
        assert re.search(rf"\b{re.escape(item)}\b", items), item
    for kind, number in {"Tables": 2, "Notes": 2, "Data": 3, "Video": 3, "Software": 2}.items():
        assert re.search(rf"{kind} [\d, ]*{number}|{kind} {number}", items)
    commands = [row[-1].strip("`") for row in rows if row[-1].startswith("`lfads")]
    known = {name.replace("_", "-") for name in EXPERIMENTS}
    for words in map(str.split, commands):
        if words[1] == "reproduce":
            assert set(words[2:]) <= known | {"all"}
