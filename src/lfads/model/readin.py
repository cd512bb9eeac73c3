"""The map from a session's neurons to what the encoders see: y = (x - offset) W.

Where sessions share a network each has its own. The stacked maps have a row for each neuron of the widest
session; rows that a session does not have, and those of its held-out neurons, are 0 and stay so, since
their counts are 0.
"""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

SessionOf = Int[Array, " trial"] | None
"""The session of each trial; None for a network of one session."""


class ReadIn(eqx.Module):
    """Affine map of one session's counts per bin."""

    weights: Float[Array, "neuron input"]
    offset: Float[Array, " neuron"]

    def __call__(
        self, counts: Float[Array, "time trial neuron"], session: SessionOf = None
    ) -> Float[Array, "time trial input"]:
        """Map every bin."""
        return (counts - self.offset[None, None, :]) @ self.weights


class SessionReadIns(eqx.Module):
    """An affine map of counts per bin for each session."""

    weights: Float[Array, "session neuron input"]
    offset: Float[Array, "session neuron"]

    def __call__(
        self, counts: Float[Array, "time trial neuron"], session: SessionOf = None
    ) -> Float[Array, "time trial input"]:
        """Map every bin of each trial by its session's map."""
        weights, offset = of_trials((self.weights, self.offset), session)
        return jnp.einsum("tbn,bni->tbi", counts - offset[None], weights)

    def of_session(self, session: int, neurons: Sequence[int]) -> ReadIn:
        """The map of one session, for its encoded neurons."""
        rows = jnp.asarray(np.asarray(neurons, np.int32))
        return ReadIn(self.weights[session, rows], self.offset[session, rows])


def of_trials(arrays: tuple[Array, Array], session: SessionOf) -> tuple[Array, Array]:
    """Arrays of sessions as arrays of trials.

    A product, since the gradient of an indexed array adds up trial by trial, which is slow on a CPU.
    """
    if session is None:
        raise ValueError("a network of several sessions needs the session of each trial")
    first, second = arrays
    chosen = jax.nn.one_hot(session, first.shape[0], dtype=first.dtype)
    return jnp.tensordot(chosen, first, 1), jnp.tensordot(chosen, second, 1)


def initialise_read_ins(
    weights: Sequence[np.ndarray],
    offsets: Sequence[np.ndarray],
    neurons: Sequence[Sequence[int]],
    num_rows: int,
) -> ReadIn | SessionReadIns:
    """Maps with the given weights, stacked if there are several sessions.

    Parameters
    ----------
    weights, offsets
        Of each session's encoded neurons.
    neurons
        Places of the encoded neurons in each session.
    num_rows
        Neurons of the widest session.
    """
    if len(weights) == 1:
        return ReadIn(jnp.asarray(weights[0]), jnp.asarray(offsets[0]))
    stacked = np.zeros((len(weights), num_rows, weights[0].shape[1]))
    centre = np.zeros((len(weights), num_rows))
    for session, places in enumerate(neurons):
        stacked[session, list(places)] = weights[session]
        centre[session, list(places)] = offsets[session]
    return SessionReadIns(jnp.asarray(stacked), jnp.asarray(centre))
