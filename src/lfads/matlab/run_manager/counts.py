"""What `Run.generateCountsForDataset` returns: checked, rebinned, and split as lfads-run-manager does it.

Counts are summed over successive samples, truth as well; measured inputs are averaged. What is left at the
end of a trial is cut off.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lfads.baselines.wider_bins import summed
from lfads.checks import Problems, UserError, describe, is_whole, many
from lfads.formats.matlab.values import Cell

FIELDS = ("counts", "timeVecMs", "conditionId", "truth", "externalInputs")


@dataclass(frozen=True, eq=False, kw_only=True)
class RawCounts:
    """Trials of one dataset.

    Parameters
    ----------
    name
        Of the dataset.
    counts
        `trial time channel`.
    time_ms
        Start of each sample or bin.
    bin_ms
        Width of one.
    condition
        Label of each trial, numbers or text; NaN or empty where it has none. None without labels.
    truth, external_inputs
        As counts, where they are there.
    """

    name: str
    counts: np.ndarray
    time_ms: np.ndarray
    bin_ms: float
    condition: np.ndarray | None = None
    truth: np.ndarray | None = None
    external_inputs: np.ndarray | None = None

    @property
    def labels(self) -> np.ndarray:
        """Labels as text, empty where a trial has none."""
        if self.condition is None:
            return np.full(len(self.counts), "", dtype="<U1")
        if self.condition.dtype.kind == "f":
            return np.array(["" if np.isnan(c) else f"{c:.15g}" for c in self.condition], dtype=str)
        return self.condition.astype(str)


def raw_counts(name: str, struct: Any) -> RawCounts:
    """What MATLAB sent of a dataset, in our order of axes.

    Raises
    ------
    UserError
        If a field is missing, of another size, or holds NaN.
    """
    where = f"generateCountsForDataset of dataset `{name}`"
    if not isinstance(struct, Mapping) or "counts" not in struct:
        raise UserError(f"{where}: must return a struct with `counts` and `timeVecMs`")
    problems = Problems(where)
    counts = _cube(struct, "counts", problems)
    problems.raise_if_any()
    assert counts is not None
    problems.require(counts.size > 0, f"`counts` is empty: {describe(counts)}")
    found: dict[str, np.ndarray | None] = {}
    for key in ("truth", "externalInputs"):
        found[key] = _cube(struct, key, problems)
        given, free = found[key], key == "externalInputs"
        if given is not None and (
            given.shape[:2] != counts.shape[:2] or not (free or given.shape[2] == counts.shape[2])
        ):
            problems.add(f"`{key}` must have the trials and times of `counts`")
    time_ms = np.ravel(np.asarray(struct.get("timeVecMs", ()), np.float64))
    bin_ms = _width(time_ms, counts.shape[1], problems)
    condition = _condition(struct.get("conditionId"), len(counts), problems)
    problems.raise_if_any()
    return RawCounts(
        name=name, counts=counts, time_ms=time_ms, bin_ms=bin_ms, condition=condition,
        truth=found["truth"], external_inputs=found["externalInputs"],
    )  # fmt: skip


def _cube(struct: Mapping[str, Any], key: str, problems: Problems) -> np.ndarray | None:
    """`trial × channel × time` of MATLAB as `trial time channel`; None where it is not there."""
    value = struct.get(key)
    if value is None or (isinstance(value, np.ndarray) and not value.size and key != "counts"):
        return None
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf" or value.ndim > 3:
        problems.add(f"`{key}` must be numbers, trials × channels × time; got {_said(value)}")
        return None
    cube = value.reshape(*value.shape, *[1] * (3 - value.ndim))
    if cube.dtype.kind == "f" and not np.isfinite(cube).all():
        number = int((~np.isfinite(cube)).sum())
        problems.add(
            f"`{key}` holds {number} values that are NaN or infinite: leave such trials out"
        )
    return cube.transpose(0, 2, 1)


def _said(value: Any) -> str:
    return describe(value) if isinstance(value, np.ndarray) else f"a {type(value).__name__.lower()}"


def _width(time_ms: np.ndarray, num_times: int, problems: Problems) -> float:
    if len(time_ms) != num_times or num_times < 2:
        problems.add(
            f"`timeVecMs` must have a time for each of {num_times} samples, 2 or more; got {len(time_ms)}"
        )
        return 1.0
    steps = np.diff(time_ms)
    width = float(np.median(steps))
    if not np.isfinite(steps).all() or width <= 0 or np.abs(steps - width).max() > 1e-6 * width:
        problems.add("`timeVecMs` must rise evenly, in milliseconds")
        return 1.0
    return width


def _condition(value: Any, num_trials: int, problems: Problems) -> np.ndarray | None:
    if value is None or (isinstance(value, np.ndarray) and not value.size):
        return None
    if isinstance(value, Cell):
        texts = [one if isinstance(one, str) else "" for one in value]
        are_texts = all(isinstance(one, str) or not np.size(one) for one in value)
        found = np.array(texts, dtype=str) if are_texts else None
    else:
        found = np.ravel(np.asarray(value, np.float64)) if isinstance(value, np.ndarray) else value
    if not isinstance(found, np.ndarray) or len(found) != num_trials:
        problems.add(
            f"`conditionId` must be numbers or a cell of text, one for {num_trials} trials"
        )
        return None
    return found


def rebinned(raw: RawCounts, bin_ms: float) -> RawCounts:
    """Wider bins, a whole number of samples each; what is left at the end is cut.

    Raises
    ------
    UserError
        If bins are no whole number of samples, or wider than a trial.

    Examples
    --------
    >>> raw = RawCounts(name="a", counts=np.arange(5).reshape(1, 5, 1), time_ms=np.arange(5.0), bin_ms=1.0)
    >>> wide = rebinned(raw, 2.0)
    >>> wide.counts.ravel().tolist(), wide.time_ms.tolist()
    ([1, 5], [0.0, 2.0])
    """
    ratio = bin_ms / raw.bin_ms
    together = round(ratio)
    if together < 1 or abs(ratio - together) > 1e-6 * ratio:
        raise UserError(
            f"dataset `{raw.name}`: bins of `spikeBinMs` = {bin_ms:g} must be a whole number of samples of "
            f"{raw.bin_ms:g} ms (`timeVecMs`)"
        )
    whole = raw.counts.shape[1] // together * together
    if not whole:
        raise UserError(
            f"dataset `{raw.name}`: a bin of {bin_ms:g} ms is longer than a trial of "
            f"{raw.counts.shape[1] * raw.bin_ms:g} ms"
        )

    def wide(values: np.ndarray | None) -> Any:
        return None if values is None else summed(values[:, :whole], together)

    inputs = wide(raw.external_inputs)
    return replace(
        raw,
        counts=wide(raw.counts), truth=wide(raw.truth),
        external_inputs=None if inputs is None else inputs / together,
        time_ms=raw.time_ms[:whole:together], bin_ms=float(bin_ms),
    )  # fmt: skip


def validation_trials(num_trials: int, train_to_test_ratio: int) -> np.ndarray:
    """Which trials validate: the first, and every (ratio + 1)th after it.

    >>> np.flatnonzero(validation_trials(11, 4)).tolist()
    [0, 5, 10]
    """
    if not is_whole(train_to_test_ratio) or train_to_test_ratio < 1:
        raise UserError(
            f"`trainToTestRatio` must be a whole number, 1 or more; got {train_to_test_ratio}"
        )
    if num_trials < 2:
        raise UserError(
            f"expected 2 trials or more, to train and to validate; got {many(num_trials, 'trial')}"
        )
    return np.arange(num_trials) % (train_to_test_ratio + 1) == 0
