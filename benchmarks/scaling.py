"""How the time of a training step grows with trials, bins and neurons, and its memory with bins.

From one set of sizes, each is multiplied alone; `exponent` is the slope of log(seconds) against
log(size), 1 where the cost is linear. Trials are those of a batch.
"""

import dataclasses
from typing import Any

import _record
import numpy as np
from _networks import SIZES, Sizes
from _stepping import seconds_per_step

from lfads.devices import configure_devices, describe_devices

FACTORS = (1, 2, 4, 8)
FIELDS = {"trials": "batch", "bins": "bins", "neurons": "neurons"}


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--sizes", choices=SIZES, default="small")
    parser.add_argument("--factors", nargs="+", type=int, default=FACTORS)
    parser.add_argument("--epochs", type=int, default=3, help="timed, after one to warm up")
    arguments = parser.parse_args()
    configure_devices()
    # A quarter of a batch and of the bins, so that the largest is not out of reach.
    base = dataclasses.replace(
        SIZES[arguments.sizes], batch=SIZES[arguments.sizes].batch // 4,
        bins=SIZES[arguments.sizes].bins // 4,
    )  # fmt: skip
    results: dict[str, Any] = {"sizes": vars(base)}
    for name, field in FIELDS.items():
        results[name] = growth(base, field, arguments.factors, arguments.epochs)
    _record.record(results, arguments.out, describe_devices())


def growth(base: Sizes, field: str, factors: list[int], epochs: int) -> dict[str, Any]:
    """Seconds of a step at each multiple of one size, and the exponent of their growth."""
    values = [factor * getattr(base, field) for factor in factors]
    seconds = [
        seconds_per_step(dataclasses.replace(base, **{field: value}), epochs)["seconds"]
        for value in values
    ]
    slope = float(np.polyfit(np.log(values), np.log(seconds), 1)[0])
    last = float(np.log(seconds[-1] / seconds[-2]) / np.log(values[-1] / values[-2]))
    return {
        "values": values,
        "seconds": seconds,
        "exponent": slope,
        "exponent_of_the_last_step": last,
    }


if __name__ == "__main__":
    main()
