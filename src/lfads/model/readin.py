"""The map from one session's neurons to what the encoders see: y = (x - offset) W."""

import equinox as eqx
from jaxtyping import Array, Float


class ReadIn(eqx.Module):
    """Affine map of counts per bin; sessions without one feed their counts to the encoders."""

    weights: Float[Array, "neuron input"]
    offset: Float[Array, " neuron"]

    def __call__(
        self, counts: Float[Array, "time trial neuron"]
    ) -> Float[Array, "time trial input"]:
        """Map every bin."""
        return (counts - self.offset[None, None, :]) @ self.weights
