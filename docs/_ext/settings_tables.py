"""Tables of settings, made from the configuration's dataclasses, so that they cannot go stale.

`{settings} model` lists every field of `[model]` with its default and its text, and the advice of
`when_to_change.toml`, which must name exactly the settings there are. `{derived-defaults}` shows what
is derived for data sets of a few sizes.
"""

import dataclasses
import tomllib
from importlib import resources
from typing import Any

from docstrings import parameters
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from lfads.config import (
    RunConfig,
    SearchRange,
    preset_names,
    tables_of_config,
)
from lfads.model.shapes import SessionShape, Shapes
from lfads.training.defaults import resolve_defaults
from lfads.training.sizes import DataSizes, Machine

ADVICE = resources.files("lfads.config").joinpath("when_to_change.toml")

EXAMPLES = {
    "a Lorenz simulation": (1040, 100, 30),
    "a motor-cortex session": (600, 140, 150),
    "few trials": (40, 200, 25),
}
"""Training trials, bins and neurons of each example."""


def default_text(value: Any, derived: bool) -> str:
    """A default as it is written in TOML; *from data* where it is derived."""
    if value is dataclasses.MISSING:
        return "required"
    if value is None:
        return "*from data*" if derived else "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value:g}`"


def rows_of(table: str, advice: dict[str, str]) -> list[list[str]]:
    """Setting, default, and text of each field of a table."""
    kind = {**tables_of_config(), "search.space": SearchRange}[table]
    texts = parameters(kind)
    names = [f.name for f in dataclasses.fields(kind)]
    for what, found in (("advice", advice), ("docstring", texts)):
        if set(names) != set(found):
            odd = sorted(set(names) ^ set(found))
            raise ExtensionError(f"[{table}]: the {what} and the settings differ in {odd}")
    derived = {entry.name for entry in example(next(iter(EXAMPLES)))}
    return [
        [
            f"`{f.name}`",
            "see above" if f.name == "space" else default_text(f.default, f.name in derived),
            f"{texts[f.name]}<br>**Change it:** {advice[f.name]}",
        ]
        for f in dataclasses.fields(kind)
    ]


def example(name: str) -> list[Any]:
    """What is derived for one of the examples."""
    trials, bins, neurons = EXAMPLES[name]
    shapes = Shapes((SessionShape(neurons, tuple(range(neurons))),), bins, 0, 0)
    sizes = DataSizes(shapes, trials, trial_bytes=bins * neurons, trial_lengths=(bins,))
    machine = Machine(4, 4 * 2**30, 2**29, data_bytes=2**29)
    return resolve_defaults(RunConfig(), sizes, machine)[1]


def markdown_table(header: list[str], rows: list[list[str]]) -> str:
    """Rows as a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", r"\|") for cell in r) + " |" for r in lines
    )


class Settings(SphinxDirective):
    """`{settings} TABLE`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The table of settings."""
        advice = tomllib.loads(ADVICE.read_text(encoding="utf-8"))
        self.env.note_dependency(str(ADVICE))
        table = self.arguments[0]
        rows = rows_of(table, advice.get(table, {}))
        text = markdown_table(["setting", "default", "what it does"], rows)
        return [nodes.container("", *self.parse_text_to_nodes(text), classes=["settings"])]


class DerivedDefaults(SphinxDirective):
    """`{derived-defaults}`."""

    def run(self) -> list[nodes.Node]:
        """One column for each example."""
        columns = [{d.name: d for d in example(name)} for name in EXAMPLES]
        rows = [[f"`{name}`", *(f"{c[name].value}" for c in columns)] for name in columns[0]]
        sizes = [
            f"{name}: {t} trials, {b} bins, {n} neurons" for name, (t, b, n) in EXAMPLES.items()
        ]
        return self.parse_text_to_nodes(markdown_table(["setting", *sizes], rows))


class Presets(SphinxDirective):
    """`{presets}`."""

    def run(self) -> list[nodes.Node]:
        """What each preset sets."""
        folder = resources.files("lfads.presets")
        text = "\n\n".join(
            f"`--preset {name}`\n\n```toml\n{(folder / f'{name}.toml').read_text(encoding='utf-8')}```"
            for name in preset_names()
        )
        return self.parse_text_to_nodes(text)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("settings", Settings)
    app.add_directive("derived-defaults", DerivedDefaults)
    app.add_directive("presets", Presets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
