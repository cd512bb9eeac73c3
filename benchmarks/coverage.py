"""How often mean ± 1.645 std holds the truth, of error bars as stored and of posterior samples alone.

Networks are those of `benchmarks/reproduction.py`, trained with defaults and kept in `--folder`; what is
not trained there yet is trained. Validation trials alone are scored; the JSON is written after each one.
"""

import dataclasses
from pathlib import Path
from typing import Any

import _record
import numpy as np

from lfads.data.dataset import Dataset
from lfads.devices import configure_devices, describe_devices, local_devices
from lfads.evaluation.scores import score_dataset
from lfads.inference.averages import infer
from lfads.inference.labels import labelled
from lfads.numerics.evenly import evenly
from lfads.paper.methods import LFADS
from lfads.paper.reproduce import chosen_experiments
from lfads.paper.size import FULL, QUARTER
from lfads.runs.fits import network_for
from lfads.runs.trained_run import Run
from lfads.training.sharding import make_mesh
from lfads.training.trials import trials_of

CASES = (
    ("lorenz", "lorenz"), ("chaotic_rnn", "mild"), ("chaotic_rnn", "strong"), ("pulses", "mild_pulses"),
    ("pulses", "strong_pulses"), ("reaching", "reaching"), ("integration_to_bound", "integration"),
    ("pendulum", "spikes"),
)  # fmt: skip
MOST_TRIALS = 400
COVERED = ("rate_coverage", "factor_coverage", "input_coverage")
GOAL = (0.87, 0.93)


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("cases", nargs="*", help="such as lorenz or mild_pulses; all by default")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--folder", type=Path, default=Path("runs/reproduction"), help="of networks"
    )
    arguments = parser.parse_args()
    configure_devices()
    found = _record.earlier(arguments.out)
    for seed in arguments.seeds:
        for name, case in CASES:
            if not arguments.cases or case in arguments.cases:
                found[f"{case}, seed {seed}"] = of_network(name, case, seed, arguments.folder)
                _record.record(found, arguments.out, describe_devices())


def of_network(name: str, case: str, seed: int, folder: Path) -> dict[str, Any]:
    """Coverage in validation trials."""
    size = FULL if seed == 0 else QUARTER
    experiment = chosen_experiments([name])[name]
    dataset = experiment.cases[case].simulate(seed, size).dataset
    method = experiment.methods["LFADS"]
    assert isinstance(method, LFADS)
    begun = folder / "networks" / f"{name}-{case}-LFADS-seed{seed}-{size.name}"
    run = method.trained(dataset, size, seed, begun, progress=True)
    part = fewer(dataset)
    inferred = run.infer(part, progress=False).sessions  # their error is measured on all trials
    stored = score_dataset(part, inferred)
    alone = score_dataset(part, {part.session.name: of_samples(run, part)})
    kept = {}
    for words, scores in (("stored", stored), ("samples alone", alone)):
        of_valid = scores.splits["valid"].to_dict()
        kept[words] = {score: of_valid[score] for score in COVERED if score in of_valid}
        kept[words]["bits_per_spike"] = of_valid["bits_per_spike"]
    inside = {
        score: GOAL[0] <= share <= GOAL[1]
        for score, share in kept["stored"].items()
        if score in COVERED
    }
    attributes = inferred[part.session.name].attrs
    error = {name: attributes.get(name) for name in ("rate_error", "rate_error_std")}
    return {"trials": size.name, **kept, **error, "within_87_to_93": inside}


def fewer(dataset: Dataset) -> Dataset:
    """Validation trials, and as many training trials, on which truth is led to factors and inputs."""
    session = dataset.session
    places = [np.flatnonzero(session.of_split(split)) for split in ("train", "valid")]
    chosen = np.concatenate([all_[evenly(len(all_), MOST_TRIALS)] for all_ in places])
    return dataclasses.replace(dataset, sessions=(session.take(np.sort(chosen)),))


def of_samples(run: Run, dataset: Dataset) -> Any:
    """Results whose error bars are the spread of posterior samples, and nothing else."""
    session = dataset.session
    network = network_for(run.model, session, dataset, run.trained.data)
    arrays = infer(network, trials_of(session), make_mesh(len(local_devices())))
    first = run.config.model.initial_condition_length
    return labelled(arrays, session, dataset, first_bin=first, attributes={}, model=network)


if __name__ == "__main__":
    main()
