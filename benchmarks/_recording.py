"""The centre-out recording that the benchmarks measure on: bins, splits and held-out neurons.

A `.npz` file with `spikes_1ms` (trial, ms, neuron), `direction` and `is_test` for each trial, and
`target_on_ms`. Every fifth trial that is not for the test validates; a quarter of the neurons, drawn
with a fixed seed, is held out.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import lfads


@dataclass(frozen=True, eq=False)
class Recording:
    """Counts `trial time neuron` of one session."""

    name: str
    spikes: np.ndarray
    bin_ms: int
    split: np.ndarray
    held_out: np.ndarray
    direction: np.ndarray
    delay: slice

    @property
    def bin_width_s(self) -> float:
        """Width of a bin in seconds."""
        return self.bin_ms / 1000

    def trials(self, split: str) -> np.ndarray:
        """True for the trials of a split."""
        return self.split == split


def read_recording(path: Path, bin_ms: int, *, held_out_seed: int = 0) -> Recording:
    """Bin a recording.

    Parameters
    ----------
    path
        The `.npz` file.
    bin_ms
        Width of a bin; milliseconds that do not fill a last bin are left out.
    held_out_seed
        Of the choice of held-out neurons.
    """
    with np.load(path, allow_pickle=False) as file:
        spikes_1ms, direction = file["spikes_1ms"], file["direction"]
        is_test, target_on_ms = file["is_test"], int(file["target_on_ms"])
    num_trials, num_ms, num_neurons = spikes_1ms.shape
    num_bins = num_ms // bin_ms
    binned = spikes_1ms[:, : num_bins * bin_ms].reshape(num_trials, num_bins, bin_ms, num_neurons)
    split = np.where(is_test, "test", "train")
    split[np.flatnonzero(~is_test)[4::5]] = "valid"
    held_out = np.zeros(num_neurons, bool)
    chosen = np.random.default_rng(held_out_seed).permutation(num_neurons)[: num_neurons // 4]
    held_out[chosen] = True
    return Recording(
        name=path.name,
        spikes=binned.sum(axis=2, dtype=np.uint8),
        bin_ms=bin_ms,
        split=split,
        held_out=held_out,
        direction=direction,
        delay=slice(-(-target_on_ms // bin_ms), num_bins),
    )


def pseudo_sessions(recording: Recording, seed: int) -> lfads.Dataset:
    """Two halves of a recording: other neurons and other trials, as if of two days."""
    rng = np.random.default_rng(seed)
    neurons = np.array_split(rng.permutation(recording.spikes.shape[2]), 2)
    trials = np.array_split(rng.permutation(len(recording.spikes)), 2)
    sessions = []
    for number, (own, rows) in enumerate(zip(neurons, trials, strict=True), 1):
        own, rows = np.sort(own), np.sort(rows)
        sessions.append(
            lfads.Dataset.from_arrays(
                recording.spikes[rows][:, :, own], bin_width_s=recording.bin_width_s,
                name=f"half_{number}", split=recording.split[rows],
                condition=recording.direction[rows], held_out_neurons=np.arange(len(own)) % 4 == 2,
                source=recording.name,
            ).session
        )  # fmt: skip
    return lfads.Dataset(
        sessions=tuple(sessions), bin_width_s=recording.bin_width_s, source=recording.name
    )
