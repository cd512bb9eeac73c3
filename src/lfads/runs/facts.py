"""What a run says of itself as JSON values, for `lfads show --json`.

The same as words: `lfads.runs.described`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfads.training.checkpoint import read_header
from lfads.training.folder import data_of, stored_config
from lfads.training.headers import check_whole_summary
from lfads.training.tracking import read_metrics

OF_MODEL = (
    "observation", "num_factors", "generator", "generator_size", "encoder", "num_inferred_inputs",
    "slow_offsets",
)  # fmt: skip
"""Settings of the network that are shown."""

OF_ENDING = ("best_epoch", "scores", "seconds", "device", "versions")


def facts_of_network(folder: Path, place: str, summary: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers, lists and texts of a trained network's run; `stopped_by` is null until it has ended."""
    best, config = folder / "checkpoints" / "best.npz", stored_config(folder)
    facts = {
        "run": place,
        **_data(data_of(read_header(best), best)),
        **{name: getattr(config.model, name) for name in OF_MODEL},
        "seed": config.seed,
    }
    if not summary:
        epochs = len(read_metrics(folder / "metrics.jsonl"))
        return {**facts, "stopped_by": None, "epochs": epochs}
    check_whole_summary(summary, folder / "summary.json")
    ended = {name: summary[name] for name in ("stopped_by", "epochs", *OF_ENDING)}
    return {**facts, **ended}


def facts_of_baseline(
    place: str, summary: Mapping[str, Any], about: Mapping[str, Any], choices: Mapping[str, str]
) -> dict[str, Any]:
    """The same of a baseline's run; what was chosen is in its own words."""
    of_itself = {name: about[name] for name in ("distribution", "version")}
    ended = {name: summary[name] for name in ("scores", "seconds", "versions") if name in summary}
    return {
        "run": place, "baseline": about["name"], **of_itself, **_data(about["data"]),
        "choices": dict(choices), **ended,
    }  # fmt: skip


def _data(data: Mapping[str, Any]) -> dict[str, Any]:
    """Of the training data; neurons and held-out neurons of each session."""
    sessions = data["shapes"]["sessions"]
    return {
        "data": data["source"],
        "adapted_from": data.get("adapted_from"),
        "sessions": list(data["sessions"]),
        "trials": dict(data["trials"]),
        "num_bins": data["shapes"]["num_bins"],
        "bin_width_s": data["bin_width_s"],
        "num_neurons": [session["num_neurons"] for session in sessions],
        "num_held_out": [s["num_neurons"] - len(s["encoded_neurons"]) for s in sessions],
        "unit": data.get("unit") or None,
    }
