"""Fields of `FitLog`: how a training went, from `fitlog.csv` of TensorFlow 1 or `metrics.jsonl` of ours.

There, a line holds labels and values in turn. `…_lve` are those at the lowest validation total among epochs
in which both weights had reached 1. In runs of ours a total is nats per scored sample with the KL terms as
they are weighted; steps are not counted, and both weights are the ramp.
"""

import csv
from pathlib import Path

import numpy as np

from lfads.checks import UserError
from lfads.config import read_toml
from lfads.paths import printable, regular_file
from lfads.training.tracking import read_metrics

TRAIN_VALID = ("total", "recon", "kl")
"""What has a value of training and one of validation."""
COLUMNS = (
    "epoch", "step", "total_train", "total_valid", "recon_train", "recon_valid", "kl_train", "kl_valid",
    "l2", "kl_weight", "l2_weight",
)  # fmt: skip
_LABELS = {"klweight": "kl_weight", "l2weight": "l2_weight"}
_MOST_BYTES = 2**28


def fit_log(output: Path) -> dict[str, np.ndarray]:
    """A column for each field, a row an epoch; and `…_lve`, a number each, NaN before there is one.

    Raises
    ------
    UserError
        If there is neither file, or one is damaged.
    """
    ours = (output / "metrics.jsonl").exists()
    columns = _of_metrics(output) if ours else _of_csv(output / "fitlog.csv")
    return columns | _lowest(columns)


def _lowest(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    full = (columns["kl_weight"] >= 1) & (columns["l2_weight"] >= 1)
    total = np.where(full & np.isfinite(columns["total_valid"]), columns["total_valid"], np.inf)
    best = int(np.argmin(total)) if np.isfinite(total).any() else None
    return {
        f"{name}_lve": np.array(np.nan if best is None else columns[name][best]) for name in COLUMNS
    }


def _of_csv(path: Path) -> dict[str, np.ndarray]:
    file = regular_file(
        path, "expected fitlog.csv or metrics.jsonl", missing="no epoch is logged yet"
    )
    if file.stat().st_size > _MOST_BYTES:
        raise UserError(f"{printable(file)}: is too large for a log of epochs")
    rows: list[dict[str, float]] = []
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{printable(file)}: is no text") from error
    lines = [line for line in csv.reader(text.splitlines()) if line]
    for number, line in enumerate(lines):
        try:
            rows.append(_row(line))
        except (ValueError, KeyError) as error:
            if number == len(lines) - 1:
                break  # being written, or cut off
            raise UserError(
                f"{printable(file)}: line {number + 1} is no log of an epoch: {','.join(line)[:80]}"
            ) from error
    return {name: np.array([row[name] for row in rows]) for name in COLUMNS}


def _row(words: list[str]) -> dict[str, float]:
    """Values behind each label, until the next."""
    found: dict[str, list[float]] = {}
    label = ""
    for word in (word.strip() for word in words):
        try:
            found.setdefault(label, []).append(float(word))
        except ValueError:
            label = word.lower()
            found[label] = []
    row = {_LABELS.get(name, name): values[0] for name, values in found.items() if len(values) == 1}
    for name in TRAIN_VALID:
        row[f"{name}_train"], row[f"{name}_valid"] = found[name]
    return {name: row[name] for name in COLUMNS}


def _of_metrics(output: Path) -> dict[str, np.ndarray]:
    records = read_metrics(output / "metrics.jsonl")
    weights = read_toml(output / "config.toml").get("hyperparameters", {})
    initial, inputs = (
        float(weights.get(f"{name}_kl_weight", 1.0))
        for name in ("initial_condition", "inferred_input")
    )

    def column(name: str) -> np.ndarray:
        values = [record.get(name) for record in records]
        return np.array([np.nan if value is None else float(value) for value in values])

    ramp = column("ramp")
    found = {
        "epoch": column("epoch"),
        "step": np.full(len(records), np.nan),
        "l2": column("train_l2"),
    }
    for split in ("train", "valid"):
        found[f"recon_{split}"] = column(f"{split}_nll")
        found[f"kl_{split}"] = initial * column(f"{split}_kl_initial_condition") + inputs * column(
            f"{split}_kl_inferred_inputs"
        )
    found["total_train"], found["total_valid"] = column("train_loss"), column("valid_smoothed")
    found["kl_weight"] = found["l2_weight"] = ramp
    return {name: found[name] for name in COLUMNS}
