"""Whether default settings suit data of every kind: twelve small sets, against a random search of ten runs.

Eleven sets are of the Lorenz system and differ in one thing each: rates from .5 to 30 spikes/s, 5 to 500
neurons, 30 to 2000 trials, 20 to 1000 bins, bins of 2 to 50 ms, held-out neurons with trials of unequal
length; the twelfth is of two sessions of one chaotic network. A fifth of the trials validates and a fifth
is kept for the test. The search draws from its default ranges and keeps the member that validates best.
Told is the share of that member's test score that the defaults reach: bits per spike (of held-out neurons,
where there are some) and R² of true rates. The JSON is written after every set; sets that it has are not
measured again, and trainings go on from `--folder`.
"""

import dataclasses
from pathlib import Path
from typing import Any

import _record
import numpy as np

import lfads
from lfads.config import RunConfig
from lfads.config.read import merge
from lfads.data.session import Session
from lfads.devices import configure_devices, describe_devices
from lfads.runs.train import trained_to_the_end
from lfads.terminal.saying import say

USUAL: dict[str, Any] = {
    "num_neurons": 30, "num_bins": 50, "num_trials": 300, "bin_width_s": 0.02, "base_rate_hz": 5.0,
    "units": 1.5,
}  # fmt: skip
SETS: dict[str, dict[str, Any]] = {
    "0.5 spikes/s": {"base_rate_hz": 0.5, "num_neurons": 100},
    "30 spikes/s": {"base_rate_hz": 30.0},
    "5 neurons": {"num_neurons": 5, "base_rate_hz": 10.0},
    "500 neurons": {"num_neurons": 500},
    "30 trials": {"num_trials": 30},
    "2000 trials": {"num_trials": 2000},
    "20 bins": {"num_bins": 20, "units": 0.6},
    "1000 bins": {"num_bins": 1000, "num_trials": 40, "units": 10.0},
    "2 ms": {"bin_width_s": 0.002, "num_bins": 200, "base_rate_hz": 10.0},
    "50 ms": {"bin_width_s": 0.05, "num_bins": 30},
    "held-out neurons, unequal trials": {"held_out": True, "unequal": True},
}
SESSIONS = "two sessions"
RUNS, LARGEST_LOSS = 10, 0.03
SMALL = {"model": {"generator_size": 64}}


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    names = [*SETS, SESSIONS]
    parser.add_argument("--sets", nargs="+", choices=names, default=names)
    parser.add_argument("--seed", type=int, default=0, help="of data and weights")
    parser.add_argument("--runs", type=int, default=RUNS, help="of the random search")
    parser.add_argument("--folder", type=Path, default=Path("runs/regimes"))
    arguments = parser.parse_args()
    configure_devices()
    results = _record.earlier(arguments.out)
    for name in arguments.sets:
        if name not in results:
            say(name)
            place = (
                arguments.folder / f"{name.replace(' ', '-').replace('/', '-')}-{arguments.seed}"
            )
            results[name] = compared(dataset_of(name, arguments.seed), arguments, place)
            _record.record(results, arguments.out, describe_devices())


def dataset_of(name: str, seed: int) -> lfads.Dataset:
    """One of the sets."""
    if name == SESSIONS:
        dataset = lfads.simulate_chaotic_rnn_sessions(
            seed, num_sessions=2, num_conditions=20, trials_per_condition=10
        )
        return dataclasses.replace(
            dataset, sessions=tuple(with_splits(session) for session in dataset.sessions)
        )
    return lorenz_of({**USUAL, **SETS[name]}, seed)


def lorenz_of(of: dict[str, Any], seed: int) -> lfads.Dataset:
    """A Lorenz system with these properties, ten trials of a condition, and splits."""
    seconds = of["num_bins"] * of["bin_width_s"]
    dataset = lfads.simulate_lorenz(
        seed, num_neurons=of["num_neurons"], num_bins=of["num_bins"], num_conditions=of["num_trials"] // 10,
        trials_per_condition=10, bin_width_s=of["bin_width_s"], speed=of["units"] / seconds,
        base_rate_hz=of["base_rate_hz"],
    )  # fmt: skip
    session = with_splits(dataset.session)
    if of.get("unequal"):
        rng = np.random.default_rng(seed)
        length = rng.integers(session.num_bins // 2, session.num_bins + 1, session.num_trials)
        session = shortened(session, length)
    if of.get("held_out"):
        held_out = np.arange(session.num_neurons) % 5 == 2
        session = dataclasses.replace(session, held_out_neurons=held_out)
    return dataclasses.replace(dataset, sessions=(session,))


def with_splits(session: Session) -> Session:
    """Every fifth trial validates, every fifth is for the test."""
    rank = np.arange(session.num_trials) % 5
    split = np.select([rank == 3, rank == 4], ["valid", "test"], "train")
    return dataclasses.replace(session, split=split)


def shortened(session: Session, length: np.ndarray) -> Session:
    """Trials that end before the last bin."""
    inside = np.arange(session.num_bins) < length[:, None]
    return dataclasses.replace(
        session,
        values=np.where(inside[:, :, None], session.values, 0).astype(session.values.dtype),
        trial_length=length.astype(session.trial_length.dtype),
    )


def compared(dataset: lfads.Dataset, arguments: Any, place: Path) -> dict[str, Any]:
    """Test scores of the defaults and of the best of the search, and the share that the defaults reach."""
    usual = RunConfig.from_dict(merge(SMALL, {"seed": arguments.seed}))
    defaults = trained_to_the_end(dataset, usual, place / "defaults", progress=False)
    search = {"search": {"method": "random", "population": arguments.runs}}
    config = RunConfig.from_dict(merge(SMALL, search, {"seed": arguments.seed}))
    best = trained_to_the_end(dataset, config, place / "search", search=True, progress=False)
    found = {"defaults": scores(defaults, dataset), "search": scores(best, dataset)}
    shares = {
        key: found["defaults"][key] / found["search"][key]
        for key in found["defaults"]
        if found["search"].get(key)
    }
    score = "held_out_bits_per_spike" if "held_out_bits_per_spike" in shares else "bits_per_spike"
    return {
        **found,
        "share": shares,
        "judged_by": score,
        "reached": bool(shares[score] >= 1 - LARGEST_LOSS),
        "seconds_of_defaults": defaults.summary["seconds"],
    }


def scores(run: Any, dataset: lfads.Dataset) -> dict[str, float]:
    """Of test trials."""
    test = run.evaluate(dataset, baselines=False, progress=False).splits["test"].to_dict()
    kept = ("bits_per_spike", "held_out_bits_per_spike", "rate_r2_mean")
    return {key: test[key] for key in kept if test.get(key) is not None}


if __name__ == "__main__":
    main()
