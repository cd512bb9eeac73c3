"""What a run says of itself: the rows of `lfads show` and of notebooks, from small files of its folder.

Neither weights nor training data are read, and nothing is computed.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.evaluation.listed import gains_by_split
from lfads.training.checkpoint import read_header
from lfads.training.folder import ENDED, data_of, stored_config
from lfads.training.headers import check_whole_summary
from lfads.training.tracking import gain_in_words, read_metrics

Rows = list[tuple[str, str]]


def rows_of_network(folder: Path, place: str, summary: Mapping[str, Any]) -> Rows:
    """Names and values of a trained network's run, which users find at `place`."""
    best, config = folder / "checkpoints" / "best.npz", stored_config(folder)
    rows = [
        ("run", place),
        *_data(data_of(read_header(best), best)),
        ("observation", config.model.observation),
        ("factors", str(config.model.num_factors)),
        ("generator", f"{config.model.generator}, {config.model.generator_size} units"),
        ("inferred inputs", str(config.model.num_inferred_inputs)),
        *([("slow offsets", str(number))] if (number := config.model.slow_offsets) else []),
        ("seed", str(config.seed)),
    ]
    if not summary:
        last = len(read_metrics(folder / "metrics.jsonl"))
        return [*rows, ("ended", f"not yet, or killed; last line: epoch {last}")]
    check_whole_summary(summary, folder / "summary.json")
    return [
        *rows,
        ("ended", f"{_ending(summary)}, epoch {summary['epochs']}"),
        ("best epoch", f"{summary['best_epoch']}{_gain_at_best(summary)}"),
        ("seconds", f"{summary['seconds']:.0f} on {summary['device']}"),
        _versions(summary),
    ]


def rows_of_baseline(
    place: str, summary: Mapping[str, Any], about: Mapping[str, Any], choices: Rows
) -> Rows:
    """Names and values of a baseline's run: what its files say, and what was chosen."""
    return [
        ("run", place),
        ("baseline", f"{about['name']} of {about['distribution']} {about['version']}"),
        *_data(about["data"]),
        *choices,
        *([("scores", gains_by_split(summary["scores"]))] if "scores" in summary else []),
        *([("seconds", f"{summary['seconds']:.0f}"), _versions(summary)] if summary else []),
    ]


def state_of(folder: Path, summary: Mapping[str, Any]) -> str:
    """How a run stands, in a few words."""
    if not folder.is_dir():
        raise UserError(f"{folder} is not there any more")
    if not summary:
        return "not ended yet, or killed"
    if "epochs" not in summary:
        return gains_by_split(summary["scores"])
    check_whole_summary(summary, folder / "summary.json")
    best = f"best epoch {summary['best_epoch']} of {summary['epochs']}{_gain_at_best(summary)}"
    return f"{_ending(summary)}; {best}"


def _ending(summary: Mapping[str, Any]) -> str:
    """What ended the run, without what is said of it further."""
    return ENDED.get(summary["stopped_by"], str(summary["stopped_by"])).partition(";")[0]


def _gain_at_best(summary: Mapping[str, Any]) -> str:
    """The validation score there; empty before an epoch was done."""
    scores = summary.get("scores", {})
    bits = scores.get("valid_bits_per_spike"), scores.get("valid_bits_per_sample")
    return (
        f": {gain_in_words(*bits)} on validation trials" if any(b is not None for b in bits) else ""
    )


def _data(data: Mapping[str, Any]) -> Rows:
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
        *([("unit", data["unit"])] if data.get("unit") else []),
    ]


def _versions(summary: Mapping[str, Any]) -> tuple[str, str]:
    return "versions", ", ".join(f"{k} {v}" for k, v in summary["versions"].items())
