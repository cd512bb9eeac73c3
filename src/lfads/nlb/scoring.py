"""A run's rates scored as by the benchmark: its validation trials, and its test trials once.

Every scoring is a line of a log, so that how often the targets of test trials were looked at is known. The
same rates are scored against the same targets once: after that, their line is read.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.files import append_text, fingerprint
from lfads.formats.hdf5 import TARGETS
from lfads.nlb.datasets import DATASETS, dataset_in, group_of
from lfads.nlb.prepare import REMEMBERED
from lfads.nlb.scores import NLBScores, read_targets, scored
from lfads.nlb.submission import submitted

LOG = "nlb_scores.jsonl"
TRIALS = {"valid": "validation", "test": "test"}
"""What is scored, as people say it."""


@dataclass(frozen=True, kw_only=True)
class NLBScored:
    """Scores of a run.

    Parameters
    ----------
    group
        The data set, with `_20` for bins of 20 ms.
    trials
        `validation` or `test`.
    scores
        Of these trials.
    again
        Whether the same rates had been scored before.
    """

    group: str
    trials: str
    scores: NLBScores
    again: bool


def name_of(dataset: Dataset) -> str:
    """The data set of the benchmark that data are of: as they remember, or as their session is called.

    Raises
    ------
    UserError
        If neither says it.
    """
    remembered = dataset.prepared.get(REMEMBERED)
    name = remembered if remembered in DATASETS else dataset_in(dataset.sessions[0].name)
    if name is None or len(dataset.sessions) != 1:
        raise UserError(
            f"{dataset.source}: is not known as a data set of the Neural Latents Benchmark: cut it from "
            "its NWB files (`lfads.nlb.prepare.prepare_nlb`), or let the name of its file begin with one "
            f"of {', '.join(DATASETS)}"
        )
    return name


def own_targets(dataset: Dataset, group: str) -> Mapping[str, Any] | None:
    """Targets of validation trials in the file that data were read from; None if it has none."""
    if dataset.path is None or not h5py.is_hdf5(dataset.path):
        return None
    with h5py.File(dataset.path, "r") as file:
        if file.attrs.get(TARGETS) != group:
            return None
    return read_targets(dataset.path, group)


def score_run(
    dataset: Dataset,
    session: xr.Dataset,
    *,
    targets: Path | None,
    log: Path,
    name: str | None = None,
) -> NLBScored:
    """Score results, and keep that this was done.

    Parameters
    ----------
    dataset
        What was inferred.
    session
        The results.
    targets
        The benchmark's file of targets, for test trials; without it validation trials are scored.
    log
        File to which scorings are added.
    name
        Of the data set; as the data say by default.

    Raises
    ------
    UserError
        If there are no targets, or they are not of these trials.
    """
    group = group_of(name or name_of(dataset), dataset.bin_width_s)
    if targets is None:
        split, known = "valid", own_targets(dataset, group)
        if known is None:
            raise UserError(
                f"{dataset.source}: holds no targets of validation trials of {group}: give those of test "
                "trials (`targets=`), or cut the trials from NWB files (`lfads.nlb.prepare.prepare_nlb`), "
                "which keeps theirs"
            )
    else:
        split, known = "test", read_targets(targets, group)
        if not dataset.session.of_split("test").any():
            raise UserError(
                f"{dataset.source}: holds no test trials to score: cut it with the NWB file of test trials"
            )
    rates = submitted(session, split)
    digest = _digest(group, rates, known)
    before = logged(log, digest)
    if before is not None:
        scores = NLBScores.of_names(before)
        return NLBScored(group=group, trials=TRIALS[split], scores=scores, again=True)
    scores = scored(group, rates, known)
    line = {
        "dataset": group, "trials": TRIALS[split], "time": time.strftime("%Y-%m-%dT%H:%M:%S"),
        "lfads": version("lfads"), "of": digest,
    }  # fmt: skip
    log.parent.mkdir(parents=True, exist_ok=True)
    advice = "The same command scores again: what was trained is kept."
    append_text(log, json.dumps({**line, **scores.named()}) + "\n", advice)
    return NLBScored(group=group, trials=TRIALS[split], scores=scores, again=False)


def logged(log: Path, digest: str) -> dict[str, Any] | None:
    """The line of a scoring of the same rates and targets; None if there is none."""
    if not log.is_file():
        return None
    for text in log.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except ValueError:  # of a process that was killed while it wrote
            continue
        if isinstance(line, dict) and line.get("of") == digest:
            return line
    return None


def _digest(group: str, rates: Mapping[str, np.ndarray], targets: Mapping[str, Any]) -> str:
    arrays = {f"{group}/rates/{name}": array for name, array in rates.items()}
    for name, values in targets.items():
        whole = _flat(values) if isinstance(values, Sequence) else np.asarray(values)
        arrays[f"targets/{name}"] = whole
    return fingerprint(arrays)


def _flat(lists: Sequence[Any]) -> np.ndarray:
    return np.concatenate([np.asarray(one, np.float64).ravel() for one in lists] or [np.empty(0)])
