"""How much dropout data of few or many trials, of few or many neurons, want.

Lorenz systems, 50 bins of 20 ms at 5 spikes/s; a fifth of the trials validates and a fifth is kept for the
test. Networks have defaults but for the rate and a generator of 64 units. Scores are of test trials. The
JSON is written after every training; trainings that it has are not done again.
"""

from pathlib import Path
from typing import Any

import _record
from regimes import SMALL, USUAL, lorenz_of

import lfads
from lfads.config import RunConfig
from lfads.config.read import merge
from lfads.devices import configure_devices, describe_devices
from lfads.runs.train import trained_to_the_end
from lfads.terminal.saying import say

TRIALS, NEURONS, RATES = (30, 60, 120, 300), (30, 200), (0.05, 0.2, 0.4, 0.6)


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=TRIALS)
    parser.add_argument("--neurons", type=int, nargs="+", default=NEURONS)
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", type=Path, default=Path("runs/dropout"))
    arguments = parser.parse_args()
    configure_devices()
    results = _record.earlier(arguments.out)
    for seed in arguments.seeds:
        for trials in arguments.trials:
            for neurons in arguments.neurons:
                own = results.setdefault(f"{trials} trials, {neurons} neurons", {})
                own = own.setdefault(str(seed), {})
                dataset = lorenz_of({**USUAL, "num_trials": trials, "num_neurons": neurons}, seed)
                for rate in [rate for rate in arguments.rates if f"{rate:g}" not in own]:
                    say(f"{trials} trials, {neurons} neurons, seed {seed}: {rate:g}")
                    place = arguments.folder / f"{trials}-{neurons}-{seed}-{rate:g}"
                    own[f"{rate:g}"] = measured(dataset, rate, seed, place)
                    _record.record(results, arguments.out, describe_devices())


def measured(dataset: lfads.Dataset, rate: float, seed: int, place: Path) -> dict[str, Any]:
    """Train one, and score its test trials."""
    chosen = {"seed": seed, "hyperparameters": {"dropout_rate": rate}}
    config = RunConfig.from_dict(merge(SMALL, chosen))
    run = trained_to_the_end(dataset, config, place, progress=False)
    scores = run.evaluate(dataset, posterior=run.infer(dataset, progress=False)).splits["test"]
    return {
        "bits_per_spike": scores.bits_per_spike,
        "rate_r2_mean": scores.rate_r2_mean,
        "best_epoch": run.summary["best_epoch"],
        "epochs": run.summary["epochs"],
        "seconds": run.summary["seconds"],
    }


if __name__ == "__main__":
    main()
