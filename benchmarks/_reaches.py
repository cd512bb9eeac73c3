"""Results that no network gave, for analyses to be measured on: true rates, smoothed spikes, and noise."""

import dataclasses
from typing import NamedTuple

import numpy as np
import xarray as xr

from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.data.session import Session
from lfads.numerics.smoothing import smoothed_everywhere


class Case(NamedTuple):
    """Results and the data that they are of."""

    posterior: xr.Dataset
    session: Session

    def of_first_conditions(self, number: int) -> "Case":
        """The trials of so many conditions."""
        assert self.session.condition is not None
        last = np.unique(self.session.condition)[number - 1]
        trials = np.flatnonzero(self.session.condition <= last)
        return Case(self.posterior.isel(trial=trials), self.session.take(trials))

    def with_column(self, name: str, values: np.ndarray) -> "Case":
        """With one more column of the trials."""
        table = {**self.session.trial_table, name: values}
        return self._replace(session=dataclasses.replace(self.session, trial_table=table))


def case_of(dataset: Dataset, session: Session, method: str, **found: Variable) -> Case:
    """Variables as if a method had inferred them."""
    about = {"observation": "poisson", "baseline": method}
    return Case(labelled_results(found, session, dataset, attributes=about), session)


def true_rates(dataset: Dataset, session: Session | None = None, **more: Variable) -> Case:
    """What the spikes were drawn from."""
    session = session or dataset.session
    assert session.true_rates_hz is not None
    rates = Variable(session.true_rates_hz, ("trial", "time", "neuron"), "spikes/s")
    return case_of(dataset, session, "truth", rates=rates, **more)


def smoothed_spikes(dataset: Dataset, width_s: float) -> Case:
    """Spikes of each neuron by themselves, smoothed by a Gaussian of this standard deviation."""
    session, bin_s = dataset.session, dataset.bin_width_s
    rates = smoothed_everywhere(session.spikes, width_s / bin_s, session.observed_of_any()) / bin_s
    variable = Variable(rates, ("trial", "time", "neuron"), "spikes/s")
    return case_of(dataset, session, "smoothing", rates=variable)


def smoothed_noise(dataset: Dataset, width_s: float, draw: int) -> Case:
    """Spikes of constant rates, smoothed: no condition, time or trial differs but by chance."""
    session = dataset.session
    mean = np.broadcast_to(session.spikes.mean((0, 1)), session.spikes.shape)
    drawn = np.random.default_rng(draw).poisson(mean).astype(np.uint8)
    noise = dataclasses.replace(session, values=drawn)
    return smoothed_spikes(dataclasses.replace(dataset, sessions=(noise,)), width_s)
