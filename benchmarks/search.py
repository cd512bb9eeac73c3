"""Population search against default settings and random search with as many gradient steps.

Small, noisy data: a chaotic network (300 trials), and, if its path is given, delay-period spikes of a
premotor recording (`plan_spikes_1ms` and `plan_condition`, 20 ms bins). A fifth of the trials of
each condition validates and a fifth is kept for the test; every fifth neuron is held out. Scores are of
test trials. Also the seconds of a generation against the size of the population, and with Ray's workers
(`--engines local ray`) against those of one process.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _record
import numpy as np

import lfads
from lfads.devices import configure_devices, describe_devices

METHODS = ("defaults", "population", "random")


def main() -> None:
    """Run from the command line."""
    arguments = parse()
    configure_devices()
    data: dict[str, Callable[[int], lfads.Dataset]] = {"chaotic_rnn": chaotic_rnn}
    if arguments.path is not None:
        data["premotor"] = lambda seed: premotor(arguments.path)
    results: dict[str, Any] = {}
    for name in [n for n in data if n in arguments.data]:
        runs: list[dict[str, Any]] = []
        for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
            runs.append({"seed": seed, **compare(data[name](seed), seed, arguments)})
            results[name] = {"runs": runs, "median": medians(runs)}
            if arguments.out is not None:  # hours of work are not lost with the last seed
                _record.record(results, arguments.out, describe_devices())
    if arguments.populations:
        results["seconds_per_generation"] = {
            str(population): generation_seconds(population, epochs=5)
            for population in arguments.populations
        }
    if arguments.engines:
        results["engines"] = compare_engines(arguments.engines)
    _record.record(results, arguments.out, describe_devices())


def parse() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("path", type=Path, nargs="?", metavar="RECORDING.npz")
    parser.add_argument("--data", nargs="*", default=["chaotic_rnn", "premotor"])
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--population", type=int, default=8)
    parser.add_argument("--generations", type=int, default=12)
    parser.add_argument("--epochs-per-generation", type=int, default=15)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--populations", nargs="*", type=int, default=[1, 5, 20])
    parser.add_argument("--engines", nargs="*", choices=("local", "ray"), default=[])
    return parser.parse_args()


def chaotic_rnn(seed: int) -> lfads.Dataset:
    """300 trials of 50 neurons: 30 starts, ten trials each."""
    simulated = lfads.simulate_chaotic_rnn(seed, num_conditions=30).session
    return with_splits(
        simulated.spikes, 0.01, np.asarray(simulated.condition), "chaotic_rnn",
        true_rates_hz=simulated.true_rates_hz,
    )  # fmt: skip


def premotor(path: Path) -> lfads.Dataset:
    """Delay-period spikes in 20 ms bins."""
    with np.load(path, allow_pickle=False) as file:
        spikes, condition = file["plan_spikes_1ms"], file["plan_condition"]
    bins = spikes.shape[1] // 20
    counts = spikes[:, : 20 * bins].reshape(len(spikes), bins, 20, -1).sum(2)
    return with_splits(counts, 0.02, condition, path.name)


def with_splits(
    counts: np.ndarray, bin_width_s: float, condition: np.ndarray, source: str, **truth: Any
) -> lfads.Dataset:
    """Of each condition every fifth trial validates, every fifth is for the test."""
    rank = np.zeros(len(counts), int)
    for label in np.unique(condition):
        rank[condition == label] = np.arange((condition == label).sum())
    split = np.select([rank % 5 == 3, rank % 5 == 4], ["valid", "test"], "train")
    return lfads.Dataset.from_arrays(
        counts,
        bin_width_s=bin_width_s,
        split=split,
        condition=condition,
        held_out_neurons=np.arange(counts.shape[2]) % 5 == 2,
        source=source,
        **truth,
    )


def compare(
    dataset: lfads.Dataset, seed: int, arguments: argparse.Namespace
) -> dict[str, dict[str, Any]]:
    """Scores of every method."""
    found: dict[str, dict[str, Any]] = {}
    epochs = default_epochs(dataset)
    search = {
        "population": arguments.population,
        "num_generations": arguments.generations,
        "epochs_per_generation": arguments.epochs_per_generation,
        "patience_generations": arguments.generations,
    }
    whole = arguments.population * (
        epochs["ramp"] + arguments.generations * arguments.epochs_per_generation
    )
    flags: dict[str, dict[str, Any]] = {
        "defaults": {},
        "population": {"search": search},
        "random": {"search": {"method": "random", "population": round(whole / epochs["all"])}},
    }
    for method in arguments.methods:
        config = lfads.read_config(flags={"seed": seed, **flags[method]})
        begin = lfads.train if method == "defaults" else lfads.search_population
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            run = begin(dataset, config, out=Path(folder) / "run")
            seconds = time.perf_counter() - began
            found[method] = {**scores_of(run, dataset, 1), "seconds": seconds}
            if method == "population":
                found["ensemble of 4"] = scores_of(run, dataset, min(4, arguments.population))
            found[method]["hyperparameters"] = vars(run.config.hyperparameters)
    return found


def default_epochs(dataset: lfads.Dataset) -> dict[str, int]:
    """Epochs of a training with default settings, and those of its ramp."""
    from lfads.training.defaults import resolve_defaults
    from lfads.training.sizes import sizes_of, this_machine

    config, _ = resolve_defaults(lfads.RunConfig(), sizes_of(dataset), this_machine())
    return {"all": config.training.num_epochs or 0, "ramp": config.training.ramp_epochs or 0}


def scores_of(run: lfads.Run, dataset: lfads.Dataset, ensemble: int) -> dict[str, Any]:
    """Scores of test trials."""
    posterior = run.infer(dataset, ensemble=ensemble)
    scores = run.evaluate(dataset, posterior=posterior).splits["test"]
    return {
        "nll_per_sample": scores.nll_per_sample,
        "bits_per_spike": scores.bits_per_spike,
        "held_out_bits_per_spike": scores.held_out_bits_per_spike,
        "rate_r2_mean": scores.rate_r2_mean,
    }


def medians(runs: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Of each score of each method, over seeds."""
    return {
        method: {
            score: statistics.median(run[method][score] for run in runs)
            for score, value in runs[0][method].items()
            if isinstance(value, float)
        }
        for method in runs[0]
        if method != "seed"
    }


def generation_seconds(
    population: int, epochs: int, generations: int = 4, cluster: Any = None
) -> float:
    """Median seconds of a generation, compilation left out."""
    dataset, clock = chaotic_rnn(0), Clock()
    search = {
        "population": population, "num_generations": generations, "epochs_per_generation": epochs,
        "patience_generations": generations,
    }  # fmt: skip
    config = lfads.read_config(flags={"search": search, "training": {"ramp_epochs": 1}})
    with tempfile.TemporaryDirectory() as folder:
        lfads.search_population(
            dataset, config, out=Path(folder) / "run", cluster=cluster, trackers=[clock]
        )
    return statistics.median(np.diff(clock.ends))


def compare_engines(engines: list[str]) -> dict[str, Any]:
    """Seconds of a generation of 25 epochs, two members for each core."""
    from lfads.devices import local_devices
    from lfads.search.ray_cluster import Cluster

    cores = len(local_devices())
    found: dict[str, Any] = {"population": 2 * cores, "epochs_per_generation": 25}
    for engine in engines:
        cluster = Cluster(num_workers=cores) if engine == "ray" else None
        found[engine] = generation_seconds(2 * cores, epochs=25, cluster=cluster)
    if {"local", "ray"} <= set(engines):
        found["overhead_of_ray"] = found["ray"] / found["local"] - 1
    return found


class Clock:
    """Notes when each generation ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def start(self, config: Any, derived: Any, first_generation: int) -> None:
        """Nothing to note."""

    def epochs(self, generation: int, epoch: int, last_epoch: int) -> None:
        """Nothing to note."""

    def generation(self, rows: Any, best: Any) -> None:
        """Note the time."""
        self.ends.append(time.perf_counter())

    def end(self, stopped_by: str) -> None:
        """Nothing to note."""


if __name__ == "__main__":
    main()
