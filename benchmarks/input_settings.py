"""Which settings make inferred inputs right: screened on small sets, one change at a time.

Each setting is trained on 640 trials (160 validate) of a simulation with a generator of 100 units and seed
0, and scored as `lfads reproduce` does. The JSON is written after every training; trainings that it has
already are not done again, and one that was stopped goes on from its checkpoint in `--folder`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import _record
import numpy as np

from lfads.config.read import merge
from lfads.devices import configure_devices, describe_devices
from lfads.evaluation.matching import values_of
from lfads.evaluation.scores import score_dataset
from lfads.model import lfads as network
from lfads.paper.methods import LFADS
from lfads.paper.reproduce import chosen_experiments
from lfads.paper.size import Size
from lfads.terminal.saying import say

CASES = {
    "mild_pulses": "pulses", "mild": "pulses", "strong_pulses": "pulses",
    "integration": "integration_to_bound", "lorenz": "lorenz",
    "jumps": "jumps", "spikes": "pendulum",
}  # fmt: skip
SIZES = {
    "lorenz": Size("screen", 0.5), "jumps": Size("screen", 0.25), "spikes": Size("screen", 0.25),
}  # fmt: skip
SMALL = Size("screen", 0.2)


def _weights(inputs: float, code: float = 0.2) -> dict[str, Any]:
    return {
        "hyperparameters": {
            "inferred_input_kl_weight": inputs,
            "initial_condition_kl_weight": code,
        }
    }


def _prior(name: str, **model: Any) -> dict[str, Any]:
    return {"model": {"inferred_input_prior": name, **model}}


VANILLA = {"model": {"generator": "vanilla_rnn"}}
AUTOREGRESSIVE, STUDENT = _prior("autoregressive"), _prior("student_t")
SETTINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "autoregressive": AUTOREGRESSIVE,
    "autoregressive_1_bin": _prior("autoregressive", prior_correlation_bins=1.0),
    "student": STUDENT,
    "kl_0.3": _weights(0.3),
    "kl_1": _weights(1.0),
    "kl_1_both": _weights(1.0, 1.0),
    "vanilla": VANILLA,
    "vanilla_kl_0.2": merge(VANILLA, _weights(0.2)),
    "vanilla_kl_1": merge(VANILLA, _weights(1.0)),
    "student_kl_1": merge(STUDENT, _weights(1.0)),
    "vanilla_student": merge(VANILLA, STUDENT),
    "vanilla_student_kl_0.2": merge(VANILLA, STUDENT, _weights(0.2)),
    "vanilla_student_kl_1": merge(VANILLA, STUDENT, _weights(1.0)),
    "lag_0": {"model": {"controller_lag": 0}},
}
ONE_SAMPLE = "one sample: "
"""Before names of earlier results: the autoregressive prior, its divergence estimated from one sample."""


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=", ".join(CASES))
    parser.add_argument("--settings", nargs="+", default=list(SETTINGS), help=", ".join(SETTINGS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--folder", type=Path, default=Path("runs/input-settings"))
    arguments = parser.parse_args()
    configure_devices()
    results = _record.earlier(arguments.out)
    for case in arguments.cases:
        for name in arguments.settings:
            for seed in arguments.seeds:
                own = results.setdefault(case, {}).setdefault(name, {})
                if str(seed) not in own:
                    own[str(seed)] = measured(case, name, seed, arguments.folder)
                    _record.record(results, arguments.out, describe_devices())


def measured(case: str, name: str, seed: int, folder: Path) -> dict[str, Any]:
    """Train one and score its validation trials."""
    experiment = chosen_experiments([CASES[case]])[CASES[case]]
    size = SIZES.get(case, SMALL)
    given = experiment.cases[case].simulate(seed, size)
    stands = experiment.methods["LFADS"]
    assert isinstance(stands, LFADS)
    small = {"model": {"generator_size": 100}}
    method = LFADS(merge(stands.choices, small, SETTINGS[name]), stands.num_samples)
    place = folder / f"{case}-{name}-seed{seed}"
    say(f"{case}, {name}, seed {seed}")
    run = method.trained(given.dataset, size, seed, place, progress=False)
    posterior = run.infer(given.dataset, num_samples=method.num_samples)
    valid = score_dataset(given.dataset, posterior.sessions).splits["valid"]
    return {
        **experiment.keep(given, posterior).numbers,
        "valid_bits_per_spike": valid.bits_per_spike,
        "rate_r2_median": valid.rate_r2_median,
        **strength(run.model, posterior.sessions),
        "best_epoch": run.summary["best_epoch"],
        "seconds": run.summary["seconds"],
    }


def strength(model: network.LFADS, sessions: Mapping[str, Any]) -> dict[str, Any]:
    """Root mean square of the inputs, beside what the prior has learned."""
    inferred = [values_of(one, "inferred_inputs", "input") for one in sessions.values()]
    square = np.concatenate([(each**2).mean((1, 2)) for each in inferred]).mean()
    assert model.input_prior is not None
    prior = {k: np.asarray(v).tolist() for k, v in model.input_prior.parameters().items()}
    return {"input_rms": float(np.sqrt(square)), "prior": prior}


if __name__ == "__main__":
    main()
