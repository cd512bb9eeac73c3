"""One network for several sessions against one for each, and new sessions on a trained network.

`chaotic`: five sessions of 20 neurons of one chaotic network of 100 neurons; `many`: 44 sessions of 12
neurons of one of 528. R² of the rates of held-out trials in each session, and of the network's state (its
ten leading components), predicted from the factors of all sessions by one linear map that is fitted on
training trials.

`premotor` (needs `--recording`): delay-period spikes cut into two pseudo-sessions of other neurons and
other trials. A decoder of eight directions is fitted on the factors of one and tested on the other's, and
so for smoothed spikes, aligned by condition averages; co-smoothing within each.

`adapt`: four sessions are trained together, the fifth is adapted to them; against all five trained
together, and against the fifth alone. In `premotor`, the second pseudo-session is adapted to the first.

`memory` (needs `--many-neurons`): 18 sessions of 474 to 1769 neurons: peak memory and seconds of a step,
against the widest session alone.
"""

import argparse
import dataclasses
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import _record
import numpy as np
from _decoding import SHRINKAGES, discriminant
from _recording import pseudo_sessions, read_recording
from _smoothing import smooth

import lfads
from lfads.data.session import Session
from lfads.devices import configure_devices, describe_devices
from lfads.evaluation.scores import score_dataset
from lfads.stitching.align import align

PARTS = ("chaotic", "many", "adapt", "premotor", "memory")
SMOOTHING_MS = 40.0


def main() -> None:
    """Run from the command line."""
    arguments = parse()
    if arguments.in_this_process:
        print(json.dumps(train_many_neurons(arguments.many_neurons, arguments.widest_alone)))
        return
    configure_devices()
    results: dict[str, Any] = {}
    for part in arguments.parts:
        results[part] = run_part(part, arguments)
        if arguments.out is not None:
            _record.record(results, arguments.out, describe_devices())
    _record.record(results, arguments.out, describe_devices())


def parse() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=["chaotic", "adapt"])
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--conditions", type=int, default=50)
    parser.add_argument("--trials-per-condition", type=int, default=10, help="of each session")
    parser.add_argument("--recording", type=Path, metavar="RECORDING.npz")
    parser.add_argument("--many-neurons", type=Path, metavar="SESSIONS.h5")
    parser.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--widest-alone", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def run_part(part: str, arguments: argparse.Namespace) -> Any:
    """Results of one part, seed by seed where there are several."""
    if part == "memory":
        return memory(arguments.many_neurons)
    if part == "premotor":
        return [premotor(arguments.recording, seed) for seed in range(arguments.seeds)]
    compare = {"chaotic": chaotic, "many": many, "adapt": adaptation}[part]
    sizes = {
        "num_conditions": arguments.conditions,
        "trials_per_condition": arguments.trials_per_condition,
    }
    return [compare(seed, sizes) for seed in range(arguments.seeds)]


# --- a chaotic network --------------------------------------------------------------------------------


def chaotic(seed: int, sizes: dict[str, int]) -> dict[str, Any]:
    """Five sessions together against each alone."""
    dataset = lfads.simulate_chaotic_rnn_sessions(seed, **sizes)
    return {"seed": seed, **together_and_alone(dataset, seed, list(range(5)))}


def many(seed: int, sizes: dict[str, int]) -> dict[str, Any]:
    """44 small sessions together, of a quarter of the conditions, five trials each; four of them alone."""
    dataset = lfads.simulate_chaotic_rnn_sessions(
        seed, num_sessions=44, neurons_per_session=12, num_network_neurons=528,
        num_conditions=max(1, sizes["num_conditions"] // 4), trials_per_condition=5,
    )  # fmt: skip
    return {"seed": seed, **together_and_alone(dataset, seed, list(range(0, 44, 11)))}


def together_and_alone(dataset: lfads.Dataset, seed: int, chosen: Sequence[int]) -> dict[str, Any]:
    """Scores of validation trials: of one network for all sessions, and of one for each of the chosen."""
    run, seconds = trained(dataset, seed)
    posterior = run.infer(dataset)
    scores = score_dataset(dataset, posterior.sessions)
    found: dict[str, Any] = {
        "sizes": [[s.num_trials, s.num_neurons] for s in dataset.sessions][:5],
        "stitched": {
            "rate_r2_by_session": [s.splits["valid"].rate_r2_mean for s in scores.sessions],
            "bits_by_session": [s.splits["valid"].bits_per_spike for s in scores.sessions],
            "state_r2_one_map": mean(scores.splits["valid"].latent_r2),
            "state_r2_own_maps": [mean(s.splits["valid"].latent_r2) for s in scores.sessions],
            "seconds": seconds,
        },
    }
    alone, posteriors, spent = [], {}, 0.0
    for number in chosen:
        session = dataset.sessions[number]
        own = dataclasses.replace(dataset, sessions=(session,))
        run, seconds = trained(own, seed)
        spent += seconds
        posteriors[session.name] = run.infer(own).dataset
        alone.append(run.evaluate(own).splits["valid"])
    part = dataclasses.replace(dataset, sessions=tuple(dataset.sessions[n] for n in chosen))
    one_map = score_dataset(part, posteriors).splits["valid"].latent_r2
    stitched = score_dataset(part, {k: posterior.sessions[k] for k in posteriors}).splits["valid"]
    found["alone"] = {
        "sessions": list(chosen),
        "rate_r2_by_session": [s.rate_r2_mean for s in alone],
        "bits_by_session": [s.bits_per_spike for s in alone],
        "state_r2_one_map": mean(one_map),
        "state_r2_own_maps": [mean(s.latent_r2) for s in alone],
        "seconds": spent,
    }
    found["stitched"]["state_r2_one_map_of_these"] = mean(stitched.latent_r2)
    pairs = zip(found["alone"]["rate_r2_by_session"], chosen, strict=True)
    better = [found["stitched"]["rate_r2_by_session"][n] > r2 for r2, n in pairs]
    found["sessions_where_stitched_wins"] = f"{sum(better)} of {len(better)}"
    return found


def adaptation(seed: int, sizes: dict[str, int]) -> dict[str, Any]:
    """The fifth session: adapted to four, trained with them, and alone."""
    dataset = lfads.simulate_chaotic_rnn_sessions(seed, **sizes)
    four = dataclasses.replace(dataset, sessions=dataset.sessions[:4])
    fifth = dataclasses.replace(dataset, sessions=dataset.sessions[4:])
    found: dict[str, Any] = {"seed": seed}
    with tempfile.TemporaryDirectory() as folder:
        base, base_seconds = trained(four, seed, Path(folder) / "four")
        began = time.perf_counter()
        run = lfads.adapt(base, fifth, out=Path(folder) / "fifth", progress=False)
        found["adapted"] = {**of_fifth(run, fifth), "seconds": time.perf_counter() - began}
        found["seconds_of_the_four"] = base_seconds
        run, seconds = trained(dataset, seed)
        last = run.evaluate(dataset).sessions[4].splits["valid"]
        found["retrained with the four"] = {
            "bits_per_spike": last.bits_per_spike, "rate_r2_mean": last.rate_r2_mean,
            "state_r2": mean(last.latent_r2), "seconds": seconds,
        }  # fmt: skip
        run, seconds = trained(fifth, seed)
        found["alone"] = {**of_fifth(run, fifth), "seconds": seconds}
    return found


def of_fifth(run: lfads.Run, dataset: lfads.Dataset) -> dict[str, float]:
    """Scores of validation trials."""
    scores = run.evaluate(dataset).splits["valid"]
    return {
        "bits_per_spike": np.nan if scores.bits_per_spike is None else scores.bits_per_spike,
        "rate_r2_mean": scores.rate_r2_mean or np.nan,
        "state_r2": mean(scores.latent_r2),
    }


def trained(
    dataset: lfads.Dataset, seed: int, folder: Path | None = None, **model: Any
) -> tuple[lfads.Run, float]:
    """A run with default settings and ten factors, and its seconds."""
    config = lfads.read_config(flags={"seed": seed, "model": {"num_factors": 10, **model}})
    folder = folder or Path(tempfile.mkdtemp()) / "run"
    began = time.perf_counter()
    run = lfads.train(dataset, config, out=folder, progress=False)
    return run, time.perf_counter() - began


def mean(values: Sequence[float] | None) -> float:
    """Of the scores of several latents."""
    return float(np.mean(values)) if values is not None else float("nan")


# --- a recording, cut in two -----------------------------------------------------------------------------


def premotor(path: Path, seed: int) -> dict[str, Any]:
    """Two pseudo-sessions of disjoint neurons and trials."""
    recording = read_recording(path, 10)
    dataset = pseudo_sessions(recording, seed)
    sessions = dataset.sessions
    late = slice(recording.delay.start + 15, recording.delay.stop)
    halves = [dataclasses.replace(dataset, sessions=(s,)) for s in sessions]
    folder = Path(tempfile.mkdtemp())
    run, seconds = trained(dataset, seed, num_factors=20)
    posterior, scores = run.infer(dataset), run.evaluate(dataset)
    found: dict[str, Any] = {
        "seed": seed,
        "stitched": {
            "decoding": decoding(sessions, [factors_of(posterior, s, late) for s in sessions]),
            "co_smoothing": [s.splits["test"].held_out_bits_per_spike for s in scores.sessions],
            "seconds": seconds,
        },
        "smoothed spikes, aligned": smoothed_spikes(dataset, late),
    }
    alone = [trained(half, seed, folder / half.session.name, num_factors=20) for half in halves]
    found["alone"] = {
        "co_smoothing": [
            run.evaluate(half).splits["test"].held_out_bits_per_spike
            for (run, _), half in zip(alone, halves, strict=True)
        ],
        "seconds": [seconds for _, seconds in alone],
    }
    path_of_first = lfads.write(halves[0], folder / "half_1.h5")
    first, first_seconds = trained(
        lfads.read(path_of_first), seed, folder / "with_read_in", num_factors=20, read_in_size=20
    )
    began = time.perf_counter()
    adapted = lfads.adapt(first, halves[1], out=folder / "adapted", progress=False)
    seconds = time.perf_counter() - began
    factors = [
        factors_of(r.infer(h), h.session, late)
        for r, h in zip((first, adapted), halves, strict=True)
    ]
    found["second adapted to the first"] = {
        "decoding": decoding(sessions, factors),
        "co_smoothing": adapted.evaluate(halves[1]).splits["test"].held_out_bits_per_spike,
        "seconds": seconds,
        "seconds_of_the_first": first_seconds,
    }
    return found


def factors_of(posterior: lfads.Posterior, session: Session, bins: slice) -> np.ndarray:
    """Mean factors of each trial over some bins."""
    found = posterior.sessions.get(session.name, next(iter(posterior.sessions.values())))
    return found["factors"].to_numpy()[:, bins].mean(1)


def smoothed_spikes(dataset: lfads.Dataset, bins: slice) -> dict[str, Any]:
    """Decoding from smoothed spikes in the space of principal-component regression: the best of 3 to 20."""
    tried = {}
    for number in (3, 5, 8, 12, 20):
        alignment = align(dataset, number)
        features = []
        for session, read_in in zip(dataset.sessions, alignment.read_ins, strict=True):
            counts = smooth(session.spikes[:, :, ~session.held_out_neurons], SMOOTHING_MS, 10)
            features.append(((counts - read_in.offset) @ read_in.weights)[:, bins].mean(1))
        tried[number] = decoding(list(dataset.sessions), features)
    best = max(tried, key=lambda n: float(np.mean(tried[n]["across_valid"])))
    return {"decoding": tried[best], "components": best}


def decoding(sessions: Sequence[Session], features: Sequence[np.ndarray]) -> dict[str, Any]:
    """Share of test trials whose direction is right, within each session and from the one to the other.

    The shrinkage is the one with the best validation trials of the session that the decoder is fitted on.
    """
    within, across, across_valid = [], [], []
    for fitted, other in ((0, 1), (1, 0)):
        session, target = sessions[fitted], sessions[other]
        train = session.of_split("train")
        best = max(
            SHRINKAGES,
            key=lambda s: right(
                session, features[fitted], train, s, session, features[fitted], "valid"
            ),
        )
        arguments = (session, features[fitted], train, best)
        within.append(right(*arguments, session, features[fitted], "test"))
        across.append(right(*arguments, target, features[other], "test"))
        across_valid.append(right(*arguments, target, features[other], "valid"))
    return {"within": within, "across": across, "across_valid": across_valid}


def right(
    session: Session, values: np.ndarray, train: np.ndarray, shrinkage: float,
    target: Session, others: np.ndarray, split: str,
) -> float:  # fmt: skip
    """Share of trials of a split of one session that a discriminant of another's names right."""
    guess = discriminant(values[train], condition_of(session)[train], others, shrinkage)
    chosen = target.of_split(split)
    return float((guess == condition_of(target))[chosen].mean())


def condition_of(session: Session) -> np.ndarray:
    """Labels, which these sessions have."""
    if session.condition is None:
        raise ValueError("no conditions")
    return session.condition


# --- many neurons --------------------------------------------------------------------------------------


def memory(path: Path) -> dict[str, Any]:
    """Peak memory and seconds of an epoch, each in a process of its own."""
    found = {}
    for name, flags in (("all", []), ("widest alone", ["--widest-alone"])):
        command = [
            sys.executable,
            __file__,
            "--in-this-process",
            "--many-neurons",
            str(path),
            *flags,
        ]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found[name] = json.loads(done.stdout.splitlines()[-1])
    return found


def train_many_neurons(path: Path, widest_alone: bool) -> dict[str, Any]:
    """Train three epochs on every session, or on the widest."""
    import h5py

    sessions = []
    with h5py.File(path) as file:
        for name, group in file.items():
            side = np.sign(group["contrast_right"][()] - group["contrast_left"][()]).astype(int)
            sessions.append(
                lfads.Dataset.from_arrays(
                    group["spikes"][()], bin_width_s=0.01, condition=side, name=name
                ).session
            )
    if widest_alone:
        sessions = [max(sessions, key=lambda s: s.num_neurons)]
    dataset = lfads.Dataset(sessions=tuple(sessions), bin_width_s=0.01, source=path.name)
    config = lfads.read_config(flags={"training": {"num_epochs": 4}})
    with tempfile.TemporaryDirectory() as folder:
        run = lfads.train(dataset, config, out=Path(folder) / "run", progress=False)
        times = np.diff([record["seconds"] for record in run.metrics])
        batch = run.config.training.batch_size or 1
    trials = int(sum(s.of_split("train").sum() for s in sessions))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {
        "sessions": len(sessions),
        "neurons": [min(s.num_neurons for s in sessions), max(s.num_neurons for s in sessions)],
        "training_trials": trials,
        "batch_size": batch,
        "peak_gib": peak,
        "seconds_per_epoch": float(np.median(times)),
        "seconds_per_step": float(np.median(times)) / -(-trials // batch),
    }


if __name__ == "__main__":
    main()
