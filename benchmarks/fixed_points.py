"""Fixed points of LFADS trained on a network that holds three bits, against those of that network.

One data set, several seeds of weights. Pulses are measured inputs, so that the generator is to learn what
the network does between them. Trained networks stay in `--folder`, and results are written after each, so
that a benchmark that was stopped goes on.
"""

import json
import time
from pathlib import Path
from typing import Any

import _record

import lfads
from lfads.devices import configure_devices
from lfads.terminal.progress import say

SIZES = {"num_neurons": 100, "num_trials": 1600, "bin_width_s": 0.05}
SETTINGS = {
    "model": {
        "num_factors": 16, "generator_size": 64, "encoder_size": 32, "initial_condition_size": 16,
        "num_inferred_inputs": 0,
    },
    "training": {
        "num_epochs": 80, "batch_size": 32, "decay_epochs": 80, "ramp_epochs": 10,
        "num_shards": 1,
    },
    "hyperparameters": {"learning_rate": 0.01, "dropout_rate": 0.0},
}  # fmt: skip


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="seeds of weights")
    parser.add_argument("--scaling", choices=("trial", "session"), default="session")
    parser.add_argument(
        "--folder", type=Path, default=Path("runs/fixed_points"), help="of networks"
    )
    arguments = parser.parse_args()
    configure_devices()
    dataset = lfads.simulate_flip_flop(scaling=arguments.scaling, **SIZES)
    for seed in range(arguments.seeds):
        run, seconds = trained(dataset, seed, arguments.folder / f"{arguments.scaling}-{seed}")
        say(f"{seed}: {seconds:.0f} s {json.dumps(run.summary, default=str)}")


def trained(dataset: lfads.Dataset, seed: int, place: Path) -> tuple[Any, float]:
    """The network of a seed, trained now if it is not there, and how long that took."""
    began = time.monotonic()
    config = lfads.read_config(flags={**SETTINGS, "seed": seed})
    done = (place / "summary.json").is_file()
    run = (
        lfads.open_run(place)
        if done
        else lfads.train(dataset, config, out=place, resume=place.is_dir())
    )
    return run, time.monotonic() - began


if __name__ == "__main__":
    main()
