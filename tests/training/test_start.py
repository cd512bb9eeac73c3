"""Where read-outs of several sessions start."""

import dataclasses

import numpy as np
import pytest
from tests.small import tiny_sessions

from lfads.data.dataset import Dataset
from lfads.model.observations.chosen import observation_of
from lfads.stitching.align import align
from lfads.stitching.onto import read_out_like
from lfads.stitching.trial_averages import encoded_parts
from lfads.training.moments import as_linked, log_links, mean_in_units_seen, training_moments
from lfads.training.start import read_outs_from


def _means(dataset: Dataset) -> list[np.ndarray]:
    return [mean_in_units_seen(s, observation_of("poisson")) for s in dataset.sessions]


def test_components_that_hardly_vary_have_small_weights():
    """The inverse of a read-in would give them the largest."""
    dataset = tiny_sessions()
    read_ins = [r.weights for r in align(dataset, 3, "conditions").read_ins]
    size = np.array([np.sqrt((w**2).sum(0)) for w in read_ins])
    outs = read_outs_from(read_ins, dataset, 3, _means(dataset))
    order = [np.argsort(s).tolist() for s in size]
    found = [np.argsort(np.sqrt((out**2).sum(1))).tolist() for out in outs]
    assert [o[-1] for o in order] == [f[-1] for f in found]
    entries = np.concatenate([out.ravel() for out in outs])
    assert np.isclose((entries**2).mean(), 1 / 3)


def test_held_out_neurons_and_further_factors_start_at_zero():
    both = tiny_sessions()
    held = np.array([False, True, False, False])
    one = dataclasses.replace(both.sessions[0], held_out_neurons=held)
    dataset = dataclasses.replace(both, sessions=(one, both.sessions[1]))
    read_ins = [r.weights for r in align(dataset, 2, "conditions").read_ins]
    first, _ = read_outs_from(read_ins, dataset, 3, _means(dataset))
    assert first.shape == (3, 4)
    assert (first[:, 1] == 0).all()
    assert (first[2] == 0).all()


@pytest.mark.parametrize("name", ["poisson", "gamma", "a=gamma + b=gaussian"])
def test_read_outs_after_other_sessions_lead_to_what_the_link_reads_out(name):
    """Means are exp(w f), in any unit: w is found where a logarithm is read out, else w / s."""
    rng = np.random.default_rng(0)
    condition, weights = np.arange(800) % 4, np.array([0.4, -0.8, 0.8, -0.4])
    factors = np.sin(np.arange(12) / 4 + condition[:, None])[:, :, None]
    mean = 5.0 * np.exp(factors * weights)
    modalities = None
    if name == "poisson":
        dataset = Dataset.from_arrays(rng.poisson(mean), bin_width_s=0.05, condition=condition)
    else:
        values = 1000 * rng.gamma(4.0, mean / 4)
        if "=" in name:
            modalities = np.array(["a", "a", "b", "b"])
        dataset = Dataset.from_arrays(signals=values, bin_width_s=0.05, condition=condition)
        table = {} if modalities is None else {"modality": modalities}
        session = dataclasses.replace(dataset.session, neuron_table=table)
        dataset = dataclasses.replace(dataset, sessions=(session,))
    observation = observation_of(name)
    links = log_links(dataset.session, observation)
    (part,) = encoded_parts(as_linked(dataset, observation))
    trains = dataset.session.of_split("train")
    found = read_out_like(part, [part], [factors[trains]], 0.05, links).weights[0]
    expected = weights
    if modalities is not None:
        slope = ((mean - mean.mean((0, 1))) * factors).mean((0, 1)) / factors.var()
        std = np.sqrt(training_moments(dataset.session).variance) / 1000
        expected = np.where(links, weights, slope / std)
    assert links.tolist() == ([True, True, False, False] if modalities is not None else [True] * 4)
    assert np.allclose(found, expected, atol=0.1)
