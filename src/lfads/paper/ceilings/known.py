"""The true rates themselves, as a method's results: what an analysis finds where nothing is inferred."""

from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.results import Posterior


def known_rates(dataset: Dataset, system: object = None, seed: int = 0) -> Posterior:
    """True rates of every trial; system and seed do not matter."""
    found = {}
    for session in dataset.sessions:
        assert session.true_rates_hz is not None
        rates = Variable(session.true_rates_hz, ("trial", "time", "neuron"), "spikes/s")
        about = {"observation": "poisson", "source": dataset.source, "baseline": "true rates"}
        found[session.name] = labelled_results({"rates": rates}, session, dataset, attributes=about)
    return Posterior(found)
