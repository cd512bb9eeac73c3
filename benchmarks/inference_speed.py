"""Trials a second with 50 posterior samples, and milliseconds a bin of inference bin by bin.

Networks are untrained: time does not depend on the weights. The paper's sizes.
"""

import dataclasses
import statistics
import time
from typing import Any

import _record
import numpy as np
from _networks import SIZES, Sizes, config_of, random_dataset

import lfads
from lfads.config import RunSettings
from lfads.devices import configure_devices, describe_devices, local_devices

SEGMENT = 20


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--sizes", choices=SIZES, default="paper")
    parser.add_argument("--num-samples", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    configure_devices()
    sizes = SIZES[arguments.sizes]
    results = {
        "sizes": vars(sizes),
        "whole_trials": whole_trials(sizes, arguments.num_samples, arguments.repeats),
        "bin_by_bin": {
            f"{number} samples": bin_by_bin(sizes, number, arguments.repeats) for number in (1, 10)
        },
    }
    _record.record(results, arguments.out, describe_devices())


def whole_trials(sizes: Sizes, num_samples: int, repeats: int) -> dict[str, Any]:
    """Trials a second, compilation left out: the median of several passes over one batch."""
    import equinox as eqx
    import jax

    from lfads.inference.averages import compile_average
    from lfads.randomness import run_key
    from lfads.training.sharding import make_mesh
    from lfads.training.start import untrained_model
    from lfads.training.trials import trials_of

    dataset = random_dataset(dataclasses.replace(sizes, batch=sizes.batch // 8))
    model, trials = untrained_model(resolved(sizes, dataset), dataset), trials_of(dataset.session)
    average = compile_average(model, make_mesh(len(local_devices())), num_samples, False)
    weights = eqx.filter(model, eqx.is_inexact_array)
    seconds = []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        jax.block_until_ready(average(weights, trials, run_key(0)))
        seconds.append(time.perf_counter() - began)
    num_trials = trials.counts.shape[0]
    median = statistics.median(seconds[1:])
    return {
        "num_samples": num_samples,
        "trials_in_batch": num_trials,
        "seconds": median,
        "trials_per_second": num_trials / median,
        "seconds_with_compilation": seconds[0],
    }


def bin_by_bin(sizes: Sizes, num_samples: int, repeats: int) -> dict[str, Any]:
    """Milliseconds from a bin's counts to its rates and factors, on the host."""
    from lfads.inference.streaming import Stream
    from lfads.training.start import untrained_model

    dataset = random_dataset(dataclasses.replace(sizes, batch=1))
    config = resolved(sizes, dataset)
    causal = dataclasses.replace(
        config.model, causal=True, initial_condition_length=SEGMENT, controller_lag=0
    )
    model = untrained_model(dataclasses.replace(config, model=causal), dataset)
    stream = Stream(model, dataset.bin_width_s, num_samples=num_samples)
    milliseconds = []
    for trial in range(repeats + 1):
        stream.begin(trial)
        for at, counts in enumerate(dataset.session.spikes[trial % dataset.session.num_trials]):
            began = time.perf_counter()
            stream.step(counts)
            if trial and at > SEGMENT:  # the first trial compiles
                milliseconds.append(1000 * (time.perf_counter() - began))
    return {
        "median_ms": statistics.median(milliseconds),
        "99th_percentile_ms": float(np.percentile(milliseconds, 99)),
        "bins": len(milliseconds),
    }


def resolved(sizes: Sizes, dataset: lfads.Dataset) -> RunSettings:
    """Settings with every size set."""
    from lfads.training.defaults import resolve_defaults
    from lfads.training.sizes import sizes_of, this_machine

    batch = dataclasses.replace(sizes, batch=min(sizes.batch, dataset.session.num_trials))
    config, _ = resolve_defaults(config_of(batch), sizes_of(dataset), this_machine())
    return config


if __name__ == "__main__":
    main()
