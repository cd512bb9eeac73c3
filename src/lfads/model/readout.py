"""The map from factors to a value of each of a session's neurons, f W + b: of counts, log-rates.

Where sessions share a network each has its own; neurons that a session does not have get meaningless
values, which are scored nowhere.
"""

from collections.abc import Mapping, Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from lfads.model.readin import SessionOf, of_trials


class ReadOut(eqx.Module):
    """Affine map to a value of each neuron of one session."""

    weights: Float[Array, "factor neuron"]
    bias: Float[Array, " neuron"]

    def __call__(
        self, factors: Float[Array, "*time trial factor"], session: SessionOf = None
    ) -> Float[Array, "*time trial neuron"]:
        """A value for each neuron and bin."""
        values = factors @ self.weights
        return values + jnp.broadcast_to(self.bias, values.shape)


class SessionReadOuts(eqx.Module):
    """An affine map to a value of each neuron for each session."""

    weights: Float[Array, "session factor neuron"]
    bias: Float[Array, "session neuron"]

    def __call__(
        self, factors: Float[Array, "time trial factor"], session: SessionOf = None
    ) -> Float[Array, "time trial neuron"]:
        """A value for each neuron and bin of each trial by its session's map."""
        weights, bias = of_trials((self.weights, self.bias), session)
        return jnp.einsum("tbf,bfn->tbn", factors, weights) + bias[None]

    def of_session(self, session: int, num_neurons: int) -> ReadOut:
        """The map of one session."""
        return ReadOut(self.weights[session, :, :num_neurons], self.bias[session, :num_neurons])


def initialise_read_outs(
    weights: Sequence[np.ndarray],
    biases: Sequence[np.ndarray],
    more: Sequence[np.ndarray] | None = None,
) -> ReadOut | SessionReadOuts:
    """Maps with the given weights, stacked if there are several sessions.

    Parameters
    ----------
    weights
        Of each session, `factor neuron`.
    biases
        Of each session's neurons.
    more
        Added to the biases.
    """
    if more is not None:
        biases = [bias + added for bias, added in zip(biases, more, strict=True)]
    if len(weights) == 1:
        return ReadOut(jnp.asarray(weights[0]), jnp.asarray(biases[0]))
    widest = max(len(bias) for bias in biases)
    stacked = [np.pad(each, ((0, 0), (0, widest - each.shape[1]))) for each in weights]
    padded = [np.pad(bias, (0, widest - len(bias))) for bias in biases]
    return SessionReadOuts(jnp.asarray(np.stack(stacked)), jnp.asarray(np.stack(padded)))


def own_values(
    names: Sequence[str], starts: Sequence[Mapping[str, np.ndarray]]
) -> tuple[Float[Array, "*session neuron"], ...]:
    """An observation's own values in the order of their names, stacked if there are several sessions."""
    found = []
    for name in names:
        each = [np.asarray(start[name], float) for start in starts]
        widest = max(len(values) for values in each)
        # 1 harms no neuron that is not there: 0 might be divided by
        padded = [np.pad(v, (0, widest - len(v)), constant_values=1.0) for v in each]
        found.append(jnp.asarray(padded[0] if len(padded) == 1 else np.stack(padded)))
    return tuple(found)
