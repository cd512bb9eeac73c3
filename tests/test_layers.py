"""Who may import whom: rules beyond those of import-linter, which `make layers` checks."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "lfads").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
FOR_DEVELOPERS = {"test", "docs", "dev"}
IMPORTED_AS = {
    "argon2-cffi": "argon2", "mat-io": "matio", "pillow": "PIL", "pyyaml": "yaml",
    "scikit-learn": "sklearn",
}  # fmt: skip
"""Distributions that are imported under another name."""


def nodes(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT).as_posix()}:{getattr(node, 'lineno', '?')}"


def packages(requirements: list[str]) -> set[str]:
    """What requirements are imported as."""
    names = {re.split(r"[^\w.-]", line)[0].lower() for line in requirements}
    return {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names}


ALWAYS = packages(PROJECT["dependencies"]) | sys.stdlib_module_names | {"lfads", "mpl_toolkits"}
OPTIONAL = packages([r for n, rs in EXTRAS.items() if n not in FOR_DEVELOPERS for r in rs]) - ALWAYS


def imported(node: ast.AST) -> list[str]:
    """Modules that an import statement, or a call of `import_module`, names; nothing for other nodes."""
    match node:
        case ast.Call(func=ast.Name("import_module") | ast.Attribute(attr="import_module")):
            return [str(a.value) for a in node.args[:1] if isinstance(a, ast.Constant)]
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "."]
    return []


def at_import_time(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when a module is imported and must not fail: outside functions, and not guarded."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            return
        case ast.If(test=ast.Name("TYPE_CHECKING"), orelse=children):
            pass
        case ast.Try(handlers=[ast.ExceptHandler(type=ast.Name("ImportError"))] as children):
            pass
        case _:
            yield node
            children = ast.iter_child_nodes(node)
    for child in children:
        yield from at_import_time(child)


def test_no_module_imports_from_the_package_itself():
    offenders = [
        place(path, node)
        for path in SOURCES
        for node in ast.walk(nodes(path))
        if "lfads" in imported(node)
    ]
    assert not offenders


def outside(nodes_of: Iterator[ast.AST], allowed: set[str]) -> list[tuple[ast.AST, str]]:
    """Imports of other packages than those allowed."""
    return [
        (node, name)
        for node in nodes_of
        for name in imported(node)
        if name.partition(".")[0] not in allowed
    ]


def test_optional_packages_are_known_from_the_extras():
    assert {"pynwb", "ray", "fsspec", "s3fs"} <= OPTIONAL
    assert not OPTIONAL & {"jax", "pytest", "sphinx"}


@pytest.mark.parametrize(
    "line",
    ["import ray.util", "from ray import get", "import_module('ray')", "a.import_module('ray.b')"],
)
def test_every_way_to_import_is_seen(line: str):
    assert len(outside(ast.walk(ast.parse(line)), ALWAYS)) == 1


def test_only_dependencies_are_imported_with_a_module():
    """Others where they may be missing: in functions, for type checkers, or under `except ImportError`."""
    offenders = [
        place(path, node)
        for path in SOURCES
        for node, _ in outside(at_import_time(nodes(path)), ALWAYS)
    ]
    assert not offenders


def test_only_dependencies_and_extras_are_imported_at_all():
    offenders = [
        place(path, node)
        for path in SOURCES
        for node, _ in outside(ast.walk(nodes(path)), ALWAYS | OPTIONAL)
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
    named = PROJECT["dependencies"] + EXTRAS["test"]
    tools = {"ruff", "pyright", "import-linter"}  # they judge the code; the tests do not run them
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
