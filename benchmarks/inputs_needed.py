"""Whether inferred inputs are needed, on simulations that have inputs and on one that has none.

Networks are those of `lfads reproduce` or of benchmarks/reproduction.py: `--folder` says where they are.
The gain over a network that was trained without inputs is given where there is one, or with `--train`,
which trains what is missing. The JSON is written after every case; other cases in it stay.
"""

import dataclasses
from pathlib import Path
from typing import Any

import _record

from lfads.config.read import merge
from lfads.devices import configure_devices, describe_devices
from lfads.evaluation.needed_words import answer_of, verdict_on
from lfads.paper.methods import LFADS, Simulated
from lfads.paper.reproduce import chosen_experiments
from lfads.paper.size import FULL, Size
from lfads.runs.places import open_run, open_trained_run
from lfads.runs.trained_run import Run
from lfads.terminal.saying import say

CASES = {
    "lorenz": "lorenz", "mild": "pulses", "mild_pulses": "pulses", "strong_pulses": "pulses",
    "integration": "integration_to_bound", "reaching": "reaching",
}  # fmt: skip
"""Experiments by their cases. Lorenz and `mild`, a chaotic network without pulses, have no inputs."""

METHOD, SEED = "LFADS", 0
WITHOUT = {"model": {"num_inferred_inputs": 0}}


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=", ".join(CASES))
    parser.add_argument(
        "--folder", type=Path, default=Path("runs/reproduction"), help="of networks"
    )
    parser.add_argument("--train", action="store_true", help="train networks that are missing")
    parser.add_argument("--shuffles", type=int, default=19, help="of the control; 0 for none")
    arguments = parser.parse_args()
    configure_devices()
    results = _record.earlier(arguments.out)
    for case in arguments.cases:
        found = measured(case, arguments.folder, arguments.train, arguments.shuffles)
        if found is not None:
            results[case] = found
            _record.record(results, arguments.out, describe_devices())


def measured(case: str, folder: Path, train: bool, num_shuffles: int) -> dict[str, Any] | None:
    """Gains, shares and words of one case; None if there is no network of it."""
    experiment = chosen_experiments([CASES[case]])[CASES[case]]
    method = experiment.methods[METHOD]
    assert isinstance(method, LFADS)
    given = experiment.cases[case].simulate(SEED, FULL)
    place = folder / "networks" / f"{CASES[case]}-{case}-{METHOD}-seed{SEED}-{FULL.name}"
    run = network(method, given, FULL, place, train)
    if run is None:
        say(f"{case}: no network in {place.parent}")
        return None
    dataset, name = given.dataset, given.dataset.session.name
    need = run.inputs_needed(dataset)[name]
    nulls = run.shuffle_control(dataset, num_shuffles=num_shuffles) if num_shuffles else {}
    null = nulls.get(name)
    alone = dataclasses.replace(method, choices=merge(method.choices, WITHOUT))
    other = network(alone, given, FULL, place, train)
    without = None if other is None else run.gain_over_without(other, dataset)[name]
    beyond = None if null is None else null.kl_nats[0] > null.shuffled_kl_nats[0]
    return {
        **need.to_dict(),
        "shuffle_control": None if null is None else null._asdict(),
        "without_inputs": None
        if without is None
        else without.to_dict() | {"run": "trained without"},
        "verdict": verdict_on(need.gains[0], beyond_shuffled=beyond, without=without),
        "do_the_data_need_inputs": None if without is None else answer_of(without),
    }


def network(method: LFADS, given: Simulated, size: Size, place: Path, train: bool) -> Run | None:
    """The trained network, trained now if asked; None if there is none."""
    done = method.found(given.dataset, size, SEED, place)
    if done is None and train:
        return method.trained(given.dataset, size, SEED, place, progress=True)
    return None if done is None else open_trained_run(open_run(done))


if __name__ == "__main__":
    main()
