"""Encoders, generators and priors beside the defaults: what each gives, and what a step costs.

Networks with defaults but for one part are trained on small sets (a generator of 64 units) and scored on
validation trials: bits per spike of held-in neurons, R² of true rates and latents. Seeds are of data and
weights. The JSON is written after every training; trainings that it has already are not done again.
"""

from pathlib import Path
from typing import Any

import _record

import lfads
from lfads.config import RunConfig
from lfads.config.read import merge
from lfads.data.dataset import Dataset
from lfads.devices import configure_devices, describe_devices
from lfads.evaluation.scores import score_dataset
from lfads.terminal.saying import say
from lfads.training.folder import is_done

SMALL = {"model": {"generator_size": 64}}
VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "lru": {"encoder": "lru"},
    "vanilla_rnn": {"generator": "vanilla_rnn"},
    "low_rank_rnn": {"generator": "low_rank_rnn"},
    "residual_mlp": {"generator": "residual_mlp"},
    "residual_mlp_8": {"generator": "residual_mlp", "generator_size": 8},
    "gaussian": {"inferred_input_prior": "gaussian"},
    "student_t": {"inferred_input_prior": "student_t"},
    "learned_code": {"initial_condition_prior": "learned_gaussian"},
}


def lorenz(seed: int) -> Dataset:
    """300 trials of the Lorenz system, which has no input."""
    return lfads.simulate_lorenz(seed, num_conditions=30, trials_per_condition=10)


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
                    own[str(seed)] = measured(
                        SETS[name](seed),
                        variant,
                        seed,
                        arguments.folder / f"{name}-{variant}-{seed}",
                    )
                    _record.record(results, arguments.out, describe_devices())


def measured(dataset: Dataset, variant: str, seed: int, place: Path) -> dict[str, Any]:
    """Train one, and score its validation trials."""
    config = RunConfig.from_dict(merge(SMALL, {"model": VARIANTS[variant]}, {"seed": seed}))
    if not is_done(place):
        begun = (place / "config.toml").is_file()
        lfads.train(dataset, config, out=place, resume=begun, progress=False)
    run = lfads.open_run(place)
    scores = score_dataset(dataset, run.infer(dataset, progress=False).sessions)
    valid, summary = scores.splits["valid"].to_dict(), run.summary
    kept = ("bits_per_spike", "rate_r2_median", "rate_r2_mean", "latent_r2", "latent_r2_mean")
    return {
        **{key: valid[key] for key in kept if key in valid},
        "best_epoch": summary["best_epoch"],
        "epochs": summary["epochs"],
        "seconds": summary["seconds"],
    }


if __name__ == "__main__":
    main()
