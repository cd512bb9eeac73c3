"""Sessions that share a network: each trial is treated as by the network of its session alone."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.oracle.networks import Case, assert_close, compiled, make_batch, make_hyper, make_model

from lfads.config import ObjectiveConfig
from lfads.model.lfads import LFADS
from lfads.model.readin import SessionReadIns
from lfads.model.shapes import SessionShape
from lfads.objective import Batch, trial_terms

SESSION = np.array([1, 0, 2, 1])
OTHERS = (SessionShape(6, (0, 1, 2, 3, 4, 5)), SessionShape(2, (1,)))
CASES = [
    Case("evaluation", with_read_in=True, other_sessions=OTHERS, held_out=(2,), num_trials=4),
    Case("training", with_read_in=True, other_sessions=OTHERS, held_out=(0,), num_trials=4,
         hyper={"coordinated_dropout_rate": 0.0}, num_forward_bins=1, some_missing=True,
         trial_lengths=(5, 4, 3, 5)),
]  # fmt: skip


def joint_model(case: Case) -> LFADS:
    """A network of several sessions, its read-ins 0 for neurons that a session does not encode."""
    model = make_model(case)
    encoded = jnp.asarray(model.shapes.neurons_of_sessions()[1])
    assert isinstance(model.read_in, SessionReadIns)
    read_in = SessionReadIns(
        jnp.where(encoded[:, :, None], model.read_in.weights, 0),
        jnp.where(encoded, model.read_in.offset, 0),
    )
    return eqx.tree_at(lambda m: m.read_in, model, read_in)


def joint_batch(case: Case) -> Batch:
    """Trials of all sessions, 0 for neurons that a session does not have."""
    widest = max(s.num_neurons for s in make_model(case).shapes.sessions)
    wide = dataclasses.replace(case, num_neurons=widest, held_out=())
    batch = make_batch(wide)
    neurons = np.array([case.num_neurons, *(s.num_neurons for s in OTHERS)])[SESSION]
    there = np.arange(widest)[None, :] < neurons[:, None]
    return batch._replace(
        counts=jnp.where(there[None], batch.counts, 0), session=jnp.asarray(SESSION)
    )


def of_trial(batch: Batch, trial: int, num_neurons: int) -> Batch:
    """One trial with the neurons of its session."""
    chosen = slice(trial, trial + 1)

    def neurons(x: Any) -> Any:
        return None if x is None else x[:, chosen, :num_neurons]

    return Batch(
        counts=neurons(batch.counts),
        valid=None if batch.valid is None else batch.valid[:, chosen],
        observed=neurons(batch.observed),
        external_inputs=None,
        keys=batch.keys[chosen],
        trial_ids=batch.trial_ids[chosen],
    )


@compiled
def terms_and_gradient(model: LFADS, batch: Batch, hyper, of_session: int | None):
    def loss(model):
        own = model if of_session is None else model.of_session(of_session)
        terms = trial_terms(own, batch, hyper, ObjectiveConfig())
        return (terms.nll + terms.kl_initial_condition + terms.kl_inferred_inputs).sum(), terms

    return eqx.filter_grad(loss, has_aux=True)(model)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_joint_batches_equal_trials_of_each_session_alone(case: Case):
    with jax.enable_x64(True):
        model, batch, hyper = joint_model(case), joint_batch(case), make_hyper(case)
        gradient, terms = terms_and_gradient(model, batch, hyper, None)
        alone = []
        for trial, session in enumerate(SESSION):
            own = of_trial(batch, trial, model.shapes.sessions[session].num_neurons)
            alone.append(terms_and_gradient(model, own, hyper, int(session)))
        assert_close(terms, jax.tree.map(lambda *x: jnp.concatenate(x), *(t for _, t in alone)))
        assert_close(gradient, jax.tree.map(lambda *x: sum(x), *(g for g, _ in alone)))


def test_what_a_session_does_not_have_gets_no_gradient():
    case = CASES[0]
    model = joint_model(case)
    gradient, _ = terms_and_gradient(model, joint_batch(case), None, None)
    there, encoded = model.shapes.neurons_of_sessions()
    assert gradient.read_in is not None
    np.testing.assert_array_equal(np.asarray(gradient.read_in.offset)[~encoded], 0)
    np.testing.assert_array_equal(np.asarray(gradient.read_in.weights)[~encoded], 0)
    assert (np.asarray(gradient.read_in.weights)[encoded] != 0).all()
    np.testing.assert_array_equal(np.asarray(gradient.read_out.bias)[~there], 0)
    np.testing.assert_array_equal(
        np.swapaxes(np.asarray(gradient.read_out.weights), 1, 2)[~there], 0
    )


def test_one_session_alone_has_a_plain_network():
    case = CASES[0]
    model = make_model(case)
    alone = model.of_session(2)
    assert alone.read_in is not None
    assert alone.read_in.weights.shape == (1, 2)
    assert alone.read_out.weights.shape == (3, 2)
    assert alone.shapes.sessions == (OTHERS[1],)


def test_an_observations_own_values_are_those_of_each_trials_session():
    case = Case("signals", {"observation": "gaussian"}, with_read_in=True, other_sessions=OTHERS)
    model, rng = make_model(case), np.random.default_rng(0)
    values = jnp.asarray(rng.standard_normal((3, len(SESSION), 6)), jnp.float32)
    of_trials = jnp.asarray(SESSION)
    joint = {
        **model.distributions((values,), of_trials),
        "seen": model.seen(values, of_trials),
    }
    for trial, session in enumerate(SESSION):
        neurons = model.shapes.sessions[session].num_neurons
        own, alone = values[:, trial : trial + 1, :neurons], model.of_session(int(session))
        expected = {**alone.distributions((own,)), "seen": alone.seen(own)}
        found = {name: x[:, trial : trial + 1, :neurons] for name, x in joint.items()}
        assert_close(found, expected)
