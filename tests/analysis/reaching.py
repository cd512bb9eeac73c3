"""The reaching task as three results: true rates, smoothed spikes, and smoothed noise without structure."""

import dataclasses
from functools import cache
from typing import NamedTuple

import numpy as np
import xarray as xr

from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.data.session import Session
from lfads.numerics.smoothing import smoothed_everywhere
from lfads.simulate.reaching import simulate_reaching


class Case(NamedTuple):
    """Results and the data that they are of."""

    posterior: xr.Dataset
    session: Session


@cache
def reaching() -> Dataset:
    """Seed 0, as the numbers of the tests are."""
    return simulate_reaching()


def results_of(dataset: Dataset, rates_hz: np.ndarray, name: str) -> Case:
    """Rates as if a method had inferred them."""
    found = {"rates": Variable(rates_hz, ("trial", "time", "neuron"), "spikes/s")}
    about = {"observation": "poisson", "baseline": name}
    return Case(
        labelled_results(found, dataset.session, dataset, attributes=about), dataset.session
    )


@cache
def true_rates() -> Case:
    """What the spikes were drawn from."""
    rates = reaching().session.true_rates_hz
    assert rates is not None
    return results_of(reaching(), rates, "truth")


@cache
def smoothed_spikes(width_s: float = 0.02) -> Case:
    """Each neuron's spikes, smoothed."""
    return _smoothed(reaching(), width_s)


@cache
def noise(width_s: float = 0.02, seed: int = 0) -> Case:
    """Spikes of constant rates, smoothed: no condition, no time, no trial differs."""
    dataset = reaching()
    mean = dataset.session.spikes.mean((0, 1))
    drawn = np.random.default_rng(seed).poisson(np.broadcast_to(mean, dataset.session.spikes.shape))
    session = dataclasses.replace(dataset.session, values=drawn.astype(np.uint8))
    return _smoothed(dataclasses.replace(dataset, sessions=(session,)), width_s)


def _smoothed(dataset: Dataset, width_s: float) -> Case:
    session, bin_s = dataset.session, dataset.bin_width_s
    smooth = smoothed_everywhere(session.spikes, width_s / bin_s, session.observed_of_any())
    return results_of(dataset, smooth / bin_s, "smoothing")
