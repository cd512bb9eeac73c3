"""What an epoch costs with other generators and encoders, beside the default by scans and by kernels.

The chaotic set of `variants.py` with default sizes. Trainings of a few epochs take turns, and each is told
as a ratio to the default by scans of the same turn; seconds of an epoch are medians of those after the
first, which compiles. Kernels are there where `lfads-kernels` is installed; they have the gated units.
"""

import statistics
import tempfile
from pathlib import Path
from typing import Any

import _record
import numpy as np
from variants import SETS

import lfads
from lfads.config import RunConfig
from lfads.config.read import merge
from lfads.data.dataset import Dataset
from lfads.devices import configure_devices, describe_devices
from lfads.model.recurrence.paths import fastest
from lfads.terminal.saying import say

SCANS = {"training": {"recurrence": "scan"}}
VARIANTS: dict[str, dict[str, Any]] = {
    "gru, scans": SCANS,
    "gru, kernels": {"training": {"recurrence": "native"}},
    "lru encoders, scans": merge(SCANS, {"model": {"encoder": "lru"}}),
    "lru encoders, kernels": {"training": {"recurrence": "native"}, "model": {"encoder": "lru"}},
    "vanilla_rnn": merge(SCANS, {"model": {"generator": "vanilla_rnn"}}),
    "low_rank_rnn": merge(SCANS, {"model": {"generator": "low_rank_rnn"}}),
    "residual_mlp": merge(SCANS, {"model": {"generator": "residual_mlp"}}),
}
FIRST = "gru, scans"


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=4, help="timed, after one that compiles")
    arguments = parser.parse_args()
    configure_devices()
    dataset = SETS["chaotic"](0)
    kernels = fastest("cpu", "gru")[0] == "native"
    variants = {name: of for name, of in VARIANTS.items() if kernels or "kernels" not in name}
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for turn in range(arguments.turns):
        for name, settings in variants.items():
            say(f"turn {turn + 1}: {name}")
            seconds[name].append(epoch_seconds(dataset, settings, arguments.epochs))
    results = {
        name: {
            "seconds_of_an_epoch": each,
            "ratio_to_gru_by_scans": statistics.median(
                one / first for one, first in zip(each, seconds[FIRST], strict=True)
            ),
        }
        for name, each in seconds.items()
    }
    _record.record(results, arguments.out, describe_devices())


def epoch_seconds(dataset: Dataset, settings: dict[str, Any], epochs: int) -> float:
    """Median of epochs after the first."""
    config = RunConfig.from_dict(merge(settings, {"training": {"num_epochs": 1 + epochs}}))
    with tempfile.TemporaryDirectory() as folder:
        run = lfads.train(dataset, config, out=Path(folder) / "run", progress=False)
        return float(np.median(np.diff([record["seconds"] for record in run.metrics])))


if __name__ == "__main__":
    main()
