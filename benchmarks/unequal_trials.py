"""Epochs of trials of unequal length, in buckets of similar length against padding to the longest.

Both take the same steps (each of one bucket), so that losses must agree. `RECORDING.npz` has `spikes_1ms`
(trial, ms, neuron) and `trial_len_ms`; without one, and beside it, random trials of 50 to 300 bins.
"""

import statistics
import time
from functools import partial
from pathlib import Path
from typing import Any

import _record
import numpy as np

import lfads
from lfads.devices import configure_devices, describe_devices
from lfads.training.batching import epoch_order
from lfads.training.buckets import buckets_by_length, padded_share
from lfads.training.feed import BucketedTrials


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("path", type=Path, nargs="?", metavar="RECORDING.npz")
    parser.add_argument("--bin-ms", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=7)
    parser.add_argument("--buckets", type=int, nargs="+", default=[2, 3, 4])
    arguments = parser.parse_args()
    configure_devices()
    data = {"random": random_lengths()}
    if arguments.path is not None:
        data[arguments.path.name] = recorded(arguments.path, arguments.bin_ms)
    results = {
        name: [compare(dataset, number, arguments.epochs) for number in arguments.buckets]
        for name, dataset in data.items()
    }
    _record.record(results, arguments.out, describe_devices())


def recorded(path: Path, bin_ms: int) -> lfads.Dataset:
    """Whole trials of a recording; milliseconds that do not fill a last bin are left out."""
    with np.load(path, allow_pickle=False) as file:
        spikes, length = file["spikes_1ms"], file["trial_len_ms"] // bin_ms
    bins = spikes.shape[1] // bin_ms
    counts = spikes[:, : bins * bin_ms].reshape(len(spikes), bins, bin_ms, -1).sum(2)
    counts[np.arange(bins)[None, :] >= length[:, None]] = 0
    return lfads.Dataset.from_arrays(
        counts, bin_width_s=bin_ms / 1000, trial_length=np.minimum(length, bins), source=path.name
    )


def random_lengths() -> lfads.Dataset:
    """400 trials of 40 neurons, of 50 to 300 bins, short ones more often."""
    rng = np.random.default_rng(0)
    length = np.round(50 * 6 ** rng.random(400)).astype(int)
    counts = rng.poisson(0.1, (400, length.max(), 40))
    counts[np.arange(length.max())[None, :] >= length[:, None]] = 0
    return lfads.Dataset.from_arrays(counts, bin_width_s=0.01, trial_length=length)


def compare(dataset: lfads.Dataset, number: int, epochs: int) -> dict[str, Any]:
    """Seconds of an epoch and losses, both ways, turn by turn."""
    ways = {name: Way(dataset, buckets) for name, buckets in (("padded", 1), ("buckets", number))}
    session = dataset.session
    length = session.trial_length[session.of_split("train")]
    bucket = buckets_by_length(length, number).of_trial
    losses: dict[str, list[float]] = {name: [] for name in ways}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for epoch in range(epochs + 1):
        for name, way in ways.items():
            slots = epoch_order(len(length), way.batch_size, way.num_shards, 0, epoch, bucket)
            spent, loss = way.epoch(slots, len(length) / len(slots))
            seconds[name].append(spent)
            losses[name].append(loss)
    timed = {name: statistics.median(values[1:]) for name, values in seconds.items()}
    apart = np.abs(np.array(losses["buckets"]) / np.array(losses["padded"]) - 1)
    return {
        "buckets": number,
        "bins": [int(length.min()), int(length.max())],
        "share_of_padded_bins": padded_share(length, number),
        "seconds_per_epoch": timed,
        "share_of_padded_seconds": timed["buckets"] / timed["padded"],
        "first_epoch_seconds": {name: values[0] for name, values in seconds.items()},
        "largest_relative_difference_of_losses": float(apart.max()),
        "losses": losses,
    }


class Way:
    """Epochs with so many buckets."""

    def __init__(self, dataset: lfads.Dataset, buckets: int) -> None:
        import equinox as eqx

        from lfads.training.defaults import resolve_defaults
        from lfads.training.epochs import Epochs
        from lfads.training.sharding import EVERYWHERE, make_mesh, place
        from lfads.training.sizes import sizes_of, this_machine
        from lfads.training.start import untrained_model
        from lfads.training.step import initial_state
        from lfads.training.trials import training_data

        asked = lfads.read_config(flags={"training": {"length_buckets": buckets}})
        config, _ = resolve_defaults(asked, sizes_of(dataset), this_machine())
        mesh = make_mesh(config.training.num_shards or 1)
        model = untrained_model(config, dataset)
        static = eqx.filter(model, eqx.is_inexact_array, inverse=True)
        self.epochs = Epochs(static, training_data(dataset, config), config, mesh)
        self.state = place(initial_state(model, config.training), mesh, EVERYWHERE)
        self.batch_size, self.num_shards = config.training.batch_size or 1, mesh.size
        self.parts = self.epochs.train.parts

    def epoch(self, slots: np.ndarray, step_size: float) -> tuple[float, float]:
        """Seconds and mean loss of an epoch of the given steps."""
        import jax

        if not isinstance(self.epochs.train, BucketedTrials):  # which divides by it
            self.epochs.train.parts = partial(self.parts, step_size=step_size)
        began = time.perf_counter()
        self.state, sums = self.epochs.train_one(self.state, slots, 1.0, 1.0)
        jax.block_until_ready((self.state, sums))
        return time.perf_counter() - began, float(np.mean(sums.loss))


if __name__ == "__main__":
    main()
