"""Small networks with random parameters, batches for them, and both in the oracle's own layout."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from tests.oracle import numpy_lfads as oracle

from lfads.config import ModelSettings
from lfads.hyperparameters import HyperParameters, HyperParameterSettings
from lfads.model.encoder import Encoder
from lfads.model.generators.gru import GRUGenerator
from lfads.model.gru import GRU
from lfads.model.initialise import initialise_lfads
from lfads.model.lfads import LFADS
from lfads.model.linear import Linear
from lfads.model.noise import Noise, NoiseSizes, draw_noise
from lfads.model.observations.observation import Moments
from lfads.model.priors.autoregressive import AutoregressiveInputs
from lfads.model.priors.gaussian import GaussianCode, GaussianInputs
from lfads.model.readin import SessionReadIns
from lfads.model.readout import ReadOut
from lfads.model.shapes import SessionShape, Shapes
from lfads.objective import Batch
from lfads.randomness import TrialKeys, run_key, trial_keys


@dataclass(frozen=True)
class Case:
    """A network and a batch, by their sizes."""

    name: str
    model: dict[str, Any] = field(default_factory=dict)
    num_bins: int = 5
    num_neurons: int = 4
    held_out: tuple[int, ...] = ()
    num_forward_bins: int = 0
    num_external_inputs: int = 0
    num_trials: int = 2
    trial_lengths: tuple[int, ...] | None = None
    some_missing: bool = False
    with_read_in: bool = False
    other_sessions: tuple[SessionShape, ...] = ()
    hyper: dict[str, float] | None = None
    num_segments: int = 1

    @property
    def config(self) -> ModelSettings:
        sizes = {
            "num_factors": 3,
            "generator_size": 4,
            "encoder_size": 3,
            "controller_size": 3,
            "initial_condition_size": 2,
            "read_in_size": 0,
            "inferred_input_prior": "autoregressive",
        }
        return ModelSettings(
            **{**sizes, "num_inferred_inputs": 1, "observation": "poisson", **self.model}
        )

    @property
    def encoded_neurons(self) -> tuple[int, ...]:
        return tuple(n for n in range(self.num_neurons) if n not in self.held_out)


def float_type() -> Any:
    """float64 where it is enabled."""
    return jnp.zeros(()).dtype


def make_model(case: Case, seed: int = 0) -> LFADS:
    """A network whose every parameter is random, biases and initial states included."""
    config, encoded = case.config, case.encoded_neurons
    if case.with_read_in:
        config = dataclasses.replace(config, read_in_size=2)
    sessions = (SessionShape(case.num_neurons, encoded), *case.other_sessions)
    shapes = Shapes(sessions, case.num_bins, case.num_forward_bins, case.num_external_inputs)
    means = [np.full(s.num_neurons, 0.7) for s in sessions]
    moments = [Moments(mean, mean) for mean in means]
    rng = np.random.default_rng(seed)

    def filled(x):
        if not isinstance(x, jax.ShapeDtypeStruct):
            return x
        return jnp.asarray(0.6 * rng.standard_normal(x.shape), float_type())

    structure = eqx.filter_eval_shape(
        lambda: initialise_lfads(np.random.default_rng(0), config, shapes, moments)
    )
    return jax.tree.map(filled, structure)


def make_batch(case: Case, seed: int = 1) -> Batch:
    """Poisson counts, garbage where padded, and measured inputs; trial i has key i."""
    rng = np.random.default_rng(seed)
    shape = (case.num_bins, case.num_trials, case.num_neurons)
    counts = rng.poisson(1.2, shape)
    valid = observed = external = None
    if case.trial_lengths is not None:
        valid = np.arange(case.num_bins)[:, None] < np.asarray(case.trial_lengths)
    if case.some_missing:
        observed = rng.random(shape) > 0.3
    if case.num_external_inputs:
        external = rng.standard_normal((case.num_bins, case.num_trials, case.num_external_inputs))
    return Batch(
        counts=jnp.asarray(counts, float_type()),
        valid=None if valid is None else jnp.asarray(valid),
        observed=None if observed is None else jnp.asarray(observed),
        external_inputs=None if external is None else jnp.asarray(external, float_type()),
        keys=trial_keys(run_key(7), jnp.arange(case.num_trials)),
        trial_ids=jnp.arange(case.num_trials),
    )


def make_hyper(case: Case) -> HyperParameters | None:
    """The training pass's scalars, in the precision in use; None for the evaluation pass."""
    if case.hyper is None:
        return None
    given = {"dropout_rate": 0.0, "coordinated_dropout_rate": 0.0, **case.hyper}
    config = HyperParameterSettings(**given)
    fields = HyperParameters._fields
    return HyperParameters(*(jnp.asarray(getattr(config, f), float_type()) for f in fields))


def precise_noise(keys: TrialKeys, sizes: NoiseSizes, dropout_rate: jax.Array | None) -> Noise:
    """The same noise in the precision in use: it is drawn in float32."""
    return jax.tree.map(
        lambda x: x.astype(float_type()) if eqx.is_inexact_array(x) else x,
        draw_noise(keys, sizes, dropout_rate),
    )


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiled without optimisation, which would take longer than the run; noise in float64."""

    def precise(*arguments: Any) -> Any:
        with mock.patch("lfads.objective.draw_noise", precise_noise):
            return function(*arguments)

    options: dict[str, Any] = {"compiler_options": {"xla_backend_optimization_level": 0}}
    return eqx.filter_jit(precise, **options)


def assert_close(one: Any, other: Any, rtol: float = 1e-9, atol: float = 1e-10) -> None:
    """Two trees of arrays are equal within a tolerance."""
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


# --- in the oracle's layout ---------------------------------------------------------------------


def array(x: Any) -> np.ndarray:
    return np.asarray(x, np.float64)


def oracle_gru(gru: GRU, limit: float) -> oracle.Gru:
    size = gru.recurrent.candidate.shape[0]
    W_z, W_r, W_n = np.split(array(gru.input_weights), 3, axis=1)
    b_z, b_r, b_n = np.split(array(gru.bias), 3)
    U_z, U_r = array(gru.recurrent.gates)[:, :size], array(gru.recurrent.gates)[:, size:]
    U_n = array(gru.recurrent.candidate)
    return oracle.Gru(W_r.T, W_z.T, W_n.T, U_r.T, U_z.T, U_n.T, b_r, b_z, b_n, limit)


def oracle_linear(linear: Linear | ReadOut) -> oracle.Linear:
    return oracle.Linear(array(linear.weights).T, array(linear.bias))


def oracle_encoder(encoder: Encoder) -> oracle.Encoder:
    backward, initial = encoder.backward, encoder.backward_initial_state
    assert isinstance(encoder.forward, GRU)
    assert isinstance(backward, GRU | None)
    limit = encoder.state_limit
    return oracle.Encoder(
        oracle_gru(encoder.forward, limit),
        None if backward is None else oracle_gru(backward, limit),
        array(encoder.forward_initial_state),
        None if initial is None else array(initial),
    )


def oracle_parameters(model: LFADS) -> oracle.Parameters:
    """Of a network of one session."""
    limit = model.config.state_limit
    prior = model.initial_condition_prior
    read_in, generator = model.read_in, model.decoder.generator
    assert isinstance(generator, GRUGenerator)
    assert not isinstance(read_in, SessionReadIns)
    assert isinstance(model.read_out, ReadOut)
    assert isinstance(prior, GaussianCode)
    parameters = oracle.Parameters(
        ic_encoder=oracle_encoder(model.initial_condition_encoder),
        ic_posterior=oracle_linear(model.code_to_posterior),
        ic_prior_mean=array(prior.mean),
        ic_prior_variance=prior.variance,
        generator_initial=oracle_linear(model.code_to_generator),
        generator=oracle_gru(generator.gru, limit),
        factors=array(model.decoder.factor_weights).T,
        readout=oracle_linear(model.read_out),
        read_in=None if read_in is None else (array(read_in.weights).T, array(read_in.offset)),
    )
    controller = model.decoder.controller
    if controller is not None:
        assert model.controller_encoder is not None
        parameters.ci_encoder = oracle_encoder(model.controller_encoder)
        parameters.controller = oracle_gru(controller.gru, limit)
        parameters.controller_initial = array(controller.initial_state)
        parameters.input_posterior = oracle_linear(controller.to_posterior)
    if isinstance(model.input_prior, AutoregressiveInputs):
        parameters.ar1_tau_bins = np.exp(array(model.input_prior.log_correlation_bins))
        parameters.ar1_innovation_variance = np.exp(array(model.input_prior.log_variance))
    elif isinstance(model.input_prior, GaussianInputs):
        parameters.independent_variance = np.exp(array(model.input_prior.log_variance))
    return parameters


def oracle_settings(model: LFADS) -> oracle.Settings:
    return oracle.Settings(
        lag=model.config.controller_lag,
        initial_condition_length=model.config.initial_condition_length,
        num_forward_bins=model.shapes.num_forward_bins,
        external_to_generator=model.config.drives_by_external_inputs,
        external_to_encoders=model.config.encodes_external_inputs,
    )


def oracle_noise(model: LFADS, noise: Noise, trial: int) -> oracle.TrialNoise:
    """One trial's noise; dropout as multipliers, 1 where there is none."""
    sizes, masks = model.noise_sizes(), noise.dropout
    bins = model.num_decoded_bins

    def multiplier(name: str, *shape: int) -> np.ndarray:
        kept = None if masks is None else getattr(masks, name)
        if masks is None or kept is None:
            return np.ones(shape)
        return array(kept[..., trial, :]) * float(masks.scale)

    encoded = multiplier("encoded", bins, sizes.encoded)
    inputs = noise.inferred_inputs
    return oracle.TrialNoise(
        initial_condition=array(noise.initial_condition[trial]),
        inputs=np.zeros((bins, 0)) if inputs is None else array(inputs[:, trial]),
        encoder_inputs=multiplier("encoder_inputs", sizes.num_encoded_bins, sizes.encoder_inputs),
        code=multiplier("code", sizes.code),
        controller_input=np.concatenate(
            [encoded, multiplier("factors", bins, sizes.factors)], axis=1
        ),
        generator_initial=multiplier("first_generator", sizes.generator),
        generator=multiplier("generator", bins, sizes.generator),
        external=multiplier("external_inputs", bins, sizes.external_inputs),
    )
