"""The map from factors to a session's log-rates: log r = f W + b.

Where sessions share a network each has its own; neurons that a session does not have get meaningless rates,
which are scored nowhere.
"""

from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from lfads.model.readin import SessionOf, of_trials


class ReadOut(eqx.Module):
    """Affine map to the log-rates of one session."""

    weights: Float[Array, "factor neuron"]
    bias: Float[Array, " neuron"]

    def __call__(
        self, factors: Float[Array, "*time trial factor"], session: SessionOf = None
    ) -> Float[Array, "*time trial neuron"]:
        """Log-rates per bin."""
        log_rates = factors @ self.weights
        return log_rates + jnp.broadcast_to(self.bias, log_rates.shape)


class SessionReadOuts(eqx.Module):
    """An affine map to the log-rates of each session."""

    weights: Float[Array, "session factor neuron"]
    bias: Float[Array, "session neuron"]

    def __call__(
        self, factors: Float[Array, "time trial factor"], session: SessionOf = None
    ) -> Float[Array, "time trial neuron"]:
        """Log-rates per bin of each trial by its session's map."""
        weights, bias = of_trials((self.weights, self.bias), session)
        return jnp.einsum("tbf,bfn->tbn", factors, weights) + bias[None]

    def of_session(self, session: int, num_neurons: int) -> ReadOut:
        """The map of one session."""
        return ReadOut(self.weights[session, :, :num_neurons], self.bias[session, :num_neurons])


def initialise_read_outs(
    weights: Sequence[np.ndarray],
    mean_counts: Sequence[np.ndarray],
    more: Sequence[np.ndarray] | None = None,
) -> ReadOut | SessionReadOuts:
    """Maps with the given weights, stacked if there are several sessions.

    Parameters
    ----------
    weights
        Of each session, `factor neuron`.
    mean_counts
        Mean count per bin of each session's neurons, above 0; biases start at its log.
    more
        Added to the biases.
    """
    biases = [np.log(counts) for counts in mean_counts]
    if more is not None:
        biases = [bias + added for bias, added in zip(biases, more, strict=True)]
    if len(weights) == 1:
        return ReadOut(jnp.asarray(weights[0]), jnp.asarray(biases[0]))
    widest = max(len(bias) for bias in biases)
    stacked = [np.pad(each, ((0, 0), (0, widest - each.shape[1]))) for each in weights]
    padded = [np.pad(bias, (0, widest - len(bias))) for bias in biases]
    return SessionReadOuts(jnp.asarray(np.stack(stacked)), jnp.asarray(np.stack(padded)))
