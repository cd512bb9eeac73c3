"""A baseline: every neuron at its mean rate."""

import numpy as np

from lfads.baselines.baseline import Stored
from lfads.data.labels import Variable, labelled_results
from lfads.numerics.means import mean_of_known
from lfads.results import Posterior


class Flat:
    """Mean rates of the training trials, whatever happens."""

    def fit(self, dataset):
        """Rates of each session."""
        return Fitted({s.name: _rates_hz(s, dataset.bin_width_s) for s in dataset.sessions})

    def from_arrays(self, stored):
        """What was stored."""
        return Fitted(dict(stored.arrays))


class Fitted:
    """Rates by session."""

    def __init__(self, rates_hz):
        self.rates_hz = rates_hz

    def infer(self, dataset):
        """The same in every bin."""
        found = {}
        for s in dataset.sessions:
            alone = next(iter(self.rates_hz)) if len(self.rates_hz) == 1 else s.name
            rates = np.broadcast_to(self.rates_hz[alone], s.values.shape)
            rates = Variable(rates, ("trial", "time", "neuron"), "spikes/s")
            about = {"observation": "poisson", "baseline": "flat"}
            found[s.name] = labelled_results({"rates": rates}, s, dataset, attributes=about)
        return Posterior(found)

    def to_arrays(self):
        """The rates."""
        return Stored(self.rates_hz, {})

    def choices_made(self):
        """Nothing is chosen."""
        return [("choices", "none")]


def _rates_hz(session, bin_width_s):
    train, seen = session.of_split("train"), session.observed_bins()
    known = np.where(seen, session.values, np.nan)[train]
    return np.nan_to_num(mean_of_known(known, (0, 1))) / bin_width_s
