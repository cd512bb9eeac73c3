"""What `lfads show` prints of a run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lfads.runs.baseline_run import BaselineRun
    from lfads.runs.trained_run import Run


def run_rows(run: "Run | BaselineRun") -> list[tuple[str, str]]:
    """Names and values of a run, of a network or of a baseline."""
    from lfads.runs.baseline_run import BaselineRun

    rows = _baseline(run) if isinstance(run, BaselineRun) else _trained(run)
    files = sorted(str(p.relative_to(run.folder)) for p in run.folder.rglob("*") if p.is_file())
    return [*rows, ("files", ", ".join(files))]


def _data(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    trials = ", ".join(f"{count} {split}" for split, count in data["trials"].items() if count)
    sessions = data["shapes"]["sessions"]
    neurons = ", ".join(str(session["num_neurons"]) for session in sessions)
    held_out = sum(s["num_neurons"] - len(s["encoded_neurons"]) for s in sessions)
    return [
        ("data", data["source"]),
        *([("adapted from", data["adapted_from"])] if "adapted_from" in data else []),
        ("sessions", ", ".join(data["sessions"])),
        ("trials", trials),
        ("bins", f"{data['shapes']['num_bins']} of {1000 * data['bin_width_s']:g} ms"),
        ("neurons", neurons + (f", {held_out} held out" if held_out else "")),
    ]


def _trained(run: "Run") -> list[tuple[str, str]]:
    summary, config = run.summary, run.config
    rows = [
        ("run", str(run.folder)),
        *_data(run.data),
        ("observation", str(config.model.observation)),
        ("factors", str(config.model.num_factors)),
        ("generator", f"{config.model.generator}, {config.model.generator_size} units"),
        ("inferred inputs", str(config.model.num_inferred_inputs)),
        ("seed", str(config.seed)),
    ]
    if not summary:
        return [*rows, ("ended", f"not yet, or killed; last line: epoch {len(run.metrics)}")]
    return [
        *rows,
        ("ended", f"{summary['stopped_by']}, epoch {summary['epochs']}"),
        ("best epoch", str(summary["best_epoch"])),
        ("seconds", f"{summary['seconds']:.0f} on {summary['device']}"),
        _versions(summary),
    ]


def _baseline(run: "BaselineRun") -> list[tuple[str, str]]:
    summary, about = run.summary, run.about
    return [
        ("run", str(run.folder)),
        ("baseline", f"{run.name} of {about['distribution']} {about['version']}"),
        *_data(run.data),
        *run.choices_made(),
        *([("seconds", f"{summary['seconds']:.0f}"), _versions(summary)] if summary else []),
    ]


def _versions(summary: Mapping[str, Any]) -> tuple[str, str]:
    return "versions", ", ".join(f"{k} {v}" for k, v in summary["versions"].items())
