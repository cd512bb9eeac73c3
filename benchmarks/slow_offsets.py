"""Rates that drift over a session: networks with and without slow offsets, and the same without drift.

Log-rates of neurons that the Lorenz system drives get D s(k), a random walk s over trials in a random
order, D one number a neuron. Networks with defaults but for a generator of 64 units are scored on
validation trials: R² of latents and rates, bits per spike, the share of D s that is recovered, and how well
a linear map from mean factors, or from codes of initial conditions, tells s and the trial's number: drift
that passes for dynamics. Seeds are of data and weights. Trainings that the JSON has are not done again.
"""

from pathlib import Path
from typing import Any

import _record
import numpy as np
from numpy.typing import NDArray

import lfads
from lfads.config import RunConfig
from lfads.config.read import merge
from lfads.data.dataset import Dataset
from lfads.devices import configure_devices, describe_devices
from lfads.evaluation.scores import score_dataset
from lfads.numerics.regression import fit_linear_map, r_squared
from lfads.runs.train import trained_to_the_end
from lfads.terminal.saying import say

SMALL = {"model": {"generator_size": 64}}
STD = 0.4
"""Of s over trials: the rate of a neuron of weight 1 doubles or triples between its extremes."""

RIDGE = 1.0
"""Of the linear maps, on standardised predictors."""

Values = NDArray[np.float64]


def lorenz(seed: int) -> Dataset:
    """300 trials of the Lorenz system in a random order; every fifth validates."""
    dataset = lfads.simulate_lorenz(seed, num_conditions=30, trials_per_condition=10)
    session = dataset.session.take(np.random.default_rng([seed, 1]).permutation(300))
    return Dataset.from_arrays(
        session.spikes, bin_width_s=dataset.bin_width_s, condition=session.condition,
        true_rates_hz=session.true_rates_hz, true_latents=session.true_latents,
        split=np.where(np.arange(300) % 5 == 4, "valid", "train"), name="lorenz",
    )  # fmt: skip


def drifting(dataset: Dataset, seed: int) -> tuple[Dataset, Values]:
    """The same with rates that drift, and D s, `trial neuron`."""
    rng, session = np.random.default_rng([seed, 2]), dataset.session
    walk = rng.standard_normal(session.num_trials).cumsum()
    course = STD * (walk - walk.mean()) / walk.std()
    offsets = course[:, None] * rng.standard_normal(session.num_neurons)
    assert session.true_rates_hz is not None
    rates = session.true_rates_hz * np.exp(offsets)[:, None, :]
    made = Dataset.from_arrays(
        rng.poisson(rates * dataset.bin_width_s), bin_width_s=dataset.bin_width_s,
        condition=session.condition, true_rates_hz=rates.astype(np.float32),
        true_latents=session.true_latents, split=session.split, name="lorenz",
    )  # fmt: skip
    return made, offsets


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--sets", nargs="+", default=["drift", "no_drift"])
    parser.add_argument("--numbers", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", type=Path, default=Path("runs/slow_offsets"))
    arguments = parser.parse_args()
    configure_devices()
    results = _record.earlier(arguments.out)
    for seed in arguments.seeds:
        still = lorenz(seed)
        for name in arguments.sets:
            dataset, offsets = drifting(still, seed) if name == "drift" else (still, None)
            for number in arguments.numbers:
                own = results.setdefault(name, {}).setdefault(f"slow_offsets_{number}", {})
                if str(seed) not in own:
                    say(f"{name}, {number} slow offsets, seed {seed}")
                    place = arguments.folder / f"{name}-{number}-{seed}"
                    own[str(seed)] = measured(dataset, offsets, number, seed, place)
                    _record.record(results, arguments.out, describe_devices())


def measured(
    dataset: Dataset, offsets: Values | None, number: int, seed: int, place: Path
) -> dict[str, Any]:
    """Train one, and score its validation trials."""
    model = {"slow_offsets": number}
    config = RunConfig.from_dict(merge(SMALL, {"model": model}, {"seed": seed}))
    run = trained_to_the_end(dataset, config, place, progress=False)
    posterior = run.infer(dataset, progress=False)
    scores = score_dataset(dataset, posterior.sessions)
    valid, summary = scores.splits["valid"].to_dict(), run.summary
    kept = ("bits_per_spike", "rate_r2_median", "rate_r2_mean", "latent_r2")
    found = {key: valid[key] for key in kept if key in valid}
    arrays, is_valid = posterior.dataset, dataset.session.of_split("valid")
    told = {
        "factors": arrays["factors"].to_numpy().mean(1),
        "initial_conditions": arrays["initial_condition_mean"].to_numpy(),
    }
    targets = {"trial_number": np.arange(dataset.session.num_trials, dtype=float)}
    if offsets is not None:
        targets["drift"] = offsets[:, 0]
    for target, values in targets.items():
        for name, predictors in told.items():
            found[f"{target}_from_{name}_r2"] = linear_r2(predictors, values, is_valid)
    if number:
        inferred = arrays["slow_offsets"].to_numpy() @ arrays["slow_offset_weights"].to_numpy().T
        found["std_of_offsets"] = float(inferred[is_valid].std(0).mean())
        if offsets is not None:
            own, true = (each[is_valid] - each[is_valid].mean(0) for each in (inferred, offsets))
            found["offsets_r2"] = float(r_squared(true.reshape(-1, 1), own.reshape(-1, 1))[0])
    if offsets is not None:
        found["std_of_true_offsets"] = float(offsets[is_valid].std(0).mean())
    return {
        **found,
        "best_epoch": summary["best_epoch"],
        "epochs": summary["epochs"],
        "seconds": summary["seconds"],
    }


def linear_r2(predictors: Values, values: Values, is_valid: NDArray[np.bool_]) -> float:
    """R² on validation trials of a ridge regression that is fitted on the others."""
    train = predictors[~is_valid]
    scaled = (predictors - train.mean(0)) / np.maximum(train.std(0), 1e-9)
    lead = fit_linear_map(scaled[~is_valid], values[~is_valid, None], RIDGE)
    return float(r_squared(values[is_valid, None], lead(scaled[is_valid]))[0])


if __name__ == "__main__":
    main()
