"""Ranks of what was drawn: uniform of right posteriors, heaped up of wrong ones."""

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from tests.oracle.networks import Case, make_model

from lfads.data.dataset import Dataset
from lfads.evaluation.calibration import rank_tests
from lfads.inference.averages import generate
from lfads.inference.ranks import Drawn, ranks_of
from lfads.inference.spread import KLWeights
from lfads.model.lfads import LFADS
from lfads.training.trials import trials_of

NUM_TRIALS = 300


def blind(narrower: float = 1.0) -> LFADS:
    """A network whose posteriors are its priors whatever the spikes, but for their variance."""
    model = make_model(Case("blind", {"inferred_input_prior": "gaussian"}))
    prior = model.initial_condition_prior.parameters()
    variance = narrower * prior["std"] ** 2 - model.config.posterior_variance_floor
    assert model.input_prior is not None
    assert model.decoder.controller is not None
    of_inputs = jnp.log(narrower * model.input_prior.parameters()["std"] ** 2)
    code, controller = model.code_to_posterior, model.decoder.controller.to_posterior
    return eqx.tree_at(
        lambda m: (
            m.code_to_posterior.weights, m.code_to_posterior.bias,
            m.decoder.controller.to_posterior.weights, m.decoder.controller.to_posterior.bias,
        ),
        model,
        (
            jnp.zeros_like(code.weights), jnp.concatenate([prior["mean"], jnp.log(variance)]),
            jnp.zeros_like(controller.weights),
            jnp.concatenate([jnp.zeros_like(of_inputs), of_inputs]),
        ),
    )  # fmt: skip


def found_of(model: LFADS, kl_weights: KLWeights | None = None):
    given = generate(model, NUM_TRIALS, seed=1)
    dataset = Dataset.from_arrays(given.values, bin_width_s=0.01, for_inference=True)
    (shape,) = model.shapes.sessions
    held_out = ~np.isin(np.arange(shape.num_neurons), shape.encoded_neurons)
    session = replace(dataset.session, held_out_neurons=held_out)
    drawn = Drawn(np.asarray(given.code), np.asarray(given.drawn.inferred_inputs))
    ranks = ranks_of(model, trials_of(session), drawn, kl_weights=kl_weights)
    assert ranks.code.shape == drawn.code.shape
    return rank_tests({"code": ranks.code, "inputs": ranks.inputs}, ranks.num_samples)


def test_a_prior_is_the_right_posterior_on_average():
    for found in found_of(blind()).values():
        assert found.is_calibrated
        assert found.within_90 == pytest.approx(0.9, abs=0.03)
        np.testing.assert_allclose(found.bars, 0.05, atol=0.02)


def test_posteriors_of_a_quarter_of_the_variance_are_found_out():
    for found in found_of(blind(0.25)).values():
        assert found.p_value < 1e-3
        assert found.within_90 < 0.7
        assert found.bars[0] > 0.08


def test_posteriors_are_widened_by_the_weights_that_they_were_trained_with():
    narrow, wide = found_of(blind(0.5)), found_of(blind(0.5), KLWeights(0.1, 0.1))
    for name in ("code", "inputs"):
        assert wide[name].within_90 > narrow[name].within_90 + 0.05


def test_dimensions_pay_for_their_number_and_ties_are_broken():
    rng = np.random.default_rng(0)
    mixed = np.column_stack([rng.integers(100, size=200), np.full(200, 50)])
    found = rank_tests({"code": mixed, "inputs": None}, 99)
    assert list(found) == ["code"]
    assert found["code"].p_value < 1e-6
    alone = rank_tests({"code": mixed[:, :1]}, 99)["code"].p_value
    both = rank_tests({"code": np.column_stack([mixed[:, 0], mixed[:, 0]])}, 99)["code"].p_value
    assert both == pytest.approx(min(1, 2 * alone), rel=0.5)
