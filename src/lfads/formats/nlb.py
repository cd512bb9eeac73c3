"""The HDF5 layout of the Neural Latents Benchmark 2021.

Spikes lie in blocks: held-in and held-out neurons, each in the encoded window and in the forward
one. The blocks become one array, held-out neurons and forward bins last. Training trials keep their
order and every fifth validates; evaluation trials become the test split, unobserved where their
blocks are not in the file. No bin width is in the file.
"""

from pathlib import Path

import numpy as np

from lfads.checks import Problems, describe
from lfads.data.splits import default_split
from lfads.formats.blocks import agreed, cube, joined_series
from lfads.formats.contents import FileContents, SessionArrays, as_scalar
from lfads.formats.guarded import GuardedGroup
from lfads.paths import printable

_NEURONS = ("heldin", "heldout")
_WINDOWS = ("", "_forward")


def read_nlb(root: GuardedGroup, path: Path) -> FileContents:
    """Contents of a file with `train_spikes_heldin`, `eval_spikes_heldin` and so on.

    Raises
    ------
    UserError
        If blocks disagree in shape.
    """
    problems = Problems(str(path))
    blocks = {
        key: block
        for part in ("train", "eval")
        for neurons in _NEURONS
        for window in _WINDOWS
        if (block := cube(root, key := f"{part}_spikes_{neurons}{window}", problems)) is not None
    }
    num_neurons = [
        agreed({k: b for k, b in blocks.items() if f"_{neurons}" in k}, 2, "neurons", problems)
        for neurons in _NEURONS
    ]
    forward = {k: b for k, b in blocks.items() if k.endswith("_forward")}
    encoded = {k: b for k, b in blocks.items() if k not in forward}
    num_bins = [agreed(encoded, 1, "bins", problems), agreed(forward, 1, "bins", problems)]
    num_trials = {
        part: agreed({k: b for k, b in blocks.items() if k.startswith(part)}, 0, "trials", problems)
        for part in ("train", "eval")
        if f"{part}_spikes_heldin" in blocks
    }
    problems.require(sum(num_trials.values()) > 0, "the file holds no trials")
    problems.raise_if_any()

    parts = [_assembled(blocks, part, n, num_bins, num_neurons) for part, n in num_trials.items()]
    observed = np.concatenate([known for _, known in parts])
    split = {"train": default_split, "eval": lambda count: np.full(count, "test")}
    bins = (num_bins[0], sum(num_bins))
    behavior, columns = _behavior(root, num_trials, bins, problems)
    problems.raise_if_any()
    session = SessionArrays(
        name=printable(path.stem),
        arrays={
            "spikes": np.concatenate([spikes for spikes, _ in parts]),
            "split": np.concatenate([split[part](n) for part, n in num_trials.items() if n]),
            "observed": None if observed.all() else observed,
            "held_out_neurons": np.arange(num_neurons[0], sum(num_neurons)),
            "behavior": behavior,
            "trial_table": columns,
        },
    )
    return FileContents(
        path=path,
        layout="NLB'21",
        sessions=(session,),
        bin_width_s=as_scalar(root.attribute("bin_width_s"), "bin_width_s", path),
        num_forward_bins=num_bins[1],
    )


def _assembled(
    blocks: dict[str, np.ndarray],
    part: str,
    num_trials: int,
    num_bins: list[int],
    num_neurons: list[int],
) -> tuple[np.ndarray, np.ndarray]:
    """Spikes of one part of the data, and which of them are known."""
    shape = (num_trials, sum(num_bins), sum(num_neurons))
    dtype = np.result_type(*(b for k, b in blocks.items() if k.startswith(part)))
    spikes, known = np.zeros(shape, dtype), np.zeros(shape, dtype=bool)
    for column, neurons in enumerate(_NEURONS):
        for row, window in enumerate(_WINDOWS):
            block = blocks.get(f"{part}_spikes_{neurons}{window}")
            if block is None:
                continue
            times = slice(row * num_bins[0], num_bins[0] + row * num_bins[1])
            cells = slice(column * num_neurons[0], num_neurons[0] + column * num_neurons[1])
            spikes[:, times, cells] = block
            # Targets of the evaluation are NaN in bins that are not scored.
            hidden = part == "eval" and neurons == "heldout" and block.dtype.kind == "f"
            known[:, times, cells] = ~np.isnan(block) if hidden else True
    return spikes, known


def _behavior(
    root: GuardedGroup, num_trials: dict[str, int], bins: tuple[int, int], problems: Problems
) -> tuple[np.ndarray | None, dict[str, np.ndarray]]:
    """Behaviour as a series, or as columns of the trial table where it is one row a trial."""
    key = "train_behavior"
    if key not in root or "train" not in num_trials:
        return None, {}
    first = root.array(key)
    if first.ndim == 3:
        return joined_series(root, "behavior", num_trials, bins, problems, fill=np.nan), {}
    if first.ndim != 2 or len(first) != num_trials["train"]:
        problems.add(
            f"`{key}` must have shape (trial, time, channel) or (trial, channel) for "
            f"{num_trials['train']} trials; got {describe(first)}"
        )
    elif first.dtype.kind not in "biuf":
        problems.add(f"`{key}` must be numbers; got {describe(first)}")
    else:
        rows = np.full((sum(num_trials.values()), first.shape[1]), np.nan)
        rows[: len(first)] = first
        return None, {f"behavior_{column}": rows[:, column] for column in range(rows.shape[1])}
    return None, {}
