"""How far encoders are from each trial's own posterior, and whether refining it helps.

A network is trained as in `cosmoothing.py`, with the defaults. Trials are inferred as the encoders have
it, after steps of refinement at the KL weights that it was trained with, and after as many at weights of
1. Directions are decoded from delay-period averages of factors, rates and counts; bits per spike are of
test trials; also of the mean rates of all trainings. Results are written after every training. Needs the
path of a recording (see `_recording.py`); without one it is skipped.
"""

import argparse
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import _record
import numpy as np
from _decoding import decode
from _recording import Recording, read_recording

import lfads
from lfads.devices import local_devices
from lfads.inference.averages import PosteriorArrays, infer
from lfads.inference.refinement import Refinement
from lfads.numerics.poisson import bits_per_spike
from lfads.runs.fits import network_for
from lfads.training.sharding import make_mesh
from lfads.training.trials import trials_of

OUT = Path(__file__).with_name("results") / "amortisation.json"


def main() -> None:
    """Run from the command line."""
    arguments = parse()
    if arguments.path is None:
        print("skipped: amortisation needs the path of a recording")
        return
    recording = read_recording(arguments.path, arguments.bin_ms)
    config = lfads.read_config(arguments.config)
    runs: list[dict[str, Any]] = []
    rates: dict[str, list[np.ndarray]] = {}
    for seed in range(arguments.seeds):
        with tempfile.TemporaryDirectory(prefix="lfads-") as folder:
            run = lfads.train(
                data_of(recording), replace(config, seed=seed), out=Path(folder) / "run"
            )
            runs.append(scores(run, recording, arguments.steps, arguments.num_samples, rates))
        results = {
            "file": recording.name,
            "bin_width_s": recording.bin_width_s,
            "steps": arguments.steps,
            "runs": runs,
            "mean_rates_of_all_runs": {
                name: scores_of_rates(np.mean(of, axis=0), recording) for name, of in rates.items()
            },
        }
        _record.record(results, arguments.out or OUT, runs[0]["device"])


def parse() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("path", type=Path, nargs="?", metavar="RECORDING.npz")
    parser.add_argument("--bin-ms", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=1, help="trainings, seeds 0, 1, …")
    parser.add_argument("--config", type=Path, metavar="run.toml", help="settings of LFADS")
    parser.add_argument("--num-samples", type=int, default=50, help="posterior samples")
    parser.add_argument("--steps", type=int, default=60, help="of refinement")
    return parser.parse_args()


def data_of(recording: Recording) -> lfads.Dataset:
    """The recording as a data set, with its held-out neurons."""
    return lfads.Dataset.from_arrays(
        recording.spikes,
        bin_width_s=recording.bin_width_s,
        split=recording.split,
        held_out_neurons=recording.held_out,
        source=recording.name,
    )


def scores(
    run: lfads.Run,
    recording: Recording,
    steps: int,
    num_samples: int,
    rates: dict[str, list[np.ndarray]],
) -> dict[str, Any]:
    """Of one training: as the encoders have it, and refined at two weights; its rates are appended."""
    trained = run.config.hyperparameters
    hows = {
        "encoders": None,
        "trained_weights": Refinement(
            steps, trained.initial_condition_kl_weight, trained.inferred_input_kl_weight
        ),
        "weights_of_1": Refinement(steps),
    }
    found = {name: scores_of(run, recording, how, num_samples) for name, how in hows.items()}
    for name, (_, of_run) in found.items():
        rates.setdefault(name, []).append(of_run)
    return {
        "seed": run.config.seed,
        "num_factors": run.config.model.num_factors,
        "num_inferred_inputs": run.config.model.num_inferred_inputs,
        "device": run.summary.get("device"),
        "seconds_to_train": run.summary.get("seconds"),
        "decoding_from_counts": direction(recording, recording.spikes[:, :, ~recording.held_out]),
        **{name: of_run for name, (of_run, _) in found.items()},
    }


def scores_of(
    run: lfads.Run, recording: Recording, how: Refinement | None, num_samples: int
) -> tuple[dict[str, Any], np.ndarray]:
    """Direction, bits per spike, gain of the bound, and seconds, compilation included; and the rates."""
    dataset = data_of(recording)
    network = network_for(run.model, dataset.session, dataset, run.data)
    began = time.monotonic()
    found = infer(
        network,
        trials_of(dataset.session),
        make_mesh(len(local_devices())),
        num_samples=num_samples,
        refinement=how,
    )
    seconds = time.monotonic() - began
    rates = np.asarray(found.mean.rates)
    return {
        "seconds": seconds,
        "decoding_from_factors": direction(recording, np.asarray(found.mean.factors)),
        **scores_of_rates(rates, recording),
        **gain_of(found),
    }, rates


def scores_of_rates(rates: np.ndarray, recording: Recording) -> dict[str, Any]:
    """Direction, and bits per spike of test trials, of encoded neurons and of those held out."""
    test, encoded = recording.trials("test"), ~recording.held_out
    chosen = {"held_in": encoded, "held_out": recording.held_out}
    return {
        "decoding_from_rates": direction(recording, rates),
        **{
            f"{name}_bits_per_spike": bits_per_spike(
                rates[test][:, :, of], recording.spikes[test][:, :, of]
            )
            for name, of in chosen.items()
        },
    }


def gain_of(found: PosteriorArrays) -> dict[str, float]:
    """Nats a trial by which the bound rose, at the weights of the refinement; nothing without one."""
    if found.bound is None or found.bound_before is None:
        return {}
    gain = np.asarray(found.bound) - np.asarray(found.bound_before)
    return {
        "mean_bound": float(np.mean(found.bound)),
        "mean_bound_gain": float(gain.mean()),
        "largest_bound_gain": float(gain.max()),
        "share_of_trials_refined": float((gain > 0).mean()),
    }


def direction(recording: Recording, values: np.ndarray) -> dict[str, Any]:
    """Directions from averages over the delay."""
    delay = slice(recording.delay.start - recording.spikes.shape[1], None)
    averages = values[:, delay].mean(axis=1, dtype=np.float64)
    return asdict(decode([("averages", averages)], recording.direction, recording.split))


if __name__ == "__main__":
    main()
