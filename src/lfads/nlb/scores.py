"""Scores of a submission against the targets of the evaluation, with the benchmark's names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import Problems, UserError
from lfads.guarded.sound import opened
from lfads.nlb.datasets import DATASETS
from lfads.nlb.metrics import psth_r2, speed_interval_r, velocity_r2
from lfads.numerics.poisson import bits_per_spike
from lfads.paths import printable

NEEDED = ("eval_spikes_heldout", "train_behavior", "eval_behavior")


@dataclass(frozen=True, kw_only=True)
class NLBScores:
    """Scores of one data set; None where one does not apply, or the targets lack what it needs.

    Parameters
    ----------
    co_bps
        Co-smoothing, bits per spike of held-out neurons.
    velocity_r2
        Of the hand's velocity, decoded from the rates of all neurons.
    psth_r2
        Of condition averages.
    fp_bps
        Forward prediction, bits per spike of all neurons in the 200 ms after the window.
    tp_corr
        Correlation of neural speed with produced intervals.
    """

    co_bps: float
    velocity_r2: float | None = None
    psth_r2: float | None = None
    fp_bps: float | None = None
    tp_corr: float | None = None

    def named(self) -> dict[str, float]:
        """By the names that the benchmark's evaluation prints."""
        names = {
            "co-bps": self.co_bps, "tp corr": self.tp_corr, "vel R2": self.velocity_r2,
            "psth R2": self.psth_r2, "fp-bps": self.fp_bps,
        }  # fmt: skip
        return {name: value for name, value in names.items() if value is not None}

    @classmethod
    def of_names(cls, values: Mapping[str, Any]) -> "NLBScores":
        """Scores from what `named` gave."""
        names = {
            "co-bps": "co_bps", "tp corr": "tp_corr", "vel R2": "velocity_r2", "psth R2": "psth_r2",
            "fp-bps": "fp_bps",
        }  # fmt: skip
        return cls(**{field: values[name] for name, field in names.items() if name in values})


def scored(
    dataset: str, submission: Mapping[str, np.ndarray], targets: Mapping[str, Any]
) -> NLBScores:
    """Score the rates of one data set.

    Parameters
    ----------
    dataset
        Its name, with or without `_20`.
    submission
        Arrays as `submitted` gives them.
    targets
        Arrays of the group of that name in the file of targets.

    Raises
    ------
    UserError
        If an array is missing, or shapes differ.
    """
    name = dataset.removesuffix("_20")
    if name not in DATASETS:
        raise UserError(f"there is no data set {dataset}; there are {', '.join(DATASETS)}")
    problems = Problems(f"targets of {dataset}")
    for key in NEEDED:
        problems.require(key in targets, f"`{key}` is missing")
    problems.raise_if_any()
    spikes = np.asarray(targets["eval_spikes_heldout"], np.float64)
    held_out = _like(submission, "eval_rates_heldout", spikes, dataset)
    rates = np.concatenate([submission["eval_rates_heldin"], held_out], axis=-1).astype(np.float64)
    behavior = np.asarray(targets["eval_behavior"], np.float64)
    velocity, corr = None, None
    if DATASETS[name].decodes_velocity:
        training = [submission[f"train_rates_{kind}"] for kind in ("heldin", "heldout")]
        groups = [_optional(targets, f"{part}_decode_mask", bool) for part in ("train", "eval")]
        velocity = velocity_r2(
            np.concatenate(training, axis=-1).astype(np.float64),
            np.asarray(targets["train_behavior"], np.float64), rates, behavior, *groups,
        )  # fmt: skip
    else:
        corr = speed_interval_r(spikes, rates, behavior)
    averages = None
    if "psth" in targets:
        trials_of = [np.asarray(each, int) for each in targets["eval_cond_idx"]]
        jitter = _optional(targets, "eval_jitter", int)
        averages = psth_r2(np.asarray(targets["psth"], np.float64), rates, trials_of, jitter)
    return NLBScores(
        co_bps=bits_per_spike(held_out, spikes), velocity_r2=velocity, psth_r2=averages,
        fp_bps=_forward(submission, targets, dataset), tp_corr=corr,
    )  # fmt: skip


def read_targets(path: Path, group: str) -> dict[str, Any]:
    """Targets of one data set from the evaluation's file.

    Raises
    ------
    UserError
        If the file is none of targets, or lacks the data set.
    """
    try:
        with opened(path) as file:
            found: Any = file.get(group)
            if found is None:
                raise UserError(
                    f"{printable(path)} has no targets of {group}; it has {', '.join(file) or 'none'}"
                )
            return {key: _array(found[key]) for key in found}
    except OSError as error:
        raise UserError(f"{printable(path)} cannot be read as HDF5: {error}") from error


def _array(entry: Any) -> Any:
    """An array; arrays of unequal length as a list."""
    values = entry[()]
    return list(values) if getattr(values, "dtype", np.dtype(float)).kind == "O" else values


def _like(
    submission: Mapping[str, np.ndarray], key: str, spikes: np.ndarray, dataset: str
) -> np.ndarray:
    if key not in submission:
        raise UserError(
            f"the rates of {dataset} lack `{key}`: nothing was held out, or no trial tests"
        )
    if submission[key].shape != spikes.shape:
        raise UserError(
            f"rates and targets of {dataset} differ in shape: `{key}` is {submission[key].shape}, the "
            f"spikes are {spikes.shape} (trial, time, neuron): use the same bins, trials and neurons"
        )
    return np.asarray(submission[key], np.float64)


def _forward(
    submission: Mapping[str, np.ndarray], targets: Mapping[str, Any], dataset: str
) -> float | None:
    keys = [f"{kind}_forward" for kind in ("heldin", "heldout")]
    there = all(
        f"eval_rates_{key}" in submission and f"eval_spikes_{key}" in targets for key in keys
    )
    if not there:
        return None
    spikes = [np.asarray(targets[f"eval_spikes_{key}"], np.float64) for key in keys]
    rates = [
        _like(submission, f"eval_rates_{key}", known, dataset)
        for key, known in zip(keys, spikes, strict=True)
    ]
    return bits_per_spike(np.concatenate(rates, axis=-1), np.concatenate(spikes, axis=-1))


def _optional(targets: Mapping[str, Any], key: str, kind: type) -> np.ndarray | None:
    return np.asarray(targets[key], kind) if key in targets else None
