"""What a decoder of the first day still reads on five later days, of other neurons each.

Reaches of six days. A network is trained on the first, later days are adapted to it (read-ins and
read-outs alone), and the velocity of the hand is decoded from factors by ridge regression that is fitted
on the first day, as in `lfads analyse decoding_across`. Told are R² on trials that were left out, the share
of the first day's own R² that each later day keeps, and the share of its own decoder's. The JSON is written
after every seed; adaptations that are in the folder are used again.
"""

import dataclasses
from pathlib import Path
from typing import Any

import _record
import numpy as np
from new_day import adapted

import lfads
from lfads.analysis.decoding_across import DecodingAcross
from lfads.config import RunConfig
from lfads.devices import configure_devices, describe_devices
from lfads.runs.train import trained_to_the_end
from lfads.terminal.saying import say

DAYS, SHARE = 6, 0.95


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", type=Path, default=Path("runs/decoder_over_days"))
    arguments = parser.parse_args()
    configure_devices()
    results = _record.earlier(arguments.out)
    for seed in arguments.seeds:
        if str(seed) not in results:
            results[str(seed)] = one_seed(seed, arguments.folder / str(seed))
            _record.record(results, arguments.out, describe_devices())


def one_seed(seed: int, place: Path) -> dict[str, Any]:
    """Train, adapt five times, decode."""
    days = lfads.simulate_reaching(seed, num_sessions=DAYS)
    each = [dataclasses.replace(days, sessions=(session,)) for session in days.sessions]
    say(f"seed {seed}: the first day")
    config = RunConfig.from_dict({"seed": seed, "model": {"read_in_size": 20}})
    base = trained_to_the_end(each[0], config, place / "first", progress=False)
    runs = [base]
    for number, day in enumerate(each[1:], start=1):
        say(f"seed {seed}: day {number}")
        runs.append(adapted(base, day, place / f"day-{number}", {}, training_data=each[0]))
    found = {
        name: one
        for run, day in zip(runs, each, strict=True)
        for name, one in run.infer(day, progress=False).sessions.items()
    }
    sessions = {session.name: session for session in days.sessions}
    first = days.sessions[0].name
    across = DecodingAcross(fitted_to=first, behavior="hand_velocity")
    result = across.compute_together(found, sessions)
    own, by_first = result["r2"].to_numpy().mean(2)
    kept = by_first[1:] / by_first[0]
    return {
        "r2_of_the_first_day": float(by_first[0]),
        "r2_by_the_first_days_decoder": by_first[1:].tolist(),
        "r2_by_own_decoders": own[1:].tolist(),
        "share_kept": kept.tolist(),
        "share_of_own": (by_first[1:] / own[1:]).tolist(),
        "reached": bool((kept >= SHARE).all()),
        "seconds_of_the_first": base.summary["seconds"],
        "median_seconds_of_a_day": float(np.median([run.summary["seconds"] for run in runs[1:]])),
    }


if __name__ == "__main__":
    main()
