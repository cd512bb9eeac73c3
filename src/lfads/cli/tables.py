"""Rows of what a run holds, and rows as text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lfads.runs.run import Run


def run_rows(run: "Run") -> list[tuple[str, str]]:
    """Names and values for `lfads show RUN`."""
    data, summary, config = run.trained.data, run.summary, run.config
    trials = ", ".join(f"{count} {split}" for split, count in data["trials"].items() if count)
    sessions = data["shapes"]["sessions"]
    neurons = ", ".join(str(session["num_neurons"]) for session in sessions)
    held_out = sum(s["num_neurons"] - len(s["encoded_neurons"]) for s in sessions)
    rows = [
        ("run", str(run.folder)),
        ("data", data["source"]),
        *([("adapted from", data["adapted_from"])] if "adapted_from" in data else []),
        ("sessions", ", ".join(data["sessions"])),
        ("trials", trials),
        ("bins", f"{data['shapes']['num_bins']} of {1000 * data['bin_width_s']:g} ms"),
        ("neurons", neurons + (f", {held_out} held out" if held_out else "")),
        ("factors", str(config.model.num_factors)),
        ("generator", f"{config.model.generator_size} units"),
        ("inferred inputs", str(config.model.num_inferred_inputs)),
        ("seed", str(config.seed)),
    ]
    if summary:
        rows += [
            ("ended", f"{summary['stopped_by']}, epoch {summary['epochs']}"),
            ("best epoch", str(summary["best_epoch"])),
            ("seconds", f"{summary['seconds']:.0f} on {summary['device']}"),
            ("versions", ", ".join(f"{k} {v}" for k, v in summary["versions"].items())),
        ]
    else:
        rows.append(("ended", f"not yet, or killed; last line: epoch {len(run.metrics)}"))
    files = sorted(str(p.relative_to(run.folder)) for p in run.folder.rglob("*") if p.is_file())
    return [*rows, ("files", ", ".join(files))]


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of columns, each column as wide as its widest cell."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)
