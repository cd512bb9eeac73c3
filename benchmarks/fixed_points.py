"""Fixed points of LFADS trained on a network that holds three bits, against those of that network.

One data set, several seeds of weights. Pulses are measured inputs, so that the generator is to learn what
the network does between them. Trials are long beside the time constants: in short ones a slow drift costs
little, and points lie where it would end. Trained networks stay in `--folder`, and results are written
after each, so that a benchmark that was stopped goes on.
"""

import json
import time
from pathlib import Path
from typing import Any

import _record
import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import linear_sum_assignment

import lfads
from lfads.analysis.fixed_point_search import search
from lfads.analysis.fixed_points import FixedPoints, spread_of, starts_of
from lfads.config.read import merge
from lfads.devices import configure_devices, describe_devices
from lfads.numerics.linear_maps import modes_of
from lfads.simulate.flip_flop import flip_flop_network
from lfads.simulate.trained_rnn import states_of

SIZES = {"num_neurons": 100, "num_trials": 534, "num_bins": 300, "bin_width_s": 0.2}
SETTINGS = {
    "model": {
        "num_factors": 64, "generator_size": 64, "encoder_size": 32, "initial_condition_size": 16,
        "num_inferred_inputs": 0,
    },
    "training": {
        "num_epochs": 100, "batch_size": 16, "decay_epochs": 100, "ramp_epochs": 10,
        "num_shards": 1,
    },
    "hyperparameters": {
        "learning_rate": 0.01, "dropout_rate": 0.0, "coordinated_dropout_rate": 0.0,
        "initial_condition_kl_weight": 1.0,
    },
}  # fmt: skip


WITHIN = 0.1
"""Of the simulating network's point, in its three outputs, whose stable states are near 1 and -1."""

STABLE, SADDLES = 0, 1
"""Unstable directions of the points that are asked for: eight stable ones, and twelve saddles between."""


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="seeds of weights")
    parser.add_argument("--scaling", choices=("trial", "session"), default="session")
    parser.add_argument("--generator", default="gru", help="as in `[model] generator`")
    parser.add_argument(
        "--folder", type=Path, default=Path("runs/fixed_points"), help="of networks"
    )
    arguments = parser.parse_args()
    configure_devices()
    dataset = lfads.simulate_flip_flop(scaling=arguments.scaling, **SIZES)
    results = done_before(arguments.out)
    scaling, generator = arguments.scaling, arguments.generator
    kind = scaling if generator == "gru" else f"{scaling}, {generator}"
    own = results.setdefault(kind, {"seeds": {}})["seeds"]
    for seed in range(arguments.seeds):
        if str(seed) in own:
            continue
        place = arguments.folder / f"{kind.replace(', ', '-')}-{seed}"
        run, seconds = trained(dataset, seed, place, generator)
        own[str(seed)] = {**measured(dataset, run), "seconds_to_train_now": round(seconds)}
        _record.record(summarised(results), arguments.out, describe_devices())
    _record.record(summarised(results), arguments.out, describe_devices())


def done_before(out: Path | None) -> dict[str, Any]:
    """Results of a benchmark that was stopped, of whatever scaling."""
    if out is None or not out.is_file():
        return {}
    found = json.loads(out.read_text(encoding="utf-8"))["results"]
    return {
        name: of for name, of in found.items() if name.partition(",")[0] in ("trial", "session")
    }


def trained(dataset: lfads.Dataset, seed: int, place: Path, generator: str) -> tuple[Any, float]:
    """The network of a seed, trained now if it is not there, and how long that took."""
    began = time.monotonic()
    if (place / "summary.json").is_file():
        run = lfads.open_run(place)
        if run.summary.get("stopped_by"):
            return run, run.summary["seconds"]
    flags = merge(SETTINGS, {"model": {"generator": generator}}, {"seed": seed})
    config = lfads.read_config(flags=flags)
    run = lfads.train(dataset, config, out=place, resume=place.is_dir())
    return run, time.monotonic() - began


def measured(dataset: lfads.Dataset, run: Any) -> dict[str, Any]:
    """Points of the trained network in the outputs of the simulating one, against its own."""
    posterior = run.infer(dataset, num_samples=5, progress=False).dataset
    session, began = dataset.session, time.monotonic()
    assert session.true_latents is not None
    part = FixedPoints(inputs="zero", num_starts=384)
    points = part.compute_network(run.model, posterior, session)
    seconds = time.monotonic() - began
    training = session.of_split("train")
    factors, outputs = posterior["factors"].to_numpy(), session.true_latents
    weights = np.linalg.lstsq(with_one(factors[training]), flat(outputs[training]), rcond=None)[0]
    said = with_one(factors[~training]) @ weights
    left = flat(outputs[~training])
    found = with_one(points["point_factors"].to_numpy()) @ weights
    fixed = points["found"].to_numpy().astype(str) == "fixed point"
    unstable = np.where(fixed, points["num_unstable"].to_numpy(), -1)
    truth, true_unstable = true_points(dataset)
    near = {
        name: distances(truth[true_unstable == kind], found[unstable == kind])
        for name, kind in (("stable", STABLE), ("saddles", SADDLES))
    }
    return {
        "valid_bits_per_spike": run.summary["scores"]["valid_bits_per_spike"],
        "r2_of_outputs": (1 - (said - left).var(0) / left.var(0)).round(4).tolist(),
        "true_points_by_unstable_directions": counted(true_unstable),
        "points_by_unstable_directions": counted(unstable[fixed]),
        "slow_points": int((~fixed).sum()),
        "distances": {name: np.sort(each).round(3).tolist() for name, each in near.items()},
        "recovered": {name: int((each <= WITHIN).sum()) for name, each in near.items()},
        "starts_lost": points.attrs["num_lost"],
        "seconds_to_train": run.summary["seconds"],
        "seconds_to_find": round(seconds, 1),
    }


def true_points(dataset: lfads.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Outputs at the fixed points of the simulating network, without pulses, and what grows there."""
    network = flip_flop_network(0)
    recurrent, bias = network.recurrent, network.bias

    def step(states: jax.Array) -> jax.Array:
        weights, offset = (jnp.asarray(each, states.dtype) for each in (recurrent, bias))
        return jnp.tanh(states @ weights + offset[None])

    inputs = dataset.session.external_inputs
    assert inputs is not None
    states = states_of(network, inputs[:200].astype(np.float64)).reshape(-1, len(bias))
    found = search(step, starts_of(states, 1024, 0.2, 0), spread_of(states))
    outputs = found.states[found.is_fixed] @ network.readout + network.offset
    return outputs, modes_of(found.jacobians[found.is_fixed]).num_unstable


def distances(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """From each true point to the nearest of the found ones, each of which serves one."""
    if not len(found):
        return np.full(len(truth), np.inf)
    apart = np.linalg.norm(truth[:, None] - found[None], axis=2)
    rows, columns = linear_sum_assignment(apart)
    nearest = np.full(len(truth), np.inf)
    nearest[rows] = apart[rows, columns]
    return nearest


def counted(unstable: np.ndarray) -> dict[str, int]:
    """How many points have how many unstable directions."""
    kinds, numbers = np.unique(unstable, return_counts=True)
    return {str(kind): int(number) for kind, number in zip(kinds, numbers, strict=True)}


def flat(values: np.ndarray) -> np.ndarray:
    """Bins of all trials one after the other."""
    return values.reshape(-1, values.shape[-1]).astype(np.float64)


def with_one(values: np.ndarray) -> np.ndarray:
    """The same, with a column of ones."""
    rows = flat(values)
    return np.hstack([rows, np.ones((len(rows), 1))])


def summarised(results: dict[str, Any]) -> dict[str, Any]:
    """How many seeds have all eight stable points and all twelve saddles."""
    for scaling in results.values():
        recovered = [of["recovered"] for of in scaling["seeds"].values()]
        scaling["seeds_with_all"] = sum(r == {"stable": 8, "saddles": 12} for r in recovered)
        scaling["seeds_done"] = len(recovered)
    return {"within": WITHIN, "sizes": SIZES, "settings": SETTINGS, **results}


if __name__ == "__main__":
    main()
