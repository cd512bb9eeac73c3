"""Population search against default settings and random search with as many gradient steps.

Four small, noisy sets: a chaotic network (300 trials), many neurons with few trials (200 neurons, 60
trials), bins of 2 ms, and, if its path is given, delay-period spikes of a premotor recording
(`plan_spikes_1ms` and `plan_condition`, 20 ms bins). A fifth of the trials of each condition validates
and a fifth is kept for the test; every fifth neuron is held out. Generators have 64 units. Scores are of
test trials; the population's four best members averaged are an ensemble. The JSON is written after
every search, and searches that it has are not done again. Also the seconds of a generation against the
size of the population, and with Ray's workers (`--engines local ray`) against those of one process.
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
from lfads.terminal.saying import say

SMALL = {"model": {"generator_size": 64}}
POPULATION, GENERATIONS, EPOCHS = 8, 10, 15
METHODS = ("defaults", "population", "random")


def main() -> None:
    """Run from the command line."""
    arguments = parse()
    configure_devices()
    data: dict[str, Callable[[int], lfads.Dataset]] = {**SIMULATED}
    if arguments.path is not None:
        data["premotor"] = lambda seed: premotor(arguments.path)
    results = _record.earlier(arguments.out)
    for name in [n for n in data if n in arguments.data]:
        for seed in arguments.seeds:
            dataset = data[name](seed)
            own = results.setdefault(name, {}).setdefault(str(seed), {})
            for method in [m for m in arguments.methods if m not in own]:
                say(f"{name}, seed {seed}: {method}")
                own.update(of_method(dataset, seed, method))
                results["summary"] = summary({k: v for k, v in results.items() if k in data})
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
    parser.add_argument("--data", nargs="*", default=[*SIMULATED, "premotor"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--populations", nargs="*", type=int, default=[])
    parser.add_argument("--engines", nargs="*", choices=("local", "ray"), default=[])
    return parser.parse_args()


def chaotic_rnn(seed: int) -> lfads.Dataset:
    """300 trials of 50 neurons: 30 starts, ten trials each."""
    return split(lfads.simulate_chaotic_rnn(seed, num_conditions=30), "chaotic_rnn")


def many_neurons(seed: int) -> lfads.Dataset:
    """60 trials of 200 neurons of the Lorenz system."""
    return split(
        lfads.simulate_lorenz(
            seed, num_neurons=200, num_bins=50, bin_width_s=0.02, num_conditions=6,
            trials_per_condition=10,
        ),
        "many_neurons",
    )  # fmt: skip


def fine_bins(seed: int) -> lfads.Dataset:
    """200 trials of 40 neurons in 150 bins of 2 ms."""
    return split(
        lfads.simulate_lorenz(
            seed, num_neurons=40, num_bins=150, bin_width_s=0.002, speed=3.0, base_rate_hz=10.0,
            num_conditions=20, trials_per_condition=10,
        ),
        "fine_bins",
    )  # fmt: skip


def split(dataset: lfads.Dataset, source: str) -> lfads.Dataset:
    """A simulation with splits and held-out neurons."""
    session = dataset.session
    return with_splits(
        session.spikes, dataset.bin_width_s, np.asarray(session.condition), source,
        true_rates_hz=session.true_rates_hz,
    )  # fmt: skip


SIMULATED = {"chaotic_rnn": chaotic_rnn, "many_neurons": many_neurons, "fine_bins": fine_bins}


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


def of_method(dataset: lfads.Dataset, seed: int, method: str) -> dict[str, dict[str, Any]]:
    """Scores of one method; a population has those of its ensemble beside them."""
    search = {
        "population": POPULATION, "num_generations": GENERATIONS, "epochs_per_generation": EPOCHS,
        "patience_generations": GENERATIONS,
    }  # fmt: skip
    if method == "random":
        epochs = default_epochs(dataset)
        whole = POPULATION * (epochs["ramp"] + GENERATIONS * EPOCHS)
        search = {"method": "random", "population": round(whole / epochs["all"])}
    flags = {**SMALL, "seed": seed, **({} if method == "defaults" else {"search": search})}
    config = lfads.read_config(flags=flags)
    begin = lfads.train if method == "defaults" else lfads.search_population
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        run = begin(dataset, config, out=Path(folder) / "run", progress=False)
        seconds = time.perf_counter() - began
        found = {
            method: {
                **scores_of(run, dataset, 1),
                "seconds": seconds,
                "hyperparameters": vars(run.config.hyperparameters),
            }
        }
        if method == "population":
            found["population, ensemble of 4"] = scores_of(run, dataset, 4)
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


def summary(results: dict[str, Any]) -> dict[str, Any]:
    """Of every set the median of each method's held-out score, and how often which is above which."""
    score = "held_out_bits_per_spike"
    runs = [own for seeds in results.values() for own in seeds.values()]

    def above(one: str, others: tuple[str, ...]) -> str:
        there = [own for own in runs if {one, *others} <= own.keys()]
        won = sum(all(own[one][score] > own[other][score] for other in others) for own in there)
        return f"{won} of {len(there)}"

    ensemble = "population, ensemble of 4"
    return {
        "population above defaults and random search": above("population", ("defaults", "random")),
        "population above defaults": above("population", ("defaults",)),
        "population above random search": above("population", ("random",)),
        "ensemble above all": above(ensemble, ("population", "defaults", "random")),
        "median": {
            name: {
                method: statistics.median(
                    own[method][score] for own in seeds.values() if method in own
                )
                for method in {m for own in seeds.values() for m in own}
            }
            for name, seeds in results.items()
        },
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
