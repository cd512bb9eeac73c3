"""The step of a network in plain arrays: what is written as C or ONNX, without JAX.

`network_of` takes a network of one session apart. The step itself is that of `lfads.model.step`, at the
posterior's means: of the initial condition and of each bin's inferred inputs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from lfads.checks import Problems, UserError
from lfads.model.generators.gru import GRUGenerator
from lfads.model.generators.vanilla import VanillaRNN
from lfads.model.gru import GRU
from lfads.model.lfads import LFADS
from lfads.model.observations.gaussian import Gaussian
from lfads.model.observations.negative_binomial import NegativeBinomial
from lfads.model.observations.poisson import Poisson
from lfads.model.step import can_step

NOT_CAUSAL = (
    "bin by bin, a network can infer only what does not depend on later bins: train one with `[model] "
    "causal = true` and `initial_condition_length` above 0, the bins of the initial condition"
)


@dataclass(frozen=True)
class Affine:
    """y = x W + b."""

    weights: Float[np.ndarray, "input output"]
    bias: Float[np.ndarray, " output"]


@dataclass(frozen=True)
class Gated:
    """A GRU: update and reset side by side (`gates`), and the candidate; the rows are inputs, then units.

    z, r = sigmoid([x, h] W_g + b_g),  n = tanh([x, r*h] W_n + b_n),  h' = clip(z*h + (1-z)*n)
    """

    gates: Float[np.ndarray, "row two_units"]
    candidate: Float[np.ndarray, "row unit"]
    gates_bias: Float[np.ndarray, " two_units"]
    candidate_bias: Float[np.ndarray, " unit"]
    first: Float[np.ndarray, " unit"]

    @property
    def size(self) -> int:
        """Units."""
        return self.candidate.shape[1]

    @property
    def num_inputs(self) -> int:
        """Values that it sees beside its own state."""
        return self.candidate.shape[0] - self.size


@dataclass(frozen=True)
class Plain:
    """A network without gates: h' = clip(tanh([x, h] W + b)); the rows are inputs, then units."""

    weights: Float[np.ndarray, "input output"]
    bias: Float[np.ndarray, " output"]

    @property
    def size(self) -> int:
        """Units."""
        return self.weights.shape[1]

    @property
    def num_inputs(self) -> int:
        """Values beside its own state."""
        return self.weights.shape[0] - self.size


@dataclass(frozen=True)
class Driving:
    """What infers a bin's input: an encoder, whose state the controller sees `lag` bins later."""

    encoder: Gated
    controller: Gated
    to_posterior: Affine
    lag: int


@dataclass(frozen=True)
class StepNetwork:
    """A causal network of one session, taken apart.

    Parameters
    ----------
    bin_width_s
        Of the data.
    num_neurons
        Values that are recorded in a bin; of these the encoders see those at `encoded`.
    encoded
        Places of the encoded neurons.
    num_external, external_to_encoders
        Measured inputs, and whether they go to the encoders, not to the generator.
    first_bin
        Bins that the initial condition is inferred from, and that give nothing else.
    state_limit
        Recurrent states are clipped to ± this.
    centre, scale
        What the encoders see of a value x of an encoded neuron: (x - centre) / scale.
    read_in
        What is done with that before the encoders; None for nothing.
    initial_forward, initial_backward
        The encoder of the initial condition.
    to_code
        From its last states to mean and log-variance of the code.
    to_generator
        From the code to the generator's first state.
    posterior_variance_floor
        Added to the variance of the code.
    driving
        What infers inputs; None for a network without them.
    generator
        The dynamics; it sees the inferred inputs, then the measured ones.
    to_factors
        From the generator's state to the factors; rows of the transpose have unit norm.
    read_out
        From factors to the read-out of each neuron.
    is_exponential
        Whether predicted means are the exponential of the read-out: of counts; rates are in spikes/s then.
    mean_offset, mean_scale
        Of signals: means are `mean_offset + mean_scale * read-out`.
    """

    bin_width_s: float
    num_neurons: int
    encoded: tuple[int, ...]
    num_external: int
    external_to_encoders: bool
    first_bin: int
    state_limit: float
    centre: Float[np.ndarray, " encoded"]
    scale: Float[np.ndarray, " encoded"]
    read_in: Affine | None
    initial_forward: Gated
    initial_backward: Gated
    to_code: Affine
    to_generator: Affine
    posterior_variance_floor: float
    driving: Driving | None
    generator: Gated | Plain
    to_factors: Float[np.ndarray, "unit factor"]
    read_out: Affine
    is_exponential: bool
    mean_offset: Float[np.ndarray, " neuron"]
    mean_scale: Float[np.ndarray, " neuron"]

    @property
    def num_factors(self) -> int:
        """Factors."""
        return self.to_factors.shape[1]

    @property
    def num_inferred(self) -> int:
        """Inferred inputs."""
        return 0 if self.driving is None else self.driving.to_posterior.bias.size // 2

    @property
    def num_latents(self) -> int:
        """Dimensions of the code of the initial condition."""
        return self.to_generator.weights.shape[0]

    @property
    def num_seen(self) -> int:
        """Values that the encoders are shown of a bin."""
        return self.initial_forward.num_inputs


def network_of(model: LFADS, bin_width_s: float, place: str = "the run") -> StepNetwork:
    """A network of one session (`LFADS.of_session`), taken apart.

    Parameters
    ----------
    model
        Trained.
    bin_width_s
        Of its data.
    place
        What messages call it.

    Raises
    ------
    UserError
        If it looks at later bins, or has parts that are written in no other form.
    """
    require_causal(model, place)
    check_parts(model, place)
    config, decoder = model.config, model.decoder
    encoder, own = model.initial_condition_encoder, own_values(model)
    encoded = model.shapes.sessions[0].encoded_neurons
    backward: Any = encoder.backward  # that of the initial condition runs in both directions
    zeros = np.zeros(model.shapes.sessions[0].num_neurons, np.float32)
    places = np.asarray(encoded, np.int64)
    counts = model.observation.kind == "counts"
    read_in: Any = model.read_in
    return StepNetwork(
        bin_width_s=bin_width_s,
        num_neurons=zeros.size,
        encoded=encoded,
        num_external=model.shapes.num_external_inputs,
        external_to_encoders=config.external_inputs_to == "encoders",
        first_bin=config.initial_condition_length,
        state_limit=config.state_limit,
        centre=own.get("centre", zeros)[places],
        scale=own.get("scale", zeros + 1)[places],
        read_in=None if read_in is None else _shifted(read_in.weights, read_in.offset),
        initial_forward=_gated(encoder.forward, encoder.forward_initial_state),
        initial_backward=_gated(backward, encoder.backward_initial_state),
        to_code=_affine(model.code_to_posterior),
        to_generator=_affine(model.code_to_generator),
        posterior_variance_floor=config.posterior_variance_floor,
        driving=_driving(model),
        generator=_generator(decoder.generator),
        to_factors=_array(decoder.unit_factor_weights()),
        read_out=_affine(model.read_out),
        is_exponential=counts,
        mean_offset=own.get("centre", zeros),
        mean_scale=own.get("scale", zeros + 1),
    )


def require_causal(model: LFADS, place: str) -> None:
    """A UserError that says what to train, unless no bin depends on later ones."""
    if not can_step(model):
        raise UserError(f"{place} is not causal: {NOT_CAUSAL}")


def check_parts(model: LFADS, place: str) -> None:
    """A UserError unless all parts are among those that are written in other forms."""
    problems = Problems(f"{place} cannot be written in another form")
    config = model.config
    problems.require(
        type(model.decoder.generator) in (GRUGenerator, VanillaRNN),
        f"its generator is `{config.generator}`, of whose step only JAX knows; there are forms of gru and "
        "vanilla_rnn. `run.stream()` infers with any",
    )
    problems.require(
        type(model.observation) in (Poisson, NegativeBinomial, Gaussian),
        f"its observation is `{config.observation}`, of whose mean only JAX knows; there are forms of "
        "poisson, negative_binomial, gaussian. `run.stream()` infers with any",
    )
    problems.require(
        isinstance(model.initial_condition_encoder.forward, GRU),
        f"its encoders are `{config.encoder}`, of whose step only JAX knows; there is a form of gru. "
        "`run.stream()` infers with any",
    )
    problems.require(
        config.external_inputs_to != "both" or not model.shapes.num_external_inputs,
        "its measured inputs go to generator and encoders; there are forms for one of the two. "
        "`run.stream()` infers with both",
    )
    problems.raise_if_any()


def own_values(model: LFADS) -> dict[str, np.ndarray]:
    """The observation's own values of each neuron, by name."""
    names = model.observation.own_names
    return {n: _array(v) for n, v in zip(names, model.observation_values, strict=True)}


def _driving(model: LFADS) -> Driving | None:
    encoder, controller = model.controller_encoder, model.decoder.controller
    if encoder is None or controller is None:
        return None
    return Driving(
        encoder=_gated(encoder.forward, encoder.forward_initial_state),
        controller=_gated(controller.gru, controller.initial_state),
        to_posterior=_affine(controller.to_posterior),
        lag=model.config.controller_lag,
    )


def _generator(generator: Any) -> Gated | Plain:
    if isinstance(generator, VanillaRNN):
        together = np.concatenate([_array(generator.input_weights), _array(generator.recurrent)])
        return Plain(together, _array(generator.bias))
    return _gated(generator.gru, np.zeros(generator.size))


def _gated(gru: Any, first: Any) -> Gated:
    of_inputs, recurrent, biases = gru.weights()
    return Gated(
        gates=np.concatenate([_array(of_inputs.gates), _array(recurrent.gates)]),
        candidate=np.concatenate([_array(of_inputs.candidate), _array(recurrent.candidate)]),
        gates_bias=_array(biases.gates)[0],
        candidate_bias=_array(biases.candidate)[0],
        first=_array(first),
    )


def _affine(linear: Any) -> Affine:
    return Affine(_array(linear.weights), _array(linear.bias))


def _shifted(weights: Any, offset: Any) -> Affine:
    """(x - o) W as x W + b."""
    matrix = np.asarray(weights, np.float64)
    return Affine(_array(matrix), _array(-np.asarray(offset, np.float64) @ matrix))


def _array(values: Any) -> Any:
    return np.asarray(values, np.float32)
