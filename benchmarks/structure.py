"""Structure that is claimed where there is none, and found where there is some: `lfads null` on small data.

Twenty shuffled recordings of the Lorenz system, ten within condition and ten among all trials, on each of
which a small network is trained: with a level of .01 at most one should claim structure. Beside these,
recordings of which every trial has a course of its own, where structure is to be found, and recordings of
which the trials of a condition repeat their rates, where averages are all there is. Results are written
after each, and a benchmark that was stopped goes on.
"""

import contextlib
import io
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import _record

import lfads
from lfads.numerics.evenly import evenly
from lfads.runs.surrogates import surrogate_of

SIZES = {"num_neurons": 20, "num_bins": 50}
SETTINGS = {
    "model": {"num_factors": 8, "generator_size": 32, "encoder_size": 32, "controller_size": 32},
    "training": {
        "num_epochs": 100, "batch_size": 20, "ramp_epochs": 20, "decay_epochs": 100,
        "num_shards": 1,
    },
    "hyperparameters": {"learning_rate": 0.01},
}  # fmt: skip
CASES = {
    "own course": (False, False, 3),
    "shuffled within condition": (True, True, 10),
    "shuffled": (False, True, 10),
    "repeated course": (True, False, 3),
}
"""With conditions, shuffled, and how many recordings."""


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument(
        "--seeds", type=int, default=10, help="at most so many recordings of a kind"
    )
    arguments = parser.parse_args()
    found = done_before(arguments.out)
    rounds = max(number for *_, number in CASES.values())
    places = {name: set(evenly(rounds, number).tolist()) for name, (*_, number) in CASES.items()}
    for seed in range(min(rounds, arguments.seeds)):
        for name, (with_conditions, shuffled, _) in CASES.items():
            own = found.setdefault(name, {})
            if seed not in places[name] or str(seed) in own:
                continue
            own[str(seed)] = tested(recording(seed, with_conditions, shuffled), seed)
            with contextlib.redirect_stdout(io.StringIO()):
                _record.record(summarised(found), arguments.out)
    _record.record(summarised(found), arguments.out)


def done_before(out: Path | None) -> dict[str, dict[str, Any]]:
    """Recordings of each kind by seed, of a benchmark that was stopped."""
    if out is None or not out.is_file():
        return {}
    return json.loads(out.read_text(encoding="utf-8"))["results"]["recordings"]


def recording(seed: int, with_conditions: bool, shuffled: bool) -> lfads.Dataset:
    """Two hundred trials: ten conditions of twenty, or each of its own, without labels."""
    number = 10 if with_conditions else 200
    dataset = lfads.simulate_lorenz(
        seed, num_conditions=number, trials_per_condition=200 // number, **SIZES
    )
    if not with_conditions:
        dataset = replace(dataset, sessions=(replace(dataset.session, condition=None),))
    return surrogate_of(dataset, "trials", seed) if shuffled else dataset


def tested(dataset: lfads.Dataset, seed: int) -> dict[str, Any]:
    """A short training, and the test."""
    with tempfile.TemporaryDirectory(prefix="lfads-") as folder:
        began = time.monotonic()
        config = lfads.read_config(flags={**SETTINGS, "seed": seed})
        run = lfads.train(dataset, config, out=Path(folder) / "run", progress=False)
        trained = time.monotonic()
        found = lfads.null(run, training=False, seed=seed, progress=False)
        assert found.test is not None
        return {
            "p_value": found.test.p_value,
            "claims_structure": found.test.claims_structure,
            "gain_bits_per_spike": found.test.gain,
            "num_shuffles": len(found.test.shuffled_nats),
            "num_trials": found.test.num_trials,
            "best_epoch": run.summary["best_epoch"],
            "seconds_to_train": round(trained - began, 1),
            "seconds_to_test": round(time.monotonic() - trained, 1),
        }


def summarised(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """How many of each kind claim structure, and all of them."""
    claims = {
        name: {
            "recordings": len(own),
            "claim_structure": sum(each["claims_structure"] for each in own.values()),
        }
        for name, own in found.items()
    }
    return {"level": 0.01, "claims": claims, "settings": SETTINGS, "recordings": found}


if __name__ == "__main__":
    main()
