"""A new day of a recording: maps fitted to the network of another day, all of it trained on, or its own.

Delay-period spikes are cut into two pseudo-sessions of other neurons and other trials (`_recording.py`).
The first trains a network with defaults and twenty factors, the second is adapted to it (read-in and
read-out alone) and then trained on with the whole network. Told are bits per spike of held-out neurons and
of encoded ones on its test trials, beside those of a network of its own. The JSON is written after every
training; trainings that it has are not done again.
"""

import dataclasses
from pathlib import Path
from typing import Any

import _record
from _recording import pseudo_sessions, read_recording
from new_day import adapted

import lfads
from lfads.config import RunConfig
from lfads.devices import configure_devices, describe_devices
from lfads.runs.train import trained_to_the_end
from lfads.terminal.saying import say

BIN_MS = 10
RATES = (0.001, 0.003)


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("recording", type=Path, metavar="RECORDING.npz")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", type=Path, default=Path("runs/new_day_recording"))
    arguments = parser.parse_args()
    configure_devices()
    results = _record.earlier(arguments.out)
    recording = read_recording(arguments.recording, BIN_MS)
    for seed in arguments.seeds:
        days = pseudo_sessions(recording, seed)
        first, second = (dataclasses.replace(days, sessions=(one,)) for one in days.sessions)
        own = results.setdefault(str(seed), {})
        place = arguments.folder / str(seed)
        if "alone" not in own:
            say(f"seed {seed}: alone")
            own["alone"] = scores_of(trained(second, place / "alone", seed), second)
            _record.record(results, arguments.out, describe_devices())
        base = trained(first, place / "first", seed, read_in_size=20)
        maps = adapted(base, second, place / "maps", {}, training_data=first)
        if "maps" not in own:
            own["maps"] = scores_of(maps, second)
            _record.record(results, arguments.out, describe_devices())
        for rate in [rate for rate in RATES if f"all at {rate:g}" not in own]:
            say(f"seed {seed}: all at {rate:g}")
            settings = {
                "training": {"freeze": "nothing"},
                "hyperparameters": {"learning_rate": rate},
            }
            run = adapted(maps, second, place / f"all-{rate:g}", settings)
            own[f"all at {rate:g}"] = scores_of(run, second)
            _record.record(results, arguments.out, describe_devices())


def trained(dataset: lfads.Dataset, place: Path, seed: int, **model: Any) -> Any:
    """A network with defaults and twenty factors."""
    config = RunConfig.from_dict({"seed": seed, "model": {"num_factors": 20, **model}})
    return trained_to_the_end(dataset, config, place, progress=False)


def scores_of(run: Any, dataset: lfads.Dataset) -> dict[str, Any]:
    """Of test trials."""
    found = run.evaluate(dataset, baselines=False, progress=False).splits["test"]
    return {
        "held_out_bits_per_spike": found.held_out_bits_per_spike,
        "bits_per_spike": found.bits_per_spike,
        "seconds": run.summary["seconds"],
    }


if __name__ == "__main__":
    main()
