"""Co-smoothing of held-out neurons and decoding of direction: LFADS against Gaussian smoothing.

Co-smoothing is scored in bits per spike on test trials, over each held-out neuron's mean over the
scored samples. Directions are decoded from delay-period averages: factors, or as many principal
components of smoothed held-in spikes. Everything is fitted on training and chosen on validation
trials. Needs the path of a recording (see `_recording.py`); without one it is skipped.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import _record
import numpy as np
from _decoding import decode
from _recording import Recording, read_recording
from _smoothing import WIDTHS_MS, score_smoothing, smooth

import lfads
from lfads.numerics.components import principal_components
from lfads.numerics.poisson import bits_per_spike


def main() -> None:
    """Run from the command line."""
    arguments = parse()
    if arguments.path is None:
        print("skipped: cosmoothing needs the path of a recording")
        return
    recording = read_recording(arguments.path, arguments.bin_ms)
    results: dict[str, Any] = {"data": describe(recording)}
    num_features = arguments.num_features
    device = None
    if not arguments.baseline_only:
        config = lfads.read_config(arguments.config)
        runs = [
            lfads_scores(recording, replace(config, seed=seed), arguments.num_samples)
            for seed in range(arguments.seeds)
        ]
        results["lfads"] = runs
        num_features = runs[0]["decoding"]["num_features"]
        device = runs[0]["device"]
    results["smoothing"] = baseline_scores(recording, num_features)
    if not arguments.baseline_only:
        floor = results["smoothing"]["cosmoothing"]["test_bits_per_spike"]
        mean = float(np.mean([run["test_bits_per_spike"] for run in results["lfads"]]))
        results["mean_test_bits_per_spike"] = mean
        results["ratio_to_floor"] = mean / floor
    _record.record(results, arguments.out, device)


def parse() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("path", type=Path, nargs="?", metavar="RECORDING.npz")
    parser.add_argument("--bin-ms", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=1, help="LFADS runs, seeds 0, 1, …")
    parser.add_argument("--config", type=Path, metavar="run.toml", help="settings of LFADS")
    parser.add_argument("--num-samples", type=int, default=50, help="posterior samples")
    parser.add_argument("--baseline-only", action="store_true", help="no LFADS")
    parser.add_argument(
        "--num-features", type=int, default=20,
        help="principal components to decode from with --baseline-only; else the number of factors",
    )  # fmt: skip
    return parser.parse_args()


def describe(recording: Recording) -> dict[str, Any]:
    """The recording in numbers."""
    test = recording.spikes[recording.trials("test")][:, :, recording.held_out]
    return {
        "file": recording.name,
        "trials": {name: int(recording.trials(name).sum()) for name in ("train", "valid", "test")},
        "bins": recording.spikes.shape[1],
        "bin_width_s": recording.bin_width_s,
        "neurons": len(recording.held_out),
        "held_out_neurons": np.flatnonzero(recording.held_out).tolist(),
        "held_out_test_spikes": int(test.sum()),
    }


def baseline_scores(recording: Recording, num_features: int) -> dict[str, Any]:
    """Smoothing with Poisson regression, and decoding from smoothed spikes."""
    began = time.monotonic()
    train = recording.trials("train")

    def components(number: int) -> Iterator[tuple[str, np.ndarray]]:
        for name, values in smoothed_averages(recording):
            yield name, principal_components(values[train], number).project(values)

    labels, split = recording.direction, recording.split
    return {
        "cosmoothing": asdict(score_smoothing(recording)),
        "decoding": asdict(decode(components(num_features), labels, split)),
        "decoding_from_all_held_in": asdict(decode(smoothed_averages(recording), labels, split)),
        "seconds": time.monotonic() - began,
    }


def smoothed_averages(recording: Recording) -> Iterator[tuple[str, np.ndarray]]:
    """Delay-period averages of smoothed held-in spikes, for each width."""
    for width_ms in WIDTHS_MS:
        held_in = smooth(recording.spikes[:, :, ~recording.held_out], width_ms, recording.bin_ms)
        yield f"{width_ms} ms", held_in[:, recording.delay].mean(axis=1)


def lfads_scores(recording: Recording, config: lfads.RunConfig, num_samples: int) -> dict[str, Any]:
    """Train, infer, and score the same as the baseline."""
    dataset = lfads.Dataset.from_arrays(
        recording.spikes,
        bin_width_s=recording.bin_width_s,
        split=recording.split,
        held_out_neurons=recording.held_out,
        source=recording.name,
    )
    with tempfile.TemporaryDirectory(prefix="lfads-") as folder:
        began = time.monotonic()
        run = lfads.train(dataset, config, out=Path(folder) / "run")
        trained = time.monotonic()
        posterior = run.infer(dataset, num_samples=num_samples).dataset
        inferred = time.monotonic()
        summary = run.summary
        settings = run.config.to_dict()
    rates = posterior["rates"].values[:, :, recording.held_out] * recording.bin_width_s
    spikes = recording.spikes[:, posterior.attrs.get("first_bin", 0) :, recording.held_out]
    factors = posterior["factors"].values
    delay = slice(recording.delay.start - recording.spikes.shape[1], None)
    averages = factors[:, delay].mean(axis=1, dtype=np.float64)
    bits = {
        f"{name}_bits_per_spike": bits_per_spike(rates[trials], spikes[trials])
        for name in ("valid", "test")
        for trials in [recording.trials(name)]
    }
    decoded = decode([("factors", averages)], recording.direction, recording.split)
    return {
        "seed": config.seed,
        **bits,
        "decoding": asdict(decoded),
        "epochs": summary.get("epochs"),
        "best_epoch": summary.get("best_epoch"),
        "stopped_by": summary.get("stopped_by"),
        "device": summary.get("device"),
        "seconds_to_train": trained - began,
        "seconds_to_infer": inferred - trained,
        "config": settings,
    }


if __name__ == "__main__":
    main()
