"""What the paper has, and our numbers beside its own, from `benchmarks/results/reproduction.json`.

`{reproduction}` is the table of figures, whose rows stand in `reproduction.toml`; a name that is not there
stops the build. `{reproduction-numbers}` has every number of every experiment.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

from docutils import nodes
from settings_tables import markdown_table
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from lfads.paper.reproduce import EXPERIMENTS, typed

DOCS = Path(__file__).parent.parent
ROWS = DOCS / "reproduction.toml"
RESULTS = DOCS.parent / "benchmarks" / "results" / "reproduction.json"
HEADER = ["paper", "what", "status", "ours [range of seeds]", "paper, or a target", "command"]


def table_rows() -> list[list[str]]:
    """Cells of every row, numbers put in."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))["results"]
    rows = tomllib.loads(ROWS.read_text(encoding="utf-8"))["row"]
    return [_cells(row, results) for row in rows]


def _cells(row: dict[str, Any], results: dict[str, Any]) -> list[str]:
    ours, papers = [], []
    for experiment, name, title in row["numbers"]:
        found = _claim(results, experiment, name)
        ours.append(f"{title}: {with_range(found['here'])}")
        papers.append(found["paper"] or "–")
    said = [row["said"]] if row["said"] else []
    command = f"`{row['command']}`" if row["command"] else ""
    return [
        row["item"], row["what"], row["status"], "<br>".join([*ours, *said]), "<br>".join(papers), command,
    ]  # fmt: skip


def _claim(results: dict[str, Any], experiment: str, name: str) -> dict[str, Any]:
    claims = results.get(experiment, {}).get("claims", [])
    for claim in claims:
        if claim["what"] == name:
            return claim
    raise ExtensionError(f"{ROWS.name}: {RESULTS.name} has no number {name!r} of {experiment}")


def with_range(by_seed: dict[str, str]) -> str:
    """The first seed's value; all seeds' range behind it, or that there is one seed.

    >>> with_range({"seed 0": "0.951", "seed 1": "0.946", "seed 2": "0.949"})
    '**0.951** [0.946 to 0.951]'
    >>> with_range({"seed 0": "80%"})
    '**80%** (one seed)'
    """
    values = list(by_seed.values())
    if len(values) == 1:
        return f"**{values[0]}** (one seed)"
    try:
        low, *_, high = sorted(values, key=lambda text: float(text.strip("%°ms +")))
    except ValueError:  # several numbers in one
        return f"**{values[0]}** [{'; '.join(values[1:])}]"
    return f"**{values[0]}** [{low} to {high}]"


class Reproduction(SphinxDirective):
    """`{reproduction}`."""

    def run(self) -> list[nodes.Node]:
        """The table."""
        for path in (ROWS, RESULTS):
            self.env.note_dependency(str(path))
        text = markdown_table(HEADER, table_rows())
        return [nodes.container("", *self.parse_text_to_nodes(text), classes=["settings"])]


def number_rows(claims: list[dict[str, Any]], seeds: list[str]) -> list[list[str]]:
    """What was measured, what the paper reports or what was aimed at, ours by seed, and the verdict."""
    verdicts = {None: "", True: "reached", False: "**missed**"}
    return [
        [
            one["what"],
            one["paper"],
            *(one["here"].get(seed, "") for seed in seeds),
            verdicts[one["reached"]],
        ]
        for one in claims
    ]


class ReproductionNumbers(SphinxDirective):
    """`{reproduction-numbers}`."""

    def run(self) -> list[nodes.Node]:
        """A table of each experiment, folded away under its name."""
        self.env.note_dependency(str(RESULTS))
        results = json.loads(RESULTS.read_text(encoding="utf-8"))["results"]
        found: list[nodes.Node] = []
        for name in (name for name in EXPERIMENTS if name in results):
            claims = results[name]["claims"]
            seeds = sorted({seed for one in claims for seed in one["here"]})
            aimed = [one["reached"] for one in claims if one["reached"] is not None]
            of = f": {sum(aimed)} of {len(aimed)} targets reached" if aimed else ""
            table = markdown_table(["", "paper or target", *seeds, ""], number_rows(claims, seeds))
            fold = f"<details><summary><code>{typed(name)}</code>{of}</summary>"
            found += [
                nodes.raw("", fold, format="html"),
                *self.parse_text_to_nodes(table),
                nodes.raw("", "</details>", format="html"),
            ]
        return found


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("reproduction", Reproduction)
    app.add_directive("reproduction-numbers", ReproductionNumbers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
