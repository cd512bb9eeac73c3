"""How the time of a training step grows with trials, bins and neurons, and its memory with bins.

From one set of sizes, each is multiplied alone; `exponent` is the slope of log(seconds) against
log(size), 1 where the cost is linear. Trials are those of a batch. Memory is what one device needs
beside data and weights, as compiled, with all states kept and with time in √T segments.
"""

import dataclasses
import math
from typing import Any

import _record
import numpy as np
from _networks import SIZES, Sizes
from _stepping import seconds_per_step, temporary_mib

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
    results["memory"] = memory_growth(SIZES[arguments.sizes], arguments.factors)
    _record.record(results, arguments.out, describe_devices())


def memory_growth(base: Sizes, factors: list[int]) -> dict[str, Any]:
    """MiB at each multiple of the bins, and the exponents of their growth."""
    bins = [factor * base.bins for factor in factors]
    sizes = [dataclasses.replace(base, bins=number) for number in bins]
    found: dict[str, Any] = {"bins": bins}
    for name, segments in (
        ("all states kept", lambda number: 1),
        ("time in segments", lambda number: math.ceil(math.sqrt(number))),
    ):
        mib = [temporary_mib(s, time_segments=segments(s.bins)) for s in sizes]
        found[name] = {"mib": mib, "exponent": exponent(bins, mib)}
    return found


def exponent(values: list[int], costs: list[float]) -> float:
    """Slope of the logarithms."""
    return float(np.polyfit(np.log(values), np.log(costs), 1)[0])


def growth(base: Sizes, field: str, factors: list[int], epochs: int) -> dict[str, Any]:
    """Seconds of a step at each multiple of one size, and the exponent of their growth."""
    values = [factor * getattr(base, field) for factor in factors]
    seconds = [
        seconds_per_step(dataclasses.replace(base, **{field: value}), epochs)["seconds"]
        for value in values
    ]
    return {
        "values": values,
        "seconds": seconds,
        "exponent": exponent(values, seconds),
        "exponent_of_the_last_step": exponent(values[-2:], seconds[-2:]),
    }


if __name__ == "__main__":
    main()
