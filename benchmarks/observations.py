"""When other observations pay: latents behind calcium, muscles and field potentials, and what is chosen.

R² of the true latents on validation trials, by a linear map from factors that is fitted on training trials,
against Gaussian smoothing (its width chosen on the validation trials) and the Poisson model of the values
rounded to counts. Written after each training; `--out` that is there is gone on with.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _record
import _signals
import numpy as np

import lfads
from lfads.data.dataset import Dataset
from lfads.devices import describe_devices

SETTINGS = {
    "model": {
        "num_factors": 8, "generator_size": 64, "encoder_size": 48, "initial_condition_size": 32,
        "num_inferred_inputs": 0,
    },
    "training": {
        "num_epochs": 100, "decay_epochs": 100, "ramp_epochs": 25, "batch_size": 60, "num_shards": 1,
    },
}  # fmt: skip
STEPS = {  # more of them: with spikes beside, 400 are too few
    "model": SETTINGS["model"],
    "training": {**SETTINGS["training"], "batch_size": 24},
}
TURNING = {  # latents that turn at 10 Hz from a phase that differs in every trial
    "model": {**SETTINGS["model"], "num_inferred_inputs": 2, "controller_size": 32},
    "training": {
        **SETTINGS["training"], "num_epochs": 160, "decay_epochs": 160, "batch_size": 30,
    },
    "hyperparameters": {"inferred_input_kl_weight": 0.03, "initial_condition_kl_weight": 0.05},
}  # fmt: skip
SMALL = {
    "model": {**SETTINGS["model"], "num_factors": 4, "generator_size": 24, "encoder_size": 16},
    "training": {**SETTINGS["training"], "num_epochs": 60, "decay_epochs": 60, "batch_size": 48},
}
SHORT = {
    "model": SMALL["model"],
    "training": {**SMALL["training"], "num_epochs": 300, "decay_epochs": 300, "batch_size": 8},
}
SHORT_OF_DATA = {
    "model": SETTINGS["model"],
    "training": {**SETTINGS["training"], "num_epochs": 400, "decay_epochs": 400, "batch_size": 20},
}
ALL_SETTINGS = {
    "augmentations": SHORT_OF_DATA, "augmentations_of_signals": SETTINGS,
    "calcium, emg, lfp": SETTINGS, "modalities": STEPS, "selective_backpropagation": TURNING,
    "over_dispersed": SMALL, "songbird": SHORT,
}  # fmt: skip
SONGBIRD = Path(__file__).resolve().parents[2] / "shared/data/songbird_hvc_calcium_seqnmf75.npz"


def fitted(
    dataset: Dataset, observation: str, seed: int, settings: Any = SETTINGS, **objective: Any
) -> tuple[lfads.Run, dict[str, Any]]:
    """A training, and what it reached on validation trials."""
    model = {**settings["model"], "observation": observation}
    config = lfads.read_config(
        flags={**settings, "model": model, "objective": objective, "seed": seed}
    )
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        run = lfads.train(dataset, config, out=Path(folder) / "run", progress=False)
        scores = run.evaluate(dataset, progress=False).splits["valid"]
    found = {
        "training_seconds": time.perf_counter() - start, "nll_per_sample": scores.nll_per_sample,
    }  # fmt: skip
    if scores.latent_r2 is not None:
        r2 = list(scores.latent_r2)
        found |= {"latent_r2": r2, "latent_r2_mean": float(np.mean(r2))}
    return run, found


def calcium(seed: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """Deconvolved events: their own family, the Poisson model of ten counts an event; and traces."""

    def events():
        return _signals.calcium(seed)[0]

    def traces():
        return _signals.calcium(seed)[1]

    return {
        "zero_inflated_gamma": lambda: fitted(events(), "zero_inflated_gamma", seed)[1],
        "poisson_misused": lambda: fitted(_signals.as_counts(events(), 10.0), "poisson", seed)[1],
        "gaussian_of_traces": lambda: fitted(traces(), "gaussian", seed)[1],
        "smoothing": lambda: _signals.smoothed_r2(events()),
        "smoothing_of_traces": lambda: _signals.smoothed_r2(traces()),
    }


def emg(seed: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """Envelopes of muscles."""
    made = _signals.emg
    return {
        "gamma": lambda: fitted(made(seed), "gamma", seed)[1],
        "poisson_misused": lambda: fitted(_signals.as_counts(made(seed), 10.0), "poisson", seed)[1],
        "gaussian": lambda: fitted(made(seed), "gaussian", seed)[1],
        "smoothing": lambda: _signals.smoothed_r2(made(seed)),
    }


def lfp(seed: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """Field potentials."""
    made = _signals.field_potentials
    return {
        "gaussian": lambda: fitted(made(seed), "gaussian", seed)[1],
        "poisson_misused": lambda: fitted(_signals.as_counts(made(seed), 3.0), "poisson", seed)[1],
        "smoothing": lambda: _signals.smoothed_r2(made(seed)),
    }


def selective_backpropagation(seed: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """Frames in which neurons have their own times, against frames as if all were at once."""
    made, family = _signals.staggered, "zero_inflated_gamma"
    return {
        "staggered": lambda: fitted(made(seed)[0], family, seed, TURNING)[1],
        "as_frames": lambda: fitted(made(seed)[1], family, seed, TURNING)[1],
        "smoothing": lambda: _signals.smoothed_r2(made(seed)[0]),
    }


def modalities(seed: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """Spikes and field potentials together, and each alone."""
    made, families = (
        _signals.spikes_and_potentials,
        {"both": "spikes=poisson + lfp=gaussian", "spikes": "poisson", "lfp": "gaussian"},
    )
    fits = {
        name: lambda name=name: fitted(made(seed)[name], families[name], seed, STEPS)[1]
        for name in families
    }
    return fits | {
        f"smoothing_of_{name}": lambda name=name: _signals.smoothed_r2(made(seed)[name])
        for name in families
    }


def over_dispersed(seed: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """Which family held-out likelihood chooses."""
    return {
        name: lambda name=name: fitted(_signals.over_dispersed(seed), name, seed, SMALL)[1]
        for name in ("poisson", "negative_binomial")
    }


def songbird(seed: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """75 neurons of a songbird's HVC, 666 frames: gain over constant models on windows left out."""
    if not SONGBIRD.exists():
        return {}

    def one() -> dict[str, Any]:
        events = np.load(SONGBIRD)["deconv"].T
        valid = (np.arange(len(events)) // 111 + seed) % 6 == 5
        events = events[:, events[~valid].any(0)]
        dataset = lfads.chop(
            signals=events, bin_width_s=1 / 30, window_bins=30, overlap_bins=10,
            split=np.where(valid, "valid", "train"),
        )  # fmt: skip
        run, found = fitted(dataset, "zero_inflated_gamma", seed, SHORT)
        posterior = run.infer(dataset, progress=False).dataset
        return found | left_out_gain(dataset, posterior)

    return {"zero_inflated_gamma": one}


def left_out_gain(dataset: Dataset, posterior: Any) -> dict[str, Any]:
    """Bits a sample over the constant model of training windows, with a standard error over windows."""
    from lfads.model.observations.chosen import observation_of
    from lfads.model.observations.observation import moments_of_known

    observation, session = observation_of("zero_inflated_gamma"), dataset.session
    train, valid = session.of_split("train"), session.of_split("valid")
    known = session.observed_bins()
    constant = observation.constant(moments_of_known(session.values[train], known[train]))
    names = ("event_probability", "shape", "least")
    parameters = {name: posterior[f"observation_{name}"].to_numpy() for name in names}
    parameters["mean"] = posterior["rates"].to_numpy()
    parameters = {k: np.broadcast_to(v, session.values.shape) for k, v in parameters.items()}
    values = session.values.astype(float)
    gain = observation.log_density(values, parameters, np) - observation.log_density(
        values, {k: np.broadcast_to(v, values.shape) for k, v in constant.items()}, np
    )
    of_windows = np.where(known, gain, 0)[valid].sum((1, 2)) / known[valid].sum((1, 2)) / np.log(2)
    error = of_windows.std(ddof=1) / np.sqrt(len(of_windows))
    return {
        "bits_per_sample_left_out": float(of_windows.mean()), "standard_error": float(error),
        "num_windows_left_out": len(of_windows),
    }  # fmt: skip


CHAINS = {
    "none": "", "coordinated_dropout": "coordinated_dropout",
    "spike_jitter": "spike_jitter(most_bins=2)",
    "coordinated_dropout, spike_jitter": "coordinated_dropout + spike_jitter(most_bins=2)",
    "coordinated_dropout, neuron_dropout": "coordinated_dropout + neuron_dropout(rate=0.2)",
    "neuron_dropout": "neuron_dropout(rate=0.2)",
}  # fmt: skip
SHIFTED = {
    "none": "", "coordinated_dropout": "coordinated_dropout", "temporal_shift": "temporal_shift",
    "coordinated_dropout, temporal_shift": "coordinated_dropout + temporal_shift",
}  # fmt: skip


def augmentations(seed: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """Few trials of spikes, in which rates follow single spikes unless something hinders it."""
    made = _signals.few_trials
    return {
        name: lambda chain=chain: fitted(
            made(seed), "poisson", seed, SHORT_OF_DATA, augmentations=chain
        )[1]
        for name, chain in CHAINS.items()
    } | {"smoothing": lambda: _signals.smoothed_r2(made(seed))}


def augmentations_of_signals(seed: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """Envelopes whose neighbouring samples are alike, noise with them."""
    made = _signals.smooth_emg
    return {
        name: lambda chain=chain: fitted(made(seed), "gamma", seed, SETTINGS, augmentations=chain)[
            1
        ]
        for name, chain in SHIFTED.items()
    } | {"smoothing": lambda: _signals.smoothed_r2(made(seed))}


CASES = {
    "augmentations": augmentations, "augmentations_of_signals": augmentations_of_signals,
    "calcium": calcium, "emg": emg, "lfp": lfp, "selective_backpropagation": selective_backpropagation,
    "modalities": modalities, "over_dispersed": over_dispersed, "songbird": songbird,
}  # fmt: skip


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """Means over seeds, and how often the right family was chosen."""
    said: dict[str, Any] = {}
    for case, seeds in found.items():
        methods = {name for one in seeds.values() for name in one}
        r2 = {
            name: [
                one[name]["latent_r2_mean"]
                for one in seeds.values()
                if "latent_r2_mean" in one.get(name, {})
            ]
            for name in sorted(methods)
        }
        said[case] = {k: {"mean": float(np.mean(v)), "seeds": len(v)} for k, v in r2.items() if v}
    chosen = [
        one["negative_binomial"]["nll_per_sample"] < one["poisson"]["nll_per_sample"]
        for one in found.get("over_dispersed", {}).values()
        if len(one) == 2
    ]
    said["over_dispersed"] = {"right_family_chosen": int(sum(chosen)), "data_sets": len(chosen)}
    return said


def main() -> None:
    """Run from the command line."""
    parser: argparse.ArgumentParser = _record.parser(__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=", ".join(CASES))
    parser.add_argument("--seeds", type=int, default=3, help="of simulation and training")
    parser.add_argument("--data-sets", type=int, default=20, help="of over-dispersed spikes")
    arguments = parser.parse_args()
    found: dict[str, Any] = {}
    if arguments.out is not None and arguments.out.exists():
        found = json.loads(arguments.out.read_text())["results"]["cases"]
    num_seeds = {"over_dispersed": arguments.data_sets}
    for seed in range(max(arguments.seeds, arguments.data_sets)):
        for case in arguments.cases:
            if seed >= num_seeds.get(case, arguments.seeds):
                continue
            of_seed = found.setdefault(case, {}).setdefault(str(seed), {})
            methods = CASES[case](seed)
            for name, method in methods.items():
                if name not in of_seed:
                    of_seed[name] = method()
                    results = {"settings": ALL_SETTINGS, "summary": summary(found), "cases": found}
                    _record.record(results, arguments.out, describe_devices())


if __name__ == "__main__":
    main()
