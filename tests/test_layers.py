"""Who may import whom: the layers of pyproject.toml, and rules beyond import-linter."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "lfads").rglob("*.py"))
OPTIONAL = {"pynwb", "ray", "sklearn", "elephant", "dandi", "wandb", "tensorboard"}


def nodes(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT).as_posix()}:{getattr(node, 'lineno', '?')}"


def imported(node: ast.AST) -> list[str]:
    """Modules that an import statement names; nothing for other nodes."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "."]
    return []


def at_import_time(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when a module is imported: everything outside functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from at_import_time(child)


def test_contracts_of_import_linter_hold():
    command = "import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c())"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_imports_from_the_package_itself():
    offenders = [
        place(path, node)
        for path in SOURCES
        for node in ast.walk(nodes(path))
        if "lfads" in imported(node)
    ]
    assert not offenders


def test_optional_packages_are_imported_inside_functions():
    offenders = [
        place(path, node)
        for path in SOURCES
        for node in at_import_time(nodes(path))
        if {name.partition(".")[0] for name in imported(node)} & OPTIONAL
    ]
    assert not offenders


def test_only_devices_configures_jax():
    offenders = [
        place(path, node)
        for path in SOURCES
        if path.name != "devices.py"
        for node in ast.walk(nodes(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "jax.config.update"
    ]
    assert not offenders


def test_oldest_versions_are_the_lower_bounds():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = project["dependencies"] + project["optional-dependencies"]["test"]
    tools = {"ruff", "pyright"}  # they judge the code; the tests do not run them
    text = (ROOT / "constraints" / "oldest.txt").read_text(encoding="utf-8")
    pinned = versions(text.splitlines(), "==")
    for name, lowest in versions(named, ">=").items():
        assert name in tools or same_version(pinned[name], lowest), name


def versions(requirements: list[str], relation: str) -> dict[str, str]:
    """Version by package, of the requirements that state it with `relation`."""
    found = (re.match(rf"([\w-]+)(\[\w+\])?{relation}([\d.]+)", line) for line in requirements)
    return {match[1]: match[3] for match in found if match}


def same_version(one: str, other: str) -> bool:
    """Whether two versions differ at most by zeros at the end."""
    return re.sub(r"(\.0)+$", "", one) == re.sub(r"(\.0)+$", "", other)
