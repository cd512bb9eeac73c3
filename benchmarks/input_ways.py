"""The pendulum with its pushes measured, inferred, both or neither, and by whom they are seen.

A push changes the velocity of the pendulum in half of the trials, at a time of its own. Networks have the
defaults but for a generator of 64 units; scores are of validation trials. The JSON is written after every
training; trainings that it has already are not done again.
"""

import dataclasses
from pathlib import Path
from typing import Any

import _record
import numpy as np

import lfads
from lfads.config import RunConfig
from lfads.data.dataset import Dataset
from lfads.devices import configure_devices, describe_devices
from lfads.evaluation.matching import values_of
from lfads.evaluation.scores import matched_parts, score_dataset
from lfads.runs.train import trained_to_the_end
from lfads.terminal.saying import say

NEAR_BINS = 3
WAYS: dict[str, tuple[bool, dict[str, Any]]] = {
    "neither": (False, {"num_inferred_inputs": 0}),
    "inferred": (False, {}),
    "measured": (True, {"num_inferred_inputs": 0}),
    "measured, encoders": (True, {"num_inferred_inputs": 0, "external_inputs_to": "encoders"}),
    "measured, both": (True, {"num_inferred_inputs": 0, "external_inputs_to": "both"}),
    "measured and inferred": (True, {}),
}
"""Whether pushes are given, and settings of the network."""


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", type=Path, default=Path("runs/input-ways"))
    arguments = parser.parse_args()
    configure_devices()
    results = _record.earlier(arguments.out)
    for seed in arguments.seeds:
        for way in arguments.ways:
            own = results.setdefault(way, {})
            if str(seed) not in own:
                say(f"{way}, seed {seed}")
                own[str(seed)] = measured(way, seed, arguments.folder / f"{way}-{seed}")
                _record.record(results, arguments.out, describe_devices())


def pendulum(seed: int, *, measured: bool) -> Dataset:
    """Spikes of 400 trials, with or without the pushes as measured inputs, scaled to 1."""
    dataset = lfads.simulate_pendulum(seed, trials_per_condition=100)
    if not measured:
        return dataset
    pushes = dataset.session.true_inputs
    assert pushes is not None
    session = dataclasses.replace(dataset.session, external_inputs=pushes / np.abs(pushes).max())
    return dataclasses.replace(dataset, sessions=(session,))


def measured(way: str, seed: int, place: Path) -> dict[str, Any]:
    """Train one, and score its validation trials."""
    given, model = WAYS[way]
    dataset = pendulum(seed, measured=given)
    tables = {"model": {"generator_size": 64, **model}, "seed": seed}
    run = trained_to_the_end(dataset, RunConfig.from_dict(tables), place, progress=False)
    inferred = run.infer(dataset, progress=False).sessions
    valid = score_dataset(dataset, inferred).splits["valid"].to_dict()
    kept = ("bits_per_spike", "rate_r2_median", "latent_r2")
    return {
        **{key: valid[key] for key in kept},
        **_about_pushes(dataset, inferred),
        "seconds": run.summary["seconds"],
    }


def _about_pushes(dataset: Dataset, inferred: Any) -> dict[str, float]:
    """The inferred input about pushes over that in trials without, and how often it peaks there."""
    (part,) = matched_parts(dataset, inferred)
    valid = part.of_split("valid")
    if "inferred_inputs" not in valid.found:
        return {}
    found = values_of(valid.found, "inferred_inputs", "input")[:, :, 0]
    true = valid.session.true_inputs
    assert true is not None
    pushed = (true[:, :, 0] != 0).any(1)
    at = np.abs(true[pushed, :, 0]).argmax(1)
    near = np.abs(np.arange(found.shape[1]) - at[:, None]) <= NEAR_BINS
    peaks = np.abs(found[pushed]).argmax(1)
    return {
        "strength_near_over_without_push": float(
            np.sqrt((found[pushed][near] ** 2).mean() / (found[~pushed] ** 2).mean())
        ),
        "peaks_within_2_bins": float((np.abs(peaks - at) <= 2).mean()),
    }


if __name__ == "__main__":
    main()
