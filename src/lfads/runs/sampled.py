"""Draws from the prior of a trained network, as data whose truth is known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float

from lfads.data.dataset import Dataset
from lfads.inference.averages import Generated, generate
from lfads.model.lfads import LFADS
from lfads.training.folder import TrainedModel


def drawn_from_prior(
    network: LFADS,
    trained: TrainedModel,
    num_trials: int,
    seed: int,
    driving: Float[np.ndarray, "trial time external_input"] | None,
    run: str,
) -> Dataset:
    """Trials of spikes or signals, with their rates, factors and inputs as the truth.

    Parameters
    ----------
    network
        Of one session.
    trained
        The run that it is of.
    num_trials, seed
        As in `Run.sample`.
    driving
        Measured inputs, for a network that takes them.
    run
        Where the run is, for the name of the source.
    """
    given = generate(network, num_trials, seed=seed, external_inputs=driving)
    return as_dataset(given, network, trained, driving, run)


def as_dataset(
    given: Generated,
    network: LFADS,
    trained: TrainedModel,
    driving: Float[np.ndarray, "trial time external_input"] | None,
    run: str,
) -> Dataset:
    """Generated trials as data; parameters are those of `drawn_from_prior`."""
    width, counts = trained.data["bin_width_s"], network.observation.kind == "counts"
    drawn = given.drawn
    return Dataset.from_arrays(
        given.values if counts else None,
        signals=None if counts else given.values,
        bin_width_s=width,
        unit=trained.data.get("unit", ""),
        observation=network.config.observation,
        true_rates_hz=drawn.rates / width if counts else None,
        true_latents=drawn.factors,
        true_inputs=drawn.inferred_inputs,
        external_inputs=driving,
        name="generated",
        source=f"prior of {Path(run).name}",
        for_inference=True,
    )


def driving_inputs(
    trained: TrainedModel,
    training_data: Callable[[], Dataset],
    num_trials: int,
    session: str | None,
) -> Float[np.ndarray, "trial time external_input"] | None:
    """Measured inputs of the training trials, in turn; None for a network that takes none.

    Parameters
    ----------
    trained
        The run that is drawn from.
    training_data
        Opens its data, if they are needed.
    num_trials, session
        As in `Run.sample`.
    """
    if not trained.model.shapes.num_external_inputs:
        return None
    sessions = training_data().sessions
    named = [s for s in sessions if s.name == session] or list(sessions)
    start = trained.config.model.initial_condition_length
    given = np.asarray(named[0].external_inputs)[:, start:]
    return given[np.arange(num_trials) % len(given)]
