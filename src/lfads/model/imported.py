"""Weights of another implementation as a network of ours, by their names in its state dictionary.

Those of lfads-torch v1.1.0. Rows of `weight_ih`, `weight_hh` and `bias_ih` are update gate, reset gate and
candidate; the read-outs of encoder and controller give means, then log-variances; `ic_enc_h0` and
`ci_enc_h0` the first states forward, then backward.
"""

from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Shaped

from lfads.checks import Problems, UserError, first_of
from lfads.config import ModelConfig, ModelSettings
from lfads.model.controller import Controller
from lfads.model.decoder import Decoder
from lfads.model.encoder import Encoder
from lfads.model.generators.gru import GRUGenerator
from lfads.model.gru import GRU
from lfads.model.lfads import LFADS
from lfads.model.linear import Linear
from lfads.model.priors.autoregressive import AutoregressiveInputs
from lfads.model.priors.gaussian import GaussianCode
from lfads.model.readout import ReadOut
from lfads.model.recurrence.gates import Kernels
from lfads.model.shapes import Shapes

Weights = Mapping[str, Shaped[np.ndarray, "..."]]

_CELL = "decoder.rnn.cell"
_GENERATOR, _CONTROLLER = f"{_CELL}.gen_cell", f"{_CELL}.con_cell"
_GRU = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def is_state_dict(weights: Weights) -> bool:
    """Whether names are those of a state dictionary of lfads-torch."""
    return f"{_GENERATOR}.weight_hh" in weights and "encoder.ic_linear.weight" in weights


def settings_of(weights: Weights, given: ModelConfig, shapes: Shapes) -> ModelSettings:
    """Settings of a network, its sizes from its weights and the rest as given.

    Parameters
    ----------
    weights
        Arrays by their names.
    given
        What no weight says: `controller_lag`, `state_limit`, `posterior_variance_floor`, …
    shapes
        Of the data that it shall be run on.

    Raises
    ------
    UserError
        If arrays are missing, have no counterpart here, or do not fit the data.
    """
    problems = Problems("the weights")
    needed = _needed(weights)
    missing = [name for name in needed if name not in weights]
    problems.require(not missing, f"lack {first_of(missing or ['nothing'])}")
    problems.raise_if_any()
    unknown = sorted(set(weights) - set(needed) - {"decoder.con_h0"})
    problems.require(
        not unknown,
        f"hold {first_of(unknown or ['nothing'])}, which has no counterpart here: read-ins of several "
        "sessions and other observations than Poisson are not imported",
    )
    sizes = {name: np.shape(weights[name]) for name in weights}
    encoder = sizes["encoder.ic_enc.fwd_gru.cell.weight_hh"][1]
    inputs = sizes["co_prior.logtaus"][0] if _is_controlled(weights) else 0
    if inputs:
        other = sizes["encoder.ci_enc.fwd_gru.cell.weight_hh"][1]
        problems.require(
            other == encoder,
            f"have encoders of {encoder} and {other} units; here both have as many",
        )
    seen = sizes["encoder.ic_enc.fwd_gru.cell.weight_ih"][1]
    session = shapes.sessions[0]
    problems.require(
        (seen, sizes["readout.0.weight"][0]) == (session.num_encoded_neurons, session.num_neurons),
        f"are for {seen} encoded of {sizes['readout.0.weight'][0]} neurons; the data have "
        f"{session.num_encoded_neurons} of {session.num_neurons}",
    )
    external = sizes[f"{_GENERATOR}.weight_ih"][1] - inputs
    problems.require(
        external == shapes.num_external_inputs,
        f"are for {external} measured inputs; the data have {shapes.num_external_inputs}",
    )
    variances = np.exp(np.asarray(weights["ic_prior.logvar"], np.float64))
    problems.require(
        bool(np.allclose(variances, variances[0], rtol=1e-6)),
        "have a prior of the initial condition with several variances; here it has one",
    )
    problems.require(len(shapes.sessions) == 1, "are of one session; the data have several")
    problems.raise_if_any()
    known = {
        "num_factors": sizes["readout.0.weight"][1],
        "generator": "gru",
        "encoder": "gru",
        "external_inputs_to": "generator",
        "generator_size": sizes[f"{_GENERATOR}.weight_hh"][1],
        "encoder_size": encoder,
        "controller_size": sizes[f"{_CONTROLLER}.weight_hh"][1] if inputs else encoder,
        "read_in_size": 0,
        "slow_offsets": 0,
        "num_inferred_inputs": inputs,
        "initial_condition_size": sizes["ic_prior.mean"][0],
        "initial_condition_prior": "gaussian",
        "initial_condition_prior_variance": float(variances[0]),
        "inferred_input_prior": "autoregressive",
        "observation": "poisson",
    }
    return ModelSettings(**{**vars(given), **known})


def network_of(weights: Weights, config: ModelSettings, shapes: Shapes) -> LFADS:
    """The network that these weights are, in their precision where JAX allows it.

    Parameters
    ----------
    weights
        Arrays by their names.
    config
        As `settings_of` gives them.
    shapes
        Of the data.
    """
    controlled = config.num_inferred_inputs > 0
    generator = _gru(weights, _GENERATOR)
    controller = None
    if controlled:
        controller = Controller(
            gru=_gru(weights, _CONTROLLER),
            initial_state=_array(weights["decoder.con_h0"][0]),
            to_posterior=_linear(weights, f"{_CELL}.co_linear"),
        )
    prior = None
    if controlled:
        prior = AutoregressiveInputs(
            _array(weights["co_prior.logtaus"]), _array(weights["co_prior.lognvars"])
        )
    return LFADS(
        read_in=None,
        initial_condition_encoder=_encoder(weights, "ic", config),
        code_to_posterior=_linear(weights, "encoder.ic_linear"),
        code_to_generator=_linear(weights, "decoder.ic_to_g0"),
        initial_condition_prior=GaussianCode(
            _array(weights["ic_prior.mean"]), config.initial_condition_prior_variance
        ),
        controller_encoder=_encoder(weights, "ci", config) if controlled else None,
        decoder=Decoder(
            generator=GRUGenerator(generator.input_weights, generator.recurrent, generator.bias),
            factor_weights=_array(weights[f"{_CELL}.fac_linear.weight"].T),
            controller=controller,
            state_limit=config.state_limit,
        ),
        input_prior=prior,
        read_out=ReadOut(_array(weights["readout.0.weight"].T), _array(weights["readout.0.bias"])),
        more_read_outs=(),
        observation_values=(),
        config=config,
        shapes=shapes,
    )


def _is_controlled(weights: Weights) -> bool:
    return f"{_CONTROLLER}.weight_hh" in weights


def _needed(weights: Weights) -> list[str]:
    controlled = _is_controlled(weights)
    units = [
        f"encoder.{which}_enc.{way}_gru.cell" for which in ("ic", "ci") for way in ("fwd", "bwd")
    ]
    units = [
        *(units if controlled else units[:2]),
        _GENERATOR,
        *([_CONTROLLER] if controlled else []),
    ]
    names = [f"{unit}.{part}" for unit in units for part in _GRU]
    linear = ["encoder.ic_linear", "decoder.ic_to_g0", "readout.0"]
    linear += [f"{_CELL}.co_linear"] if controlled else []
    names += [f"{map_}.{part}" for map_ in linear for part in ("weight", "bias")]
    names += [f"{_CELL}.fac_linear.weight", "encoder.ic_enc_h0", "ic_prior.mean", "ic_prior.logvar"]
    if controlled:
        names += ["encoder.ci_enc_h0", "decoder.con_h0", "co_prior.logtaus", "co_prior.lognvars"]
    return names


def _encoder(weights: Weights, which: str, config: ModelSettings) -> Encoder:
    first = weights[f"encoder.{which}_enc_h0"]
    return Encoder(
        forward=_gru(weights, f"encoder.{which}_enc.fwd_gru.cell"),
        backward=_gru(weights, f"encoder.{which}_enc.bwd_gru.cell"),
        forward_initial_state=_array(first[0, 0]),
        backward_initial_state=_array(first[1, 0]),
        state_limit=config.state_limit,
    )


def _gru(weights: Weights, name: str) -> GRU:
    """One unit; its second bias, which its networks leave at 0, is refused where it is not."""
    inputs, recurrent, bias, second = (weights[f"{name}.{part}"] for part in _GRU)
    if np.any(second):
        raise UserError(f"the weights: `{name}.bias_hh` is not 0; a unit here has one bias alone")
    size = recurrent.shape[1]
    return GRU(
        input_weights=_array(inputs.T),
        recurrent=Kernels(
            gates=_array(recurrent[: 2 * size].T), candidate=_array(recurrent[2 * size :].T)
        ),
        bias=_array(bias),
    )


def _linear(weights: Weights, name: str) -> Linear:
    return Linear(_array(weights[f"{name}.weight"].T), _array(weights[f"{name}.bias"]))


def _array(values: np.ndarray) -> Array:
    return jnp.asarray(np.ascontiguousarray(values))
