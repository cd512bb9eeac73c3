"""Minutes of a training with default settings, over numbers of trials, bins and neurons.

An epoch is timed after the first, which compiles, and multiplied by the epochs until the learning rate has
decayed; early stopping may end a training before. Poisson counts of 5 spikes/s stand for data: what they
say does not change the time.
"""

import tempfile
from pathlib import Path
from typing import Any

import _record
import numpy as np

import lfads
from lfads.devices import describe_devices

SIZES = (
    (200, 50, 50),
    (200, 100, 100),
    (1000, 100, 50),
    (1000, 100, 200),
    (1000, 200, 100),
    (3000, 100, 100),
)
SMALL = ((40, 20, 10),)


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--sizes", choices=["small", "all"], default="all")
    parser.add_argument("--epochs", type=int, default=3, help="timed, after one to warm up")
    arguments = parser.parse_args()
    sizes = SMALL if arguments.sizes == "small" else SIZES
    rows = [timed(*each, arguments.epochs) for each in sizes]
    _record.record({"trainings": rows}, arguments.out, describe_devices())


def timed(num_trials: int, num_bins: int, num_neurons: int, epochs: int) -> dict[str, Any]:
    """Median seconds of an epoch, and minutes of all."""
    counts = np.random.default_rng(0).poisson(0.05, (num_trials, num_bins, num_neurons))
    dataset = lfads.Dataset.from_arrays(counts, bin_width_s=0.01)
    config = lfads.read_config(flags={"training": {"num_epochs": 1 + epochs}})
    with tempfile.TemporaryDirectory() as folder:
        run = lfads.train(dataset, config, out=Path(folder) / "run", progress=False)
        ends = np.array([record["seconds"] for record in run.metrics])
        decay = run.trained.config.training.decay_epochs or 0
    seconds = float(np.median(np.diff(ends)))
    return {
        "trials": num_trials,
        "bins": num_bins,
        "neurons": num_neurons,
        "seconds_per_epoch": seconds,
        "epochs": decay,
        "minutes": seconds * decay / 60,
        "seconds_before_the_second_epoch": float(ends[0]),
    }


if __name__ == "__main__":
    main()
