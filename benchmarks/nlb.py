"""The Neural Latents Benchmark on made files: seconds of every step, scores, and what it costs itself.

NWB files of its structure (40 neurons, 160 trials and 40 test trials, three conditions) go through
`lfads nlb` with bins of 20 ms, once trained and once searched with an ensemble, with the published settings
but for the number of epochs. All seven data sets are cut with both bin widths. What the benchmark itself
costs is computed from the operations of the published networks and the speed that `training_speed.py` has
measured.
"""

import json
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import _record
from _networks import Sizes

import lfads
from lfads.cli.main import run
from lfads.devices import describe_devices
from lfads.nlb.datasets import BIN_WIDTHS_S, DATASETS, FORWARD_S
from lfads.nlb.prepare import prepare_nlb

sys.path.insert(0, str(_record.ROOT))
from tests.nlb.made_nwb import Made, write_nwb

SIZES = Made(held_in=30, held_out=10, train=120, valid=40, test=40)
WIDTH_S = 0.02
TRAINED = ("--training.num-epochs", "60", "--training.ramp-epochs", "10")
SEARCHED = (
    "--search", "--population", "4", "--search.num-generations", "3", "--search.epochs-per-generation",
    "10", "--training.ramp-epochs", "10", "--ensemble", "3",
)  # fmt: skip
TRIALS = 1000


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, Any] = end_to_end(Path(folder))
        found["cut"] = cut(Path(folder) / "all")
    found["speed"] = speed = measured_speed()
    found["costs"] = [cost(name, speed["gflop_per_s"]) for name in DATASETS]
    _record.record(found, arguments.out, describe_devices())


def end_to_end(folder: Path) -> dict[str, Any]:
    """One data set by one command: trained, searched, and the same command again."""
    train, test, private = write_nwb("mc_maze", folder / "nwb", SIZES)
    prepare_nlb("mc_maze", [private], bin_width_s=WIDTH_S).write(folder / "targets.h5")
    files = [str(train), str(test), "--targets", str(folder / "targets.h5")]
    words = ["nlb", "mc_maze", *files, "--bin-width-s", str(WIDTH_S), "--num-samples", "20"]
    found = {}
    for name, settings in (("trained", TRAINED), ("searched", SEARCHED)):
        out = folder / name
        own = [*words, *settings, "--out", str(out), "--json"]
        first = timed(own, out)
        found[name] = {**first, "seconds_again": timed(own, out)["seconds"]}
    return found


def timed(words: Sequence[str], out: Path) -> dict[str, Any]:
    """Seconds of a command and what it scored."""
    before, used = time.perf_counter(), time.process_time()
    status = run(words)
    seconds, used = time.perf_counter() - before, time.process_time() - used
    if status:
        raise SystemExit(f"lfads {' '.join(words)} ended with {status}")
    logs = sorted(out.glob("run/**/nlb_scores.jsonl"))
    lines = [json.loads(line) for line in logs[0].read_text().splitlines()]
    names = ("co-bps", "vel R2", "psth R2", "fp-bps")
    scores = {line["trials"]: {name: line[name] for name in names} for line in lines}
    return {
        "seconds": seconds,
        "processor_seconds": used,
        "times_scored": len(lines),
        "scores": scores,
    }


def cut(folder: Path) -> dict[str, float]:
    """Seconds to cut small files of all data sets."""
    found = {}
    for name in DATASETS:
        train, test, _ = write_nwb(name, folder / name)
        before = time.perf_counter()
        for width in BIN_WIDTHS_S:
            prepare_nlb(name, [train, test], bin_width_s=width)
        found[name] = time.perf_counter() - before
    return found


def cost(name: str, gflop_per_s: float) -> dict[str, Any]:
    """Hours of 1000 training trials in bins of 5 ms, with the published network, at a measured speed."""
    about, preset = DATASETS[name], lfads.read_config(preset=f"nlb_{name}")
    model, search = preset.model, preset.search
    sizes = Sizes(
        neurons=about.held_in + about.held_out, held_out=about.held_out, batch=TRIALS,
        bins=round((about.window_s[1] - about.window_s[0] + FORWARD_S) / 0.005),
        forward_bins=round(FORWARD_S / 0.005), factors=model.num_factors or 0,
        generator=model.generator_size or 0, encoder=model.encoder_size or 0,
        controller=model.controller_size or 0, inferred_inputs=model.num_inferred_inputs,
    )  # fmt: skip
    seconds = sizes.step_flops / 1e9 / gflop_per_s
    ramp = preset.training.ramp_epochs or 0
    epochs = 0 if search is None else ramp + search.num_generations * search.epochs_per_generation
    members = 0 if search is None else search.population
    return {
        "dataset": name,
        "seconds_an_epoch": seconds,
        "hours_of_600_epochs": 600 * seconds / 3600,
        "epochs_of_a_search_at_most": epochs,
        "hours_of_a_search_at_most": members * epochs * seconds / 3600,
    }


def measured_speed() -> dict[str, Any]:
    """Of training steps of this size, as `training_speed.py` measured them."""
    found = json.loads((_record.ROOT / "benchmarks/results/training_speed.json").read_text())
    step = found["results"]["nlb"]
    speed = step["step_gflop"] / step["default"]["seconds"]
    return {"gflop_per_s": speed, "cores": found["cores"], "device": found["device"]}


if __name__ == "__main__":
    main()
