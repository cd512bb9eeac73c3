"""Sessions of one chaotic network: the same dynamics, other neurons, other spikes."""

import numpy as np
import pytest
from tests.stitching.planted import aligned_courses

from lfads.checks import UserError
from lfads.simulate.chaotic_rnn_sessions import simulate_chaotic_rnn_sessions
from lfads.stitching.align import align
from lfads.stitching.alignment import agreement_of, own_components


@pytest.fixture(scope="module")
def dataset():
    return simulate_chaotic_rnn_sessions(3, num_conditions=12, trials_per_condition=10)


def test_sizes_and_split(dataset):
    assert [s.name for s in dataset.sessions] == [f"session_{n}" for n in range(1, 6)]
    for session in dataset.sessions:
        assert session.spikes.shape == (120, 100, 20)
        assert session.of_split("train").tolist() == ([True] * 8 + [False] * 2) * 12
        assert session.condition.tolist() == np.repeat(np.arange(12), 10).tolist()


def test_no_neuron_is_in_two_sessions(dataset):
    rates = np.concatenate([s.true_rates_hz[::10] for s in dataset.sessions], axis=2)
    similar = np.corrcoef(rates.reshape(-1, 100).T) - np.eye(100)
    assert similar.max() < 0.999
    assert rates.min() == 0
    assert rates.max() == pytest.approx(30)


def test_latents_are_the_principal_components_of_the_whole_network(dataset):
    rates = np.concatenate([s.true_rates_hz[::10] for s in dataset.sessions], axis=2) / 30
    centred = rates.reshape(-1, 100) - rates.mean((0, 1))
    values = np.linalg.eigvalsh(centred.T @ centred)[::-1][:10]
    for session in dataset.sessions:
        latents = session.true_latents[::10].reshape(-1, 10)
        np.testing.assert_allclose(latents.T @ latents, np.diag(values), atol=1e-3 * values[0])
        np.testing.assert_array_equal(session.true_latents, dataset.sessions[0].true_latents)


def test_spikes_are_drawn_anew_in_each_session(dataset):
    for session in dataset.sessions:
        expected = session.true_rates_hz.sum((0, 1)) * 0.01
        deviation = (session.spikes.sum((0, 1)) - expected) / np.sqrt(expected)
        assert np.abs(deviation).max() < 4.5
    alone = simulate_chaotic_rnn_sessions(
        3, num_sessions=1, num_conditions=12, trials_per_condition=10
    )
    np.testing.assert_array_equal(alone.session.spikes, dataset.sessions[0].spikes)


def test_alignment_brings_the_sessions_together(dataset):
    found = align(dataset, 10)
    assert found.start == "conditions"
    assert min(agreement_of(aligned_courses(dataset, found))) > 0.7
    assert max(agreement_of(own_components(dataset, 10, "conditions"))) < 0.4


def test_one_linear_map_leads_from_all_sessions_to_the_latents(dataset):
    courses = aligned_courses(dataset, align(dataset, 10))
    in_text_order = np.argsort(np.arange(12).astype(str))
    latents = dataset.sessions[0].true_latents[::10][in_text_order].reshape(-1, 10)
    others = np.concatenate([c.reshape(-1, 10) for c in courses[1:]])
    found = np.linalg.lstsq(others, np.tile(latents, (4, 1)))[0]
    left = latents - courses[0].reshape(-1, 10) @ found
    assert 1 - (left**2).sum() / (latents**2).sum() > 0.7


def test_the_seed_decides():
    sizes = {"num_conditions": 2, "trials_per_condition": 5, "num_bins": 20}
    one, same, other = (simulate_chaotic_rnn_sessions(seed, **sizes) for seed in (1, 1, 2))
    assert one.fingerprint() == same.fingerprint() != other.fingerprint()


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"num_sessions": 6}, "need a network of at least 120 neurons; got `num_network_neurons` 100"),
        ({"num_sessions": 0}, "`num_sessions` must be at least 1"),
        ({"bin_width_s": 0.03}, "at most the network's time constant"),
        ({"gain": -1.0}, "`gain` must be 0 or more"),
    ],
)  # fmt: skip
def test_mistakes(sizes, words):
    with pytest.raises(UserError, match=words):
        simulate_chaotic_rnn_sessions(**sizes)


def test_some_trials_validate_however_few_a_start_has():
    dataset = simulate_chaotic_rnn_sessions(
        num_sessions=2, neurons_per_session=3, num_network_neurons=6, num_conditions=10,
        trials_per_condition=2, num_bins=8,
    )  # fmt: skip
    for session in dataset.sessions:
        assert session.of_split("valid").sum() == 4
