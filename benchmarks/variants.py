"""Encoders, generators and priors beside the defaults: what each gives, and what a step costs.

Networks with defaults but for one part are trained on small sets (a generator of 64 units) and scored on
validation trials: bits per spike of held-in neurons, R² of true rates and latents. Whether a generator has
the dynamics, and not only the rates, is asked of its fixed points: the Lorenz system turns about two, and
away from them by 6 % a turn. Found points are led to its coordinates by one linear map from the factors,
fitted on training trials; told are the distance to the nearest one, in deviations of a coordinate, and how
often the slowest mode that turns there does so in a second, beside what is true. Seeds are of data and
weights. The JSON is written after every training; trainings that it has already are not done again.
"""

from pathlib import Path
from typing import Any

import _record
import numpy as np

import lfads
from lfads.analysis.fixed_points import FixedPoints
from lfads.config import RunConfig
from lfads.config.read import merge
from lfads.data.dataset import Dataset
from lfads.devices import configure_devices, describe_devices
from lfads.evaluation.scores import score_dataset
from lfads.runs.train import trained_to_the_end
from lfads.simulate.lorenz import BETA, RHO, SIGMA, UNITS_PER_SECOND, lorenz_system
from lfads.terminal.saying import say

SMALL = {"model": {"generator_size": 64}}
VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "lru": {"encoder": "lru"},
    "vanilla_rnn": {"generator": "vanilla_rnn"},
    "low_rank_rnn": {"generator": "low_rank_rnn"},
    "residual_mlp": {"generator": "residual_mlp"},
    "residual_mlp_8": {"generator": "residual_mlp", "generator_size": 8},
    "autoregressive": {"inferred_input_prior": "autoregressive"},
    "student_t": {"inferred_input_prior": "student_t"},
    "learned_code": {"initial_condition_prior": "learned_gaussian"},
}


CONDITIONS = 30


def lorenz(seed: int) -> Dataset:
    """300 trials of the Lorenz system, which has no input."""
    return lfads.simulate_lorenz(seed, num_conditions=CONDITIONS, trials_per_condition=10)


def chaotic(seed: int) -> Dataset:
    """400 trials of a chaotic network, of fewer conditions than the paper's."""
    return lfads.simulate_chaotic_rnn(seed, num_conditions=40)


SETS = {"lorenz": lorenz, "chaotic": chaotic}


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", type=Path, default=Path("runs/variants"))
    arguments = parser.parse_args()
    configure_devices()
    results = _record.earlier(arguments.out)
    for seed in arguments.seeds:
        for name in arguments.sets:
            for variant in arguments.variants:
                own = results.setdefault(name, {}).setdefault(variant, {})
                if str(seed) not in own:
                    say(f"{name}, {variant}, seed {seed}")
                    place = arguments.folder / f"{name}-{variant}-{seed}"
                    dataset = SETS[name](seed)
                    own[str(seed)] = measured(dataset, variant, seed, place)
                    if name == "lorenz":
                        own[str(seed)]["turning_points"] = turning_points(dataset, place, seed)
                    _record.record(results, arguments.out, describe_devices())


def measured(dataset: Dataset, variant: str, seed: int, place: Path) -> dict[str, Any]:
    """Train one, and score its validation trials."""
    config = RunConfig.from_dict(merge(SMALL, {"model": VARIANTS[variant]}, {"seed": seed}))
    run = trained_to_the_end(dataset, config, place, progress=False)
    scores = score_dataset(dataset, run.infer(dataset, progress=False).sessions)
    valid, summary = scores.splits["valid"].to_dict(), run.summary
    kept = ("bits_per_spike", "rate_r2_median", "rate_r2_mean", "latent_r2", "latent_r2_mean")
    return {
        **{key: valid[key] for key in kept if key in valid},
        "best_epoch": summary["best_epoch"],
        "epochs": summary["epochs"],
        "seconds": summary["seconds"],
    }


def turning_points(dataset: Dataset, place: Path, seed: int) -> list[dict[str, Any]]:
    """The two points that the Lorenz system turns about, and the nearest fixed points of the generator."""
    run, session = lfads.open_run(place), dataset.session
    posterior = run.infer(dataset, num_samples=5, progress=False).dataset
    points = FixedPoints().compute_network(run.model, posterior, session)
    points = points.isel(point=np.flatnonzero(points["found"].values.astype(str) == "fixed point"))
    training = session.of_split("train")
    assert session.true_latents is not None
    factors = with_one(posterior["factors"].to_numpy()[training])
    latents = session.true_latents[training].reshape(-1, 3)
    weights = np.linalg.lstsq(factors, latents, rcond=None)[0]
    found = with_one(points["point_factors"].to_numpy()) @ weights
    system, told = lorenz_system(seed, num_conditions=CONDITIONS), []
    for state, eigenvalues in true_points():
        turns = np.abs(np.imag(eigenvalues)).max() / (2 * np.pi) * UNITS_PER_SECOND
        growth = np.real(eigenvalues).max() * UNITS_PER_SECOND
        one: dict[str, Any] = {"true_hz": turns, "true_growth_per_s": growth}
        if len(found):
            apart = np.linalg.norm(found - system.latents(state), axis=1) / np.sqrt(3)
            nearest = points.isel(point=int(apart.argmin()))
            mode = int(np.abs(nearest["eigenvalue_imag"].values).astype(bool).argmax())
            one |= {
                "distance": float(apart.min()),
                "hz": float(nearest["frequency_hz"][mode]),
                "growth_per_s": float(-1 / nearest["time_constant_s"][mode]),
            }
        told.append(one)
    return [{"num_points": len(found), **one} for one in told]


def true_points() -> list[tuple[np.ndarray, np.ndarray]]:
    """Both points and the eigenvalues of the system there, a Lorenz time unit."""
    away = np.sqrt(BETA * (RHO - 1))
    found = []
    for x in (away, -away):
        state = np.array([x, x, RHO - 1])
        jacobian = np.array([[-SIGMA, SIGMA, 0], [RHO - state[2], -1, -x], [x, x, -BETA]])
        values: np.ndarray = np.asarray(np.linalg.eigvals(jacobian), np.complex128)
        found.append((state, values))
    return found


def with_one(values: np.ndarray) -> np.ndarray:
    """Bins of all trials one after the other, with a column of ones."""
    rows = values.reshape(-1, values.shape[-1]).astype(np.float64)
    return np.hstack([rows, np.ones((len(rows), 1))])


if __name__ == "__main__":
    main()
