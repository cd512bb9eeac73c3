"""Peak memory of training on long trials, and seconds to compile at the paper's sizes.

Each is measured in a process of its own, through `lfads.train`. The floor of the memory is a process
that imports the same modules and makes the same data, but does not train. Seconds to compile are
what the first epoch takes longer than later ones.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import _record
import numpy as np
from _networks import SIZES, Sizes, config_of, random_dataset

import lfads
from lfads.training.defaults import Derived
from lfads.training.tracking import EpochRecord


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["long", "paper"])
    parser.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--epochs", type=int, default=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.in_this_process:
        print(json.dumps(measure(SIZES[arguments.sizes[0]], arguments.epochs)))
        return
    results: dict[str, Any] = {}
    device = None
    for name in arguments.sizes:
        floor = in_own_process(name, epochs=0)
        trained = in_own_process(name, epochs=arguments.epochs)
        device = trained.pop("device")
        results[name] = {
            **trained,
            "floor_mib": floor["peak_mib"],
            "ratio_to_floor": trained["peak_mib"] / floor["peak_mib"],
        }
    _record.record(results, arguments.out, device)


def in_own_process(name: str, epochs: int) -> dict[str, Any]:
    """`measure` in a fresh interpreter."""
    command = [sys.executable, __file__, "--in-this-process", "--sizes", name]
    command += ["--epochs", str(epochs)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(sizes: Sizes, epochs: int) -> dict[str, Any]:
    """Train some epochs, or with 0 import and make data only; peak memory and seconds."""
    dataset = random_dataset(sizes)
    begin_training = lfads.train  # loads JAX
    if epochs == 0:
        return {"peak_mib": _record.peak_mib()}
    clock = Clock()
    with tempfile.TemporaryDirectory(prefix="lfads-") as folder:
        began = time.perf_counter()
        run = begin_training(
            dataset, config_of(sizes, num_epochs=epochs), out=Path(folder) / "run", trackers=[clock]
        )
        # Opening the trained run is no part of training.
        peak = _record.peak_mib()
        resolved, summary = run.config.training, run.summary
    first, later = clock.ends[0] - began, np.diff(clock.ends)
    return {
        "sizes": vars(sizes),
        "peak_mib": peak,
        "seconds_to_end_of_first_epoch": first,
        "seconds_of_later_epoch": float(np.median(later)) if later.size else None,
        "seconds_to_compile": first - float(np.median(later)) if later.size else None,
        "time_segments": resolved.time_segments,
        "num_shards": resolved.num_shards,
        "device": summary.get("device"),
    }


class Clock:
    """Notes when each epoch ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def start(self, config: lfads.RunConfig, derived: Sequence[Derived], first_epoch: int) -> None:
        """Nothing to note."""

    def epoch(self, record: EpochRecord) -> None:
        """Note the time."""
        self.ends.append(time.perf_counter())

    def end(self, stopped_by: str) -> None:
        """Nothing to note."""


if __name__ == "__main__":
    main()
