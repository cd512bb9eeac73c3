"""How well rates and latents of the Lorenz simulation are recovered from fewer trials, by default settings.

Thirty neurons that fire 2.5 spikes/s, 100 bins of 10 ms, 65 starts of the system; a fifth of the trials
validates. Scores are those of the same 260 test trials, which no training saw.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import _record
import numpy as np

import lfads
from lfads.devices import describe_devices

TRIALS_OF_A_CONDITION = (2, 5, 10, 20)
TEST = 4


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=TRIALS_OF_A_CONDITION)
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    rows = [scored(n, seed) for n in arguments.trials for seed in range(arguments.seeds)]
    _record.record({"trainings": rows}, arguments.out, describe_devices())


def scored(trials_of_a_condition: int, seed: int) -> dict[str, Any]:
    """Train on so many trials of each condition, every fifth of which validates; score on test trials."""
    whole = lfads.simulate_lorenz(seed, trials_per_condition=20 + TEST)
    session, place = whole.session, np.arange(65 * (20 + TEST)) % (20 + TEST)
    chosen = np.flatnonzero((place < trials_of_a_condition) | (place >= 20))
    split = np.where(
        place >= 20, "test", np.where(np.arange(len(place)) % 5 == 4, "valid", "train")
    )
    part = replace(session.take(chosen), split=split[chosen])
    dataset = replace(whole, sessions=(part,))
    with tempfile.TemporaryDirectory() as folder:
        settings = lfads.read_config(flags={"seed": seed})
        run = lfads.train(dataset, settings, out=Path(folder) / "run", progress=False)
        scores = run.evaluate(dataset, progress=False).splits["test"]
        summary = run.summary
    assert scores.latent_r2 is not None
    return {
        "trials": int((part.split != "test").sum()),
        "seed": seed,
        "rate_r2_median": scores.rate_r2_median,
        "latent_r2": list(scores.latent_r2),
        "bits_per_spike": scores.bits_per_spike,
        "epochs": summary["epochs"],
        "best_epoch": summary["best_epoch"],
    }


if __name__ == "__main__":
    main()
