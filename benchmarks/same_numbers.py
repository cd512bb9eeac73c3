"""Whether two checkouts give the same numbers, bit for bit, and at the same speed.

Each trains, searches and evaluates the same files by its own command line, in processes of its own:
Lorenz, held-out neurons, trials of unequal length, two sessions, and a search. Every record of
`metrics.jsonl` but its seconds, and every score of `evaluate`, must be equal. Then they train in turns at
the default sizes, and seconds of epochs are compared pair by pair.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import _record
import numpy as np

import lfads

MAIN = "import sys; from lfads.cli.entry import main; sys.exit(main())"
SMALL = [
    "--model.num-factors", "3", "--model.generator-size", "12", "--model.encoder-size", "8",
    "--model.controller-size", "6", "--training.num-epochs", "4", "--training.num-shards", "2",
]  # fmt: skip
CASES: dict[str, tuple[list[str], list[str]]] = {
    "lorenz": (["train", "lorenz.npz"], []),
    "held_out": (["train", "held_out.npz"], []),
    "unequal_trials": (["train", "unequal.npz"], ["--training.length-buckets", "2"]),
    "two_sessions": (["train", "monday.npz", "tuesday.npz"], []),
    "search": (
        ["search", "lorenz.npz"],
        ["--search.population", "3", "--search.num-generations", "2",
         "--search.epochs-per-generation", "2"],
    ),
}  # fmt: skip


def main() -> None:
    """Run from the command line; exits with 1 where numbers differ."""
    parser = _record.parser(__doc__)
    parser.add_argument("before", type=Path, help="a checkout")
    parser.add_argument("after", type=Path, help="another")
    parser.add_argument("--cases", nargs="*", choices=CASES, default=list(CASES))
    parser.add_argument("--pairs", type=int, default=5, help="of timed trainings; 0 for none")
    arguments: argparse.Namespace = parser.parse_args()
    checkouts = arguments.before.resolve(), arguments.after.resolve()
    for checkout in checkouts:
        if not (
            checkout / "src" / "lfads"
        ).is_dir():  # else the installed library would run instead
            parser.error(f"{checkout} is no checkout of lfads")
    with tempfile.TemporaryDirectory() as folder:
        write_data(Path(folder))
        results: dict[str, Any] = {c: compare(c, Path(folder), checkouts) for c in arguments.cases}
        if arguments.pairs:
            results["speed"] = speed(Path(folder), checkouts, arguments.pairs)
    _record.record(results, arguments.out)
    sys.exit(any(results[c]["differences"] for c in arguments.cases))


def write_data(folder: Path) -> None:
    """The same arrays for both, in the one layout that needs no version."""
    session = lfads.simulate_lorenz(seed=0, num_conditions=20, trials_per_condition=10).session
    counts, rates = session.spikes, session.true_rates_hz
    condition = session.condition
    assert rates is not None
    assert condition is not None
    truth: dict[str, Any] = {"true_rates": rates.astype(np.float32), "bin_width_s": 0.01}
    np.savez(folder / "lorenz.npz", spikes=counts, conditions=condition, **truth)
    held_out = np.arange(counts.shape[2]) >= 22
    np.savez(folder / "held_out.npz", spikes=counts, held_out_neurons=held_out, **truth)
    length = np.random.default_rng(0).integers(40, 101, len(counts))
    within = np.arange(counts.shape[1])[None, :, None] < length[:, None, None]
    np.savez(folder / "unequal.npz", spikes=counts * within, trial_length=length, bin_width_s=0.01)
    for name, neurons in (("monday", slice(0, 17)), ("tuesday", slice(17, 30))):
        np.savez(
            folder / f"{name}.npz", spikes=counts[:, :, neurons], conditions=condition,
            bin_width_s=0.01,
        )  # fmt: skip


def command(checkout: Path, words: list[str], folder: Path) -> str:
    """What a checkout's command line prints."""
    environment = {**os.environ, "PYTHONPATH": str(checkout / "src")}
    done = subprocess.run(
        [sys.executable, "-c", MAIN, *words],
        cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{checkout.name}: lfads {' '.join(words)}\n{done.stderr}")
    return done.stdout


def compare(case: str, folder: Path, checkouts: tuple[Path, Path]) -> dict[str, Any]:
    """One case with both checkouts."""
    words, settings = CASES[case]
    records, scores = [], []
    for turn, checkout in enumerate(checkouts):
        out = f"{case}_{turn}"
        command(checkout, [*words, "--out", out, *SMALL, *settings], folder)
        paths = sorted((folder / out).rglob("metrics.jsonl"))
        lines = [line for path in paths for line in path.read_text("utf-8").splitlines()]
        records.append([without_seconds(json.loads(line)) for line in lines])
        scores.append(json.loads(command(checkout, ["evaluate", out, "--json"], folder)))
    found = [
        *differences(records[0], records[1], "metrics"),
        *differences(scores[0], scores[1], "scores"),
    ]
    return {
        "records": len(records[0]),
        "numbers": sum(1 for _ in leaves(records[0])) + sum(1 for _ in leaves(scores[0])),
        "differences": found[:20],
        "only_after": [path for path in keys(scores[1]) if path not in set(keys(scores[0]))],
    }


def without_seconds(record: Mapping[str, Any]) -> dict[str, Any]:
    """All but what depends on the hour."""
    return {name: value for name, value in record.items() if "seconds" not in name}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its place."""
    if not isinstance(value, dict | list):
        yield path, value
        return
    inner: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for name, each in inner:
        yield from leaves(each, f"{path}/{name}")


def keys(value: Any) -> list[str]:
    """Places of all values."""
    return [path for path, _ in leaves(value)]


def differences(before: Any, after: Any, where: str) -> list[str]:
    """What `before` holds and `after` holds otherwise, or not; NaN equals NaN."""
    others = dict(leaves(after))
    return [
        f"{where}{path}: {value!r} -> {others.get(path, 'absent')!r}"
        for path, value in leaves(before)
        if path not in others or not (others[path] == value or value != value)
    ]


def speed(folder: Path, checkouts: tuple[Path, Path], pairs: int) -> dict[str, Any]:
    """Seconds of an epoch at the default sizes, in turns: after divided by before, pair by pair."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for pair in range(pairs):
        for turn in (0, 1) if pair % 2 == 0 else (1, 0):
            out = f"speed_{pair}_{turn}"
            words = ["train", "lorenz.npz", "--out", out, "--training.num-epochs", "12"]
            command(checkouts[turn], words, folder)
            lines = (folder / out / "metrics.jsonl").read_text("utf-8").splitlines()
            since_start = [json.loads(line)["seconds"] for line in lines]
            epochs = np.diff(since_start)  # without the first one, which compiles
            seconds[turn].append(float(np.median(epochs)))
    ratios = [after / before for before, after in zip(*seconds, strict=True)]
    return {
        "seconds_an_epoch_before": seconds[0],
        "seconds_an_epoch_after": seconds[1],
        "ratios_after_to_before": ratios,
        "median_ratio": statistics.median(ratios),
    }


if __name__ == "__main__":
    main()
