"""What baselines beside scores take, and what their lighter choices lose.

Seconds of fitting, inferring and scoring each, on made-up neurons that share slow latents; or, with a
recording, bits per spike of held-out neurons beside those of the whole `smoothing`. Processor seconds are
those of all threads: with one thread (`OPENBLAS_NUM_THREADS=1`) they hardly depend on what else runs.
"""

import os
import time
from pathlib import Path
from typing import Any

import _record
import numpy as np
from _recording import read_recording

from lfads.baselines.smoothing import Smoothing
from lfads.data.dataset import Dataset
from lfads.evaluation.scores import score_dataset
from lfads.parts import made
from lfads.runs.beside import CHOICES

SPLITS = ("train", "train", "train", "valid", "test")


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--bins", type=int, default=100)
    parser.add_argument("--neurons", type=int, default=500)
    parser.add_argument("--recording", type=Path, help="measure on its held-out neurons instead")
    parser.add_argument("--bin-ms", type=int, default=20)
    arguments = parser.parse_args()
    if arguments.recording is None:
        dataset = made_up(arguments.trials, arguments.bins, arguments.neurons)
    else:
        recording = read_recording(arguments.recording, arguments.bin_ms)
        dataset = Dataset.from_arrays(
            recording.spikes, bin_width_s=recording.bin_width_s, split=recording.split,
            held_out_neurons=recording.held_out, condition=recording.direction,
        )  # fmt: skip
    methods = {name: made("baselines", name, choices) for name, choices in CHOICES.items()}
    if arguments.recording is not None:
        methods["smoothing, all choices"] = Smoothing()
    found = {name: measured(method, dataset) for name, method in methods.items()}
    light = [found[name] for name in CHOICES]
    results = {
        "shape": list(dataset.session.spikes.shape),
        "threads": os.environ.get("OPENBLAS_NUM_THREADS", ""),
        "baselines": found,
        "seconds": sum(each["seconds"] for each in light),
        "processor_seconds": sum(each["processor_seconds"] for each in light),
    }
    _record.record(results, arguments.out)


def made_up(num_trials: int, num_bins: int, num_neurons: int) -> Dataset:
    """Counts of neurons that share eight slow latents, in bins of 10 ms."""
    rng = np.random.default_rng(0)
    latents = 0.15 * np.cumsum(rng.normal(size=(num_trials, num_bins, 8)), axis=1)
    loadings = 0.3 * rng.normal(size=(8, num_neurons))
    own = np.log(0.1) + 0.5 * rng.normal(size=num_neurons)
    counts = rng.poisson(np.minimum(np.exp(latents @ loadings + own), 5))
    trial = np.arange(num_trials)
    return Dataset.from_arrays(
        counts, bin_width_s=0.01, split=np.array(SPLITS)[trial % 5], condition=trial // 5 % 8
    )


def measured(method: Any, dataset: Dataset) -> dict[str, Any]:
    """Seconds, and bits per spike of test trials."""
    began, spent = time.perf_counter(), time.process_time()
    posterior = method.fit(dataset).infer(dataset)
    test = score_dataset(dataset, posterior.sessions).splits["test"]
    return {
        "seconds": round(time.perf_counter() - began, 2),
        "processor_seconds": round(time.process_time() - spent, 2),
        "test_bits_per_spike": test.bits_per_spike,
        "test_held_out_bits_per_spike": test.held_out_bits_per_spike,
    }


if __name__ == "__main__":
    main()
