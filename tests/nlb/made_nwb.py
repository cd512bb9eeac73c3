"""NWB files of the structure of the benchmark's, small and at random.

As there: a table of trials with `split`, units with `heldout` and `obs_intervals`, behaviour at 1 kHz (with
times, or with a rate as of area2_bump), a file of test trials without behaviour and held-out units,
observed in the encoded windows alone, on a clock of its own.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from lfads.nlb.datasets import DATASETS, NLBDataset

BEFORE_S, AFTER_S = 2.2, 1.6
"""Around the event of each trial."""


@dataclass(frozen=True)
class Made:
    """Sizes of what is made."""

    held_in: int = 5
    held_out: int = 3
    train: int = 12
    valid: int = 6
    test: int = 5
    rate_hz: float = 12.0
    seed: int = 0


def write_nwb(name: str, folder: Path, sizes: Made | None = None) -> tuple[Path, Path, Path]:
    """Files of training trials, of test trials, and what only the benchmark has: both, all known.

    In the third test trials are called `val`, so that their targets can be cut from it.
    """
    sizes, about = sizes or Made(), DATASETS[name]
    made = _Session(about, sizes)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}_desc-{part}.nwb" for part in ("train", "test", "private")]
    for path, part in zip(paths, ("train", "test", "private"), strict=True):
        _write(path, made, part)
    return paths[0], paths[1], paths[2]


class _Session:
    """Trials one behind the other, rates and velocity that follow their conditions."""

    def __init__(self, about: NLBDataset, sizes: Made) -> None:
        rng = np.random.default_rng(sizes.seed)
        self.about, self.sizes = about, sizes
        number = sizes.train + sizes.valid + sizes.test
        self.of = rng.integers(0, 3, number)
        self.of[:3] = np.arange(3)
        lengths = BEFORE_S + AFTER_S + rng.random(number) * 0.3
        self.start = np.round(0.31 + np.concatenate([[0.0], np.cumsum(lengths)[:-1]]), 4)
        self.stop = self.start + lengths - 0.05
        self.event = np.round(self.start + BEFORE_S - 0.2 * rng.random(number), 4)
        self.event[1] = np.round(self.event[1], 2)  # on an edge of a bin
        self.last = self.stop
        if about.align_to == "start_time":
            self.start = self.event
            self.stop = self.event + 0.6
        self.produced = np.round(0.6 + 0.3 * self.of + 0.25 * rng.random(number), 4)
        order = rng.permutation(sizes.train + sizes.valid)
        split = np.full(sizes.train + sizes.valid, "train", dtype="<U5")
        split[order[: sizes.valid]] = "val"
        self.split = np.concatenate([split, np.full(sizes.test, "test")])
        if sizes.train > 6:
            self.split[5] = "none"
        self.end = float(np.ceil(self.last[-1] + AFTER_S))
        self.time = np.arange(round(self.end * 1000)) / 1000
        latents = np.zeros((len(self.time), 3))
        for event, of, produced in zip(self.event, self.of, self.produced, strict=True):
            near = np.abs(self.time - event) < 1.7
            since = self.time[near] - event
            speed = 1 / produced if about.scored_from else 1.0
            phase = 2 * np.pi * speed * since + 2.1 * of
            hill = np.exp(-0.5 * (since / 0.6) ** 2)
            latents[near] = (
                np.stack([np.sin(phase), np.cos(phase), np.cos(2.3 * phase)], 1) * hill[:, None]
            )
        neurons = sizes.held_in + sizes.held_out
        rates = sizes.rate_hz * np.exp(0.9 * latents @ rng.normal(size=(3, neurons)) - 0.3)
        spikes = rng.random(rates.shape) < rates / 1000
        self.spikes = [
            np.round(np.flatnonzero(one) / 1000 + rng.integers(0, 30, one.sum()) / 30000, 6)
            for one in spikes.T
        ]
        self.heldout = np.zeros(neurons, bool)
        self.heldout[rng.permutation(neurons)[: sizes.held_out]] = True
        self.ids = 100 + 3 * np.arange(neurons)
        shift = round(about.lag_s * 1000)
        self.velocity = np.roll(latents[:, :2], shift, axis=0) * 120 + rng.normal(
            0, 4, (len(self.time), 2)
        )

    def columns(self, trials: np.ndarray, *, known: bool) -> dict[str, Any]:
        """Columns of trials beside their times; of tests only what must be known."""
        about, found = self.about, {"split": self.split[trials].tolist()}
        if about.align_to != "start_time":
            found[about.align_to] = self.event[trials]
        if about.scored_from:
            found[about.scored_from] = (self.event - self.produced)[trials]
        if not known:
            return found
        if about.conditions[:1] == ("trial_type",):
            found |= {"trial_type": self.of[trials] % 2 + 3, "trial_version": self.of[trials] // 2}
        elif "cond_dir" in about.conditions:
            found |= {
                "cond_dir": 90.0 * (self.of[trials] % 2),
                "ctr_hold_bump": self.of[trials] == 2,
            }
        elif about.scored_from:
            found |= {
                "is_eye": self.of[trials] == 0, "theta": np.zeros(len(trials)),
                "is_short": (self.of[trials] == 1).astype(int), "ts": 500.0 + 100 * self.of[trials],
                "tp": 1000 * self.produced[trials], "is_outlier": (trials % 7 == 3).astype(int),
            }  # fmt: skip
        return found


def _write(path: Path, made: _Session, part: str) -> None:
    pynwb = import_module("pynwb")
    tests = made.split == "test"
    trials = {"train": ~tests, "test": tests, "private": np.ones(len(tests), bool)}[part]
    rows = np.flatnonzero(trials)
    begin = 0.0 if part != "test" else float(np.floor(made.start[rows[0]] - 1.0))
    file = pynwb.NWBFile("a session", f"{made.about.name}-{part}", datetime(2021, 9, 1, tzinfo=UTC))
    columns = made.columns(rows, known=part != "test")
    if part == "private":
        named = np.where(made.split == "val", "train", made.split)
        columns["split"] = np.where(named == "test", "val", named).tolist()
    for name in columns:
        file.add_trial_column(name, f"{name} of the trial")
    for place, row in enumerate(rows):
        values = {name: column[place] for name, column in columns.items()}
        values = {k: v - begin if k.endswith("_time") else v for k, v in values.items()}
        file.add_trial(made.start[row] - begin, made.stop[row] - begin, **values)
    file.add_unit_column("heldout", "whether it is held out")
    low, high = made.about.window_s
    last = float(np.floor(10 * (made.last[~tests][-1] if part == "train" else made.end)) / 10)
    gap = made.last[2] + 0.2
    observed = [[0.0, gap + 0.0003], [gap + 0.0507, last]]
    if part == "test":
        observed = [[e + low - begin, e + high - begin] for e in np.round(made.event[rows], 3)]
    for place in np.random.default_rng(1).permutation(len(made.ids)):
        if part == "test" and made.heldout[place]:
            continue
        times = made.spikes[place] - begin
        inside = np.zeros(len(times), bool)
        for first, stop in observed:
            inside |= (times >= first) & (times < stop)
        file.add_unit(
            spike_times=times[inside], obs_intervals=observed, heldout=bool(made.heldout[place]),
            id=int(made.ids[place]),
        )  # fmt: skip
    if made.about.behavior and part != "test":
        module = file.create_processing_module("behavior", "hand")
        inside = made.time < last - (0.4 if made.about.name != "area2_bump" else 0.0)
        text: dict[str, Any] = {
            "name": made.about.behavior, "unit": "mm/s", "comments": "columns=[x,y]",
        }  # fmt: skip
        if made.about.name == "area2_bump":
            text |= {"rate": 1000.0, "starting_time": 0.0}
        else:
            inside &= (made.time < gap + 0.06) | (made.time > gap + 0.1)
            text |= {"timestamps": made.time[inside]}
        series = pynwb.TimeSeries(data=made.velocity[inside], **text)
        module.add(series)
    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(file)
