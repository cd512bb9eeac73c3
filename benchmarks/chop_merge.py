"""Chopping and merging: rates of one long recording from overlapping windows, against long whole trials.

One trajectory of the Lorenz system, read out by 30 Poisson neurons, without a break. Training with
default settings sees overlapping windows of it; merged rates are compared with the truth on the bins
that validate. Against them: the same network on whole, non-overlapping trials of four windows' length, and
a network trained on such trials. The network is trained on windows that overlap by a fifth and infers with
a fifth of a window around each (context), the defaults, to which the targets apply; then with less and more
context, and from windows with less and more overlap without context. Seams are the steps from one bin to
the next across the first or last edge of a window, where results that are put together badly jump; the same
ratio of the true rates tells how far it is from 1 by chance. The JSON is written after every seed; what it
has is not measured again.
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
CONTEXTS = (0, 5, 10, 20, 30, 50)
BLOCK, BLOCK_TRAINS = 12_000, 9_600  # bins: the rest of each block validates
LARGEST_LOSS, LARGEST_RATIO = 0.01, 1.05


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[0, 1, 2], help="of simulation and training"
    )
    parser.add_argument("--bins", type=int, default=60_000, help="of the recording")
    parser.add_argument("--overlap", type=int, default=OVERLAP, help="bins, of windows that train")
    arguments = parser.parse_args()
    results = _record.earlier(arguments.out)
    for seed in arguments.seeds:
        name = f"overlap {arguments.overlap}, seed {seed}"
        if name not in results:
            results[name] = measure(seed, arguments.bins, arguments.overlap)
            _record.record(results, arguments.out, describe_devices())


def measure(seed: int, num_bins: int, trained_overlap: int = OVERLAP) -> dict[str, Any]:
    """Train, merge, and compare."""
    rates_hz, counts = recording(seed, num_bins)
    chopped = cut(counts, WINDOW, trained_overlap)
    whole = cut(counts, LONG, 0)
    with tempfile.TemporaryDirectory() as folder:
        settings = lfads.read_config(flags={"seed": seed})
        run = lfads.train(chopped, settings, out=Path(folder) / "chopped")
        long_run = lfads.train(whole, settings, out=Path(folder) / "whole")
        default = lfads.merge(run.infer(chopped))
        by_context = {c: lfads.merge(run.infer(chopped, context_bins=c)) for c in CONTEXTS}
        by_overlap = {
            o: lfads.merge(run.infer(cut(counts, WINDOW, o), context_bins=0)) for o in OVERLAPS
        }
        references = {
            "whole_trials": lfads.merge(run.infer(whole, context_bins=0)),
            "trained_on_whole_trials": lfads.merge(long_run.infer(context_bins=0)),
        }
        epochs = {"chopped": run.summary["epochs"], "whole": long_run.summary["epochs"]}
    everything = (default, *by_context.values(), *by_overlap.values(), *references.values())
    scored = np.all(
        [(m.split == "valid").values & ~np.isnan(m.rates).any("neuron").values for m in everything],
        axis=0,
    )

    def scores(rates: xr.Dataset, overlap: int) -> dict[str, float]:
        edges = edges_of(WINDOW, overlap, num_bins)
        return {
            "rate_r2_mean": score(rates, rates_hz, scored),
            **seams(edges, rates.rates.values, rates_hz),
        }

    r2 = {name: score(rates, rates_hz, scored) for name, rates in references.items()}
    own = scores(default, trained_overlap)
    loss = max(r2.values()) - own["rate_r2_mean"]
    return {
        "seed": seed,
        "bins": num_bins,
        "window_bins": WINDOW,
        "overlap_bins": trained_overlap,
        "whole_trial_bins": LONG,
        "windows": chopped.session.num_trials,
        "bins_scored": int(scored.sum()),
        "default": own,
        "by_context_bins": {str(c): scores(m, trained_overlap) for c, m in by_context.items()},
        "without_context_by_overlap_bins": {str(o): scores(m, o) for o, m in by_overlap.items()},
        "rate_r2_mean_of_whole_trials": r2,
        "r2_lost_to_whole_trials": loss,
        "r2_target_reached": bool(loss <= LARGEST_LOSS),
        "seam_target_reached": bool(own["seam_ratio"] <= LARGEST_RATIO),
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
