"""What causal inference costs in accuracy: networks that see a whole trial beside those that see the past.

Two simulations with known rates, in training as short as the preset `demo`. Scored are validation trials,
in bins behind those of the causal networks' initial conditions: R² of the true rates, bits/spike, and of
the reaching task R² of the hand's velocity, decoded from factors by what was fitted to training trials.
`streamed` is one pass at the posterior's means, bin by bin, as a closed loop has it; the others average 50
samples.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import _record
import numpy as np

import lfads
from lfads.analysis.linear_decoder import DecodedBins, LinearDecoder, fit_linear_decoder
from lfads.closed_loop.engines import CEngine
from lfads.closed_loop.network import network_of
from lfads.devices import configure_devices, describe_devices
from lfads.evaluation.matching import values_of
from lfads.numerics.poisson import bits_per_spike
from lfads.numerics.regression import r_squared

SEGMENT, BEHAVIOR = 20, "hand_velocity"
NETWORKS: dict[str, dict[str, Any]] = {
    "whole trial": {},
    "causal": {"causal": True, "initial_condition_length": SEGMENT, "controller_lag": 0},
    "causal, lag 1": {"causal": True, "initial_condition_length": SEGMENT, "controller_lag": 1},
}
SIMULATIONS = {
    "lorenz": lambda seed: lfads.simulate_lorenz(seed, num_conditions=40, trials_per_condition=15),
    "reaching": lambda seed: lfads.simulate_reaching(seed, trials_per_condition=20),
}


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--simulation", choices=SIMULATIONS, help="all, if not said")
    parser.add_argument("--network", choices=NETWORKS, help="all, if not said")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=45)
    parser.add_argument("--keep", type=Path, help="folder in which data and run are kept")
    arguments = parser.parse_args()
    configure_devices()
    for simulation in [arguments.simulation] if arguments.simulation else SIMULATIONS:
        for network in [arguments.network] if arguments.network else NETWORKS:
            found = measured(simulation, network, arguments)
            kept: dict[str, Any] = {}
            if arguments.out is not None and arguments.out.is_file():
                kept = json.loads(arguments.out.read_text())["results"]
            own = kept.setdefault(simulation, {}).setdefault(f"seed {arguments.seed}", {})
            own[network] = found
            _record.record(kept, arguments.out, describe_devices())


def measured(simulation: str, network: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train a network, and score it."""
    began = time.monotonic()
    dataset = SIMULATIONS[simulation](arguments.seed)
    config = lfads.read_config(
        preset="demo",
        flags={
            "seed": arguments.seed,
            "model": NETWORKS[network],
            "training": {"num_epochs": arguments.epochs, "decay_epochs": arguments.epochs},
        },
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        lfads.write(dataset, folder / "data.h5", overwrite=True)
        run = lfads.train(
            lfads.read(folder / "data.h5"), config, out=folder / "run", progress=False
        )
        found = scored(run, dataset)
    return {**found, "seconds": round(time.monotonic() - began)}


def scored(run: lfads.Run, dataset: lfads.Dataset) -> dict[str, Any]:
    """Scores of validation trials."""
    posterior = run.infer(dataset, progress=False).dataset
    session = dataset.session
    first = run.config.model.initial_condition_length
    is_valid = session.split == "valid"
    rates = values_of(posterior, "rates", "neuron")[is_valid, SEGMENT - first :]
    decoder = decoder_of(posterior, session)
    factors = values_of(posterior, "factors", "factor")[is_valid]
    found: dict[str, Any] = {"averaged": against_truth(rates, dataset, is_valid)}
    if decoder is not None:
        signal = (
            factors
            if decoder.signal == "factors"
            else values_of(posterior, "rates", "neuron")[is_valid]
        )
        found["averaged"] |= decoded_from(signal, decoder, session, is_valid, first)
    if first:
        rates, factors = streamed(run, session.values[is_valid])
        found["streamed"] = against_truth(rates, dataset, is_valid)
        if decoder is not None:
            signal = factors if decoder.signal == "factors" else rates
            found["streamed"] |= decoded_from(signal, decoder, session, is_valid, first)
    return found


def against_truth(
    rates: np.ndarray, dataset: lfads.Dataset, is_valid: np.ndarray
) -> dict[str, float]:
    """R² of the true rates, all neurons together, and bits/spike."""
    session = dataset.session
    assert session.true_rates_hz is not None
    true = session.true_rates_hz[is_valid, SEGMENT:]
    counts = session.values[is_valid, SEGMENT:]
    return {
        "rate_r2": round(float(np.mean(r_squared(true.astype(float), rates))), 4),
        "bits_per_spike": round(bits_of(rates * dataset.bin_width_s, counts), 4),
    }


def bits_of(means: np.ndarray, counts: np.ndarray) -> float:
    """Bits/spike over each neuron's mean in the same trials."""
    return float(bits_per_spike(means, counts))


def decoder_of(posterior: Any, session: Any) -> LinearDecoder | None:
    """A decoder of the hand's velocity that was fitted to training trials."""
    if BEHAVIOR not in session.behavior:
        return None
    return fit_linear_decoder(
        posterior.isel(trial=np.flatnonzero(session.split == "train")), session, BEHAVIOR
    )


def decoded_from(
    signal: np.ndarray, decoder: LinearDecoder, session: Any, is_valid: np.ndarray, first: int
) -> dict[str, Any]:
    """R² of decoded velocity in bins behind the initial condition's."""
    made = []
    for trial in signal:
        decoding = DecodedBins(decoder)
        made.append([decoding.step(now.astype(np.float32)) for now in trial])
    true = session.behavior[BEHAVIOR][is_valid, SEGMENT:]
    r2 = r_squared(true.astype(float), np.array(made)[:, SEGMENT - first :].astype(float))
    return {"velocity_r2": round(float(np.mean(r2)), 4), "decoded_from": decoder.signal}


def streamed(run: lfads.Run, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rates and factors of trials, bin by bin, by the exported step."""
    engine = CEngine(network_of(run.model.of_session(0), float(run.data["bin_width_s"])))
    rates, factors, nothing = [], [], np.zeros(0, np.float32)
    for trial in values.astype(np.float32):
        engine.begin(0)
        made = [engine.step(now, nothing) for now in trial]
        rates.append([one.rates for one in made if one is not None])
        factors.append([one.factors for one in made if one is not None])
    return np.array(rates), np.array(factors)


if __name__ == "__main__":
    main()
