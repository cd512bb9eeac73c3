"""Chopping and merging: rates of one long recording from overlapping windows, against long whole trials.

One trajectory of the Lorenz system, read out by 30 Poisson neurons, without a break. Training with
default settings sees overlapping windows of it; merged rates are compared with the truth on the bins
that validate. Against them: the same network on whole, non-overlapping trials of four windows' length, and
a network trained on such trials. The network is trained on windows that overlap by a fifth, the default,
to which the targets apply; it then infers from windows with less and more overlap, too. Seams are the steps
from one bin to the next across the first or last edge of a window, where results that are put together
badly jump; the same ratio of the true rates tells how far it is from 1 by chance.
"""

import tempfile
from pathlib import Path
from typing import Any

import _record
import numpy as np
import xarray as xr

import lfads
from lfads.devices import describe_devices
from lfads.numerics.regression import r_squared
from lfads.simulate.lorenz import lorenz_states

BIN_WIDTH_S, NEURONS, BASE_RATE_HZ, GAIN = 0.01, 30, 2.0, 0.7
WINDOW, OVERLAP, LONG = 100, 20, 400
OVERLAPS = (0, 10, OVERLAP, 30, 40, 50)
BLOCK, BLOCK_TRAINS = 12_000, 9_600  # bins: the rest of each block validates
LARGEST_LOSS, LARGEST_RATIO = 0.01, 1.05


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of simulation and training")
    parser.add_argument("--bins", type=int, default=60_000, help="of the recording")
    arguments = parser.parse_args()
    results = measure(arguments.seed, arguments.bins)
    _record.record(results, arguments.out, describe_devices())


def measure(seed: int, num_bins: int) -> dict[str, Any]:
    """Train, merge, and compare."""
    rates_hz, counts = recording(seed, num_bins)
    chopped = cut(counts, WINDOW, OVERLAP)
    whole = cut(counts, LONG, 0)
    with tempfile.TemporaryDirectory() as folder:
        settings = lfads.read_config(flags={"seed": seed})
        run = lfads.train(chopped, settings, out=Path(folder) / "chopped")
        long_run = lfads.train(whole, settings, out=Path(folder) / "whole")
        merged = {o: lfads.merge(run.infer(cut(counts, WINDOW, o))) for o in OVERLAPS}
        references = {
            "whole_trials": lfads.merge(run.infer(whole)),
            "trained_on_whole_trials": lfads.merge(long_run.infer()),
        }
        epochs = {"chopped": run.summary["epochs"], "whole": long_run.summary["epochs"]}
    scored = merged[OVERLAP].split == "valid"
    for other in (*merged.values(), *references.values()):
        scored &= (other.split == "valid") & ~np.isnan(other.rates).any("neuron")
    by_overlap = {
        str(overlap): {
            "rate_r2_mean": score(rates, rates_hz, scored.values),
            **seams(edges_of(WINDOW, overlap, num_bins), rates.rates.values, rates_hz),
        }
        for overlap, rates in merged.items()
    }
    r2 = {name: score(rates, rates_hz, scored.values) for name, rates in references.items()}
    default = by_overlap[str(OVERLAP)]
    loss = max(r2.values()) - default["rate_r2_mean"]
    return {
        "seed": seed,
        "bins": num_bins,
        "window_bins": WINDOW,
        "overlap_bins": OVERLAP,
        "whole_trial_bins": LONG,
        "windows": chopped.session.num_trials,
        "bins_scored": int(scored.sum()),
        "by_overlap_bins": by_overlap,
        "rate_r2_mean_of_whole_trials": r2,
        "r2_lost_to_whole_trials": loss,
        "r2_target_reached": bool(loss <= LARGEST_LOSS),
        "seam_target_reached": bool(default["seam_ratio"] <= LARGEST_RATIO),
        "epochs": epochs,
    }


def recording(seed: int, num_bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Rates in spikes/s and counts of neurons that read out one trajectory, `time neuron`."""
    rng = np.random.default_rng(seed)
    start = rng.normal(0.0, 10.0, (1, 3)) + np.array([0.0, 0.0, 25.0])
    states = lorenz_states(start, num_bins, BIN_WIDTH_S)[0]
    latents = (states - states.mean(0)) / states.std(0)
    weights = rng.uniform(1.0, 2.0, (NEURONS, 3)) * rng.choice([-1.0, 1.0], (NEURONS, 3))
    weights *= GAIN / np.linalg.norm(weights, axis=1, keepdims=True)
    rates_hz = BASE_RATE_HZ * np.exp(latents @ weights.T)
    return rates_hz, rng.poisson(rates_hz * BIN_WIDTH_S)


def cut(counts: np.ndarray, window_bins: int, overlap_bins: int) -> lfads.Dataset:
    """Windows; those that validate are the same stretches of time whatever their length."""
    within = np.arange(len(counts)) % BLOCK
    return lfads.chop(
        counts,
        bin_width_s=BIN_WIDTH_S,
        window_bins=window_bins,
        overlap_bins=overlap_bins,
        split=np.where(within < BLOCK_TRAINS, "train", "valid"),
    )


def score(merged: xr.Dataset, rates_hz: np.ndarray, scored: np.ndarray) -> float:
    """Mean R² of the neurons' rates."""
    inferred = merged.rates.values[scored].astype(np.float64)
    return float(r_squared(rates_hz[scored], inferred).mean())


def edges_of(window_bins: int, overlap_bins: int, num_bins: int) -> np.ndarray:
    """True for steps, from one bin to the next, across an edge of a window."""
    starts = np.arange(0, num_bins - window_bins + 1, window_bins - overlap_bins)
    starts = np.append(starts, num_bins - window_bins)
    bins = np.unique(np.concatenate([starts, starts + window_bins]))
    edges = np.zeros(num_bins - 1, bool)
    edges[bins[(bins > 0) & (bins < num_bins)] - 1] = True
    return edges


def seams(edges: np.ndarray, inferred: np.ndarray, rates_hz: np.ndarray) -> dict[str, float]:
    """Variance of steps at edges over that elsewhere, of inferred and, for chance, of true rates."""
    ratio = {}
    for name, rates in (("seam_ratio", inferred), ("seam_ratio_of_true_rates", rates_hz)):
        steps = np.diff(rates / rates_hz.std(0), axis=0)
        ratio[name] = float(steps[edges].var(0).sum() / steps[~edges].var(0).sum())
    return ratio


if __name__ == "__main__":
    main()
