"""Several kinds of channels: each by its own family, its values and gradients as if it were alone."""

import re
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from lfads.checks import UserError
from lfads.model.observations.chosen import observation_of
from lfads.model.observations.modalities import usual_families, weights_of_modalities
from lfads.model.observations.named import completed, families_of, names_of
from lfads.model.observations.observation import (
    Moments,
    moments_of_known,
)

TEXT = "spikes=negative_binomial + lfp=gaussian + emg=gamma + calcium=zero_inflated_gamma"
NAMES = np.array(["emg", "spikes", "lfp", "calcium", "spikes", "emg"])
FAMILIES = dict(families_of(TEXT))
MEAN = np.array([2.0, 0.7, -5.0, 0.4, 1.2, 30.0])
MOMENTS = Moments(MEAN, 1.5 * np.abs(MEAN), modality=NAMES)
OBSERVATION = observation_of(TEXT)


def given(xp: Any = np, shape=(4, 6)) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    start = OBSERVATION.start(MOMENTS)
    read_outs = tuple(b + 0.3 * rng.standard_normal(shape) for b in start.biases)
    own = {name: np.broadcast_to(v, shape) for name, v in start.own.items()}
    return jax.tree.map(xp.asarray, (read_outs, own))


def alone(channel, xp=np):
    """The family of a channel, with the parameters that it has by itself."""
    family = observation_of(FAMILIES[str(NAMES[channel])])
    one = Moments(MOMENTS.mean[channel : channel + 1], MOMENTS.variance[channel : channel + 1])
    own = {k: xp.asarray(np.broadcast_to(v, (4, 1))) for k, v in family.start(one).own.items()}
    read_outs = tuple(r[:, channel : channel + 1] for r in given(xp)[0][: family.num_read_outs])
    return family, family.parameters(read_outs, own, xp)


def some_values():
    drawn = OBSERVATION.sample(jr.key(0), OBSERVATION.parameters(*given(jnp), jnp))
    return np.asarray(drawn, np.float64)


@pytest.mark.parametrize("channel", range(6))
def test_each_channel_is_as_if_alone(channel):
    values, whole = some_values(), OBSERVATION.parameters(*given(), np)
    family, own = alone(channel)
    mine = np.s_[:, channel : channel + 1]
    np.testing.assert_allclose(whole["mean"][mine], own["mean"], rtol=1e-9)
    for rule in ("log_density", "deviance"):
        found = getattr(OBSERVATION, rule)(values, whole, np)[mine]
        theirs = getattr(family, rule)(values[mine], own, np)
        np.testing.assert_allclose(found, theirs, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(
        OBSERVATION.variance(whole, np)[mine], family.variance(own, np), rtol=1e-9
    )
    kept = {k: whole[k] for k in ("mean", *OBSERVATION.of_neurons, *OBSERVATION.over_time)}
    np.testing.assert_allclose(
        OBSERVATION.log_density(values, kept, np),
        OBSERVATION.log_density(values, whole, np),
        rtol=1e-6,
    )


def test_gradients_are_those_of_the_families():
    values = jnp.asarray(some_values(), jnp.float32)
    read_outs, own = jax.tree.map(lambda x: jnp.asarray(x, jnp.float32), given(jnp))

    def nats(read_outs, own):
        return -OBSERVATION.log_density(
            values, OBSERVATION.parameters(read_outs, own, jnp), jnp
        ).sum()

    gradient = jax.jit(jax.grad(nats, argnums=(0, 1)))(read_outs, own)
    assert all(np.isfinite(one).all() for one in jax.tree.leaves(gradient))
    is_of = {name: np.array([FAMILIES[m] == name for m in NAMES]) for name in FAMILIES.values()}
    assert (np.asarray(gradient[0][1])[:, is_of["gaussian"]] == 0).all()
    assert (np.asarray(gradient[0][2])[:, ~is_of["zero_inflated_gamma"]] == 0).all()
    assert (np.asarray(gradient[1]["gaussian_log_noise"])[:, ~is_of["gaussian"]] == 0).all()
    assert (np.asarray(gradient[1]["gaussian_log_noise"])[:, is_of["gaussian"]] != 0).all()


def test_encoders_see_each_by_its_family_and_the_null_is_the_sum():
    values = np.stack([some_values()] * 3)
    bound, known = OBSERVATION.of_channels(NAMES), np.ones(values.shape, bool)
    own = OBSERVATION.start(MOMENTS).own
    seen = bound.seen(values, own, np)
    np.testing.assert_array_equal(seen[:, :, 1], values[:, :, 1])
    np.testing.assert_allclose(seen[:, :, 2], (values[:, :, 2] + 5) / np.sqrt(7.5))
    total = sum(
        observation_of(FAMILIES[name]).nll_of_constant(
            values[:, :, [k]].astype(np.uint16) if name == "spikes" else values[:, :, [k]],
            known[:, :, [k]],
        )
        for k, name in enumerate(NAMES)
    )
    assert bound.nll_of_constant(values, known) == pytest.approx(total)
    constant = bound.constant(moments_of_known(values, known)._replace(modality=NAMES))
    assert np.isfinite(constant["mean"]).all()


def test_what_is_usual_of_each_modality_is_told_by_its_values():
    values = np.stack([np.arange(12) % 3, np.linspace(-1, 1, 12)], axis=1)[None]
    found = usual_families(np.array(["units", "lfp"]), values, np.ones(values.shape, bool))
    assert found == "units=poisson + lfp=gaussian"
    assert completed("lfp=gamma", found) == "units=poisson + lfp=gamma"
    assert completed("gaussian", found) == "gaussian"
    assert names_of(TEXT)[:2] == ("negative_binomial", "gaussian")
    assert names_of("poisson") == ("poisson",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lfp=gaussian + lfp=gamma", "must name each once"),
        ("lfp= + emg=gamma", "must name each once"),
        ("lfp=gausian", "there is no observation `gausian`"),
    ],
)
def test_texts_that_are_no_observations(text, message):
    with pytest.raises(UserError, match=message):
        observation_of(text)


def test_channels_that_the_setting_does_not_name():
    with pytest.raises(UserError, match="the data hold pupil, too"):
        OBSERVATION.of_channels(np.array(["lfp", "pupil"]))
    with pytest.raises(UserError, match="the data name none"):
        OBSERVATION.of_channels(None)


def test_values_that_do_not_suit_are_named_with_their_modality():
    bound = OBSERVATION.of_channels(NAMES)
    values = np.abs(np.stack([some_values()] * 2)) + 1e-3
    known = np.ones(values.shape, bool)
    assert "`spikes` holds values that are no counts" in bound.unsuitable_of(values, known)
    values[:, :, [1, 4]] = 1.0
    assert bound.unsuitable_of(values, known) == ""
    values[0, 0, 0] = 0.0
    assert re.search(
        "`emg`, which is `gamma`: 1 of 16 are 0 or below", bound.unsuitable_of(values, known)
    )


@pytest.mark.parametrize(
    ("text", "observation", "message"),
    [
        ("lfp=0.1", "gaussian", "these data have one"),
        ("lpf=0.1", TEXT, "there is no modality `lpf`; there is spikes, lfp, emg, calcium"),
        ("lfp=-1", TEXT, "the weight of `lfp` must be 0 or more; got '-1'"),
        ("lfp", TEXT, "the weight of `lfp` must be 0 or more"),
    ],
)
def test_weights_that_are_none(text, observation, message):
    with pytest.raises(UserError, match=message):
        weights_of_modalities(text, observation)
