"""A new day: maps fitted to a network of earlier days, all of it trained on, or a network of its own.

Five days of 20 other neurons each of one chaotic network of 100 (small: a generator of 64 units). Four are
trained together; the fifth is adapted to them (read-ins and read-outs alone), and then trained on with the
whole network or with all but the generator, at several rates. Against a network of its own. Told are, on
validation trials of the fifth day, bits per spike, R² of true rates, R² of the chaotic network's state (its
ten leading components) by a linear map that is fitted on training trials of that day, and by one that is
fitted on those of the four others: what a decoder of day 0 still reads. With `--trials` the fifth day has
so few training trials. The JSON is written after every training; trainings that it has already are not done
again.
"""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

import _record
import numpy as np

import lfads
from lfads.config import RunConfig
from lfads.devices import configure_devices, describe_devices
from lfads.numerics.regression import fit_linear_map, r_squared
from lfads.runs.train import trained_to_the_end
from lfads.terminal.saying import say
from lfads.training.folder import is_done

MODEL = {
    "num_factors": 10, "generator_size": 64, "encoder_size": 48, "controller_size": 48,
    "num_inferred_inputs": 0,
}  # fmt: skip
TUNED: dict[str, tuple[str, float]] = {
    "all at 3e-4": ("nothing", 0.0003),
    "all at 1e-3": ("nothing", 0.001),
    "all at 3e-3": ("nothing", 0.003),
    "all at 8e-3": ("nothing", 0.008),
    "all but the generator at 3e-3": ("generator", 0.003),
    "all but the generator at 8e-3": ("generator", 0.008),
}


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--tuned", nargs="+", choices=TUNED, default=list(TUNED))
    parser.add_argument(
        "--trials", type=int, help="training trials of the fifth day; all by default"
    )
    parser.add_argument("--folder", type=Path, default=Path("runs/new_day"))
    arguments = parser.parse_args()
    configure_devices()
    results = _record.earlier(arguments.out)
    for seed in arguments.seeds:
        trials = "all trials" if arguments.trials is None else f"{arguments.trials} trials"
        own = results.setdefault(f"seed {seed}, {trials}", {})
        for name, scores in one_seed(seed, own, arguments):
            own[name] = scores
            _record.record(results, arguments.out, describe_devices())


def one_seed(seed: int, known: dict[str, Any], arguments: argparse.Namespace) -> Any:
    """Names and scores of what is not known yet, one after the other."""
    days = lfads.simulate_chaotic_rnn_sessions(seed, num_conditions=40, trials_per_condition=8)
    four = dataclasses.replace(days, sessions=days.sessions[:4])
    fifth = dataclasses.replace(days, sessions=days.sessions[4:])
    place = arguments.folder / f"seed-{seed}"
    base = trained(four, place / "four", seed)
    if arguments.trials is not None:
        fifth = with_fewer(fifth, arguments.trials)
        place = place / f"{arguments.trials}-trials"
    earlier = read_by(base, four)

    def scored(run: Any) -> dict[str, float]:
        return {**scores_of(run, fifth, earlier), "seconds": run.summary["seconds"]}

    if "alone" not in known:
        say(f"seed {seed}: alone")
        yield "alone", scored(trained(fifth, place / "alone", seed))
    maps = adapted(base, fifth, place / "maps", {}, training_data=four)
    if "maps" not in known:
        yield "maps", scored(maps)
    for name in arguments.tuned:
        if name not in known:
            say(f"seed {seed}: {name}")
            freeze, rate = TUNED[name]
            settings = {"training": {"freeze": freeze}, "hyperparameters": {"learning_rate": rate}}
            yield name, scored(adapted(maps, fifth, place / f"{freeze}-{rate}", settings))


def trained(dataset: lfads.Dataset, place: Path, seed: int) -> Any:
    """A network of its own."""
    config = RunConfig.from_dict({"seed": seed, "model": MODEL})
    return trained_to_the_end(dataset, config, place, progress=False)


def adapted(run: Any, dataset: lfads.Dataset, place: Path, settings: Any, **how: Any) -> Any:
    """The run, adapted."""
    if is_done(place):
        return lfads.open_run(place)
    begun = (place / "config.toml").is_file()
    return lfads.adapt(
        run, dataset, out=place, settings=settings, resume=begun, progress=False, **how
    )


def with_fewer(dataset: lfads.Dataset, num_trials: int) -> lfads.Dataset:
    """All validation trials, and as many training trials, spread over conditions."""
    session = dataset.session
    training = np.flatnonzero(session.of_split("train"))
    kept = training[np.linspace(0, len(training) - 1, num_trials).astype(int)]
    chosen = np.sort(np.concatenate([kept, np.flatnonzero(session.of_split("valid"))]))
    return dataclasses.replace(dataset, sessions=(session.take(chosen),))


def read_by(run: Any, dataset: lfads.Dataset) -> Any:
    """The linear map from factors to the network's state, fitted on the training trials of these days."""
    posterior = run.infer(dataset, progress=False).sessions
    factors, states = [], []
    for session in dataset.sessions:
        training = session.of_split("train")
        assert session.true_latents is not None
        factors.append(posterior[session.name]["factors"].to_numpy()[training])
        states.append(session.true_latents[training])
    return fit_linear_map(np.concatenate(factors), np.concatenate(states))


def scores_of(run: Any, dataset: lfads.Dataset, earlier: Any) -> dict[str, float]:
    """Of validation trials."""
    posterior, session = run.infer(dataset, progress=False), dataset.session
    valid = session.of_split("valid")
    found = run.evaluate(dataset, posterior=posterior, baselines=False).splits["valid"]
    factors = posterior.dataset["factors"].to_numpy()[valid]
    assert session.true_latents is not None
    states = session.true_latents[valid]
    said = earlier(factors)
    across = r_squared(states.reshape(-1, states.shape[2]), said.reshape(-1, states.shape[2]))
    return {
        "bits_per_spike": found.bits_per_spike,
        "rate_r2_mean": found.rate_r2_mean,
        "state_r2": float(np.mean(found.latent_r2)),
        "state_r2_by_the_map_of_earlier_days": float(np.mean(across)),
    }


if __name__ == "__main__":
    main()
