"""How long a training should last, and how much of it the weights of the divergences should rise.

The sets of `regimes.py`, a chaotic network of gain 2.5 with 600 training trials and, if its path is given,
delay-period spikes of a premotor recording. A length is in steps until the learning rate has decayed, a
ramp is its share of them; epochs are bounded as in the defaults. Networks have defaults otherwise, and a
generator of 64 units. Scores are of test trials: bits per spike (of held-out neurons, where there are some)
and R² of true rates. The JSON is written after every training; trainings that it has are not done again.
"""

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import _record
from regimes import SESSIONS, SETS, SMALL, dataset_of, scores, with_splits

import lfads
from lfads.config import RunConfig
from lfads.config.read import merge
from lfads.devices import configure_devices, describe_devices
from lfads.runs.train import trained_to_the_end
from lfads.terminal.saying import say
from lfads.training.defaults import decay_of, default_batch_size
from lfads.training.sizes import sizes_of
from search import premotor

CHAOTIC, PREMOTOR = "chaotic, gain 2.5", "premotor"
LENGTHS = ("1500/0.25", "1500/0.1", "2500/0.25", "2500/0.15", "4000/0.25")


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("path", type=Path, nargs="?", metavar="RECORDING.npz")
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--lengths", nargs="+", default=LENGTHS, metavar="STEPS/RAMP")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--folder", type=Path, default=Path("runs/training_length"))
    arguments = parser.parse_args()
    configure_devices()
    data: dict[str, Callable[[int], lfads.Dataset]] = {CHAOTIC: chaotic}
    data |= {name: partial(dataset_of, name) for name in [*SETS, SESSIONS]}
    if arguments.path is not None:
        data[PREMOTOR] = lambda _: premotor(arguments.path)
    results = _record.earlier(arguments.out)
    for seed in arguments.seeds:
        for name in arguments.sets or data:
            own = results.setdefault(name, {}).setdefault(str(seed), {})
            dataset = data[name](seed)
            for length in [length for length in arguments.lengths if length not in own]:
                say(f"{name}, seed {seed}: {length}")
                place = "-".join([*name.replace(",", "").split(), str(seed), *length.split("/")])
                folder = arguments.folder / place.replace("/", "-")
                own[length] = measured(dataset, length, seed, folder)
                _record.record(results, arguments.out, describe_devices())


def chaotic(seed: int) -> lfads.Dataset:
    """1000 trials, of which 600 train."""
    dataset = lfads.simulate_chaotic_rnn(seed, num_conditions=100, gain=2.5)
    return dataclasses.replace(dataset, sessions=(with_splits(dataset.session),))


def measured(dataset: lfads.Dataset, length: str, seed: int, place: Path) -> dict[str, Any]:
    """Train one, and score its test trials."""
    steps, _, share = length.partition("/")
    sizes = sizes_of(dataset)
    decay, _ = decay_of(sizes, default_batch_size(sizes.num_training_trials), int(steps))
    chosen = {"decay_epochs": decay, "ramp_epochs": round(decay * float(share))}
    config = RunConfig.from_dict(merge(SMALL, {"seed": seed, "training": chosen}))
    run = trained_to_the_end(dataset, config, place, progress=False)
    summary = run.summary
    told = {key: summary[key] for key in ("best_epoch", "epochs", "seconds")}
    return {**scores(run, dataset), "decay_epochs": decay, **told}


if __name__ == "__main__":
    main()
