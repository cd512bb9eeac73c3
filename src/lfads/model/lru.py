"""Linear recurrent units, whose bins are computed all at once: encoders without a loop over time.

No feedback passes through an encoder, so that a recurrence without gates is enough if what is nonlinear
stands between its layers. A layer is a linear filter of as many complex units as half of its width, and a
gated map of each bin by itself, added to what went in:

    s_t = λ ⊙ s_{t-1} + (1 - |λ|²)^½ ⊙ B x_t,  y_t = gelu(C s_t + D ⊙ x_t),  x'_t = x_t + W y_t ⊙ σ(V y_t).

Orvieto et al. 2023, ICML (the unit, its start within a ring); Smith, Warrington & Linderman 2023, ICLR
(layers with a gate in each bin). Not in Pandarinath et al. 2018.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from lfads.model.first_values import constant, random_weights
from lfads.model.recurrence.diagonal import Complex, diagonal_recurrence

NUM_LAYERS = 2
LEAST, MOST = 0.5, 0.99
"""|λ| before training: units that forget within two bins, up to a hundred."""

FASTEST = np.pi / 4
"""Radians a bin that λ turns at most before training."""

Carried = tuple[Complex, ...]
"""States of the filters of all layers, `trial unit`."""


class LRULayer(eqx.Module):
    """One filter, and the map of each bin."""

    log_rate: Float[Array, " filter"]
    phase: Float[Array, " filter"]
    into: Float[Array, "unit re_and_im"]
    out: Float[Array, "re_and_im unit"]
    skip: Float[Array, " unit"]
    value: Float[Array, "unit unit"]
    gate: Float[Array, "unit unit"]

    def __call__(
        self,
        inputs: Float[Array, "time trial unit"],
        before: Complex,
        valid: Bool[Array, "time trial"] | None,
        reverse: bool,
    ) -> tuple[Float[Array, "time trial unit"], Complex]:
        """Outputs at every bin, and the state after the last that was run."""
        size = jnp.exp(-jnp.exp(self.log_rate))
        decay = Complex(size * jnp.cos(self.phase), size * jnp.sin(self.phase))
        gain = jnp.sqrt(-jnp.expm1(-2 * jnp.exp(self.log_rate)))[None, None]
        driven = inputs @ self.into
        if valid is not None:
            driven = jnp.where(valid[:, :, None], driven, 0)
        half = self.log_rate.shape[0]
        values = Complex(gain * driven[..., :half], gain * driven[..., half:])
        if reverse:
            values = Complex(*(x[::-1] for x in values))
        carried = Complex(*(x[None] for x in decay)).times(before)
        values = Complex(*(x.at[0].add(c) for x, c in zip(values, carried, strict=True)))
        states = diagonal_recurrence(decay, values)
        last = Complex(*(x[-1] for x in states))
        if reverse:
            states = Complex(*(x[::-1] for x in states))
        y = jnp.concatenate(states, axis=-1) @ self.out + self.skip[None, None] * inputs
        y = jax.nn.gelu(y)
        return inputs + (y @ self.value) * jax.nn.sigmoid(y @ self.gate), last


class LRU(eqx.Module):
    """Layers of linear recurrent units, after a linear map of each bin."""

    input_weights: Float[Array, "input unit"]
    bias: Float[Array, " unit"]
    layers: tuple[LRULayer, ...]

    @property
    def size(self) -> int:
        """Units, the width of what comes out."""
        return self.bias.shape[0]

    def start(self, num_trials: int) -> Carried:
        """States before the first bin: 0."""
        of_one = [layer.log_rate for layer in self.layers]
        nothing = [jnp.zeros((num_trials, *x.shape), x.dtype) for x in of_one]
        return tuple(Complex(x, x) for x in nothing)

    def outputs(
        self,
        inputs: Float[Array, "time trial input"],
        carried: Carried,
        *,
        valid: Bool[Array, "time trial"] | None = None,
        reverse: bool = False,
    ) -> tuple[Float[Array, "time trial unit"], Carried]:
        """Outputs at every bin, run towards earlier bins if `reverse`, and what is carried on.

        After a trial's last valid bin, the output of that bin is repeated. Where trials have an end of
        their own, what is carried on means nothing.
        """
        x, after = inputs @ self.input_weights + self.bias[None, None], []
        for layer, before in zip(self.layers, carried, strict=True):
            x, last = layer(x, before, valid, reverse)
            after.append(last)
        if valid is not None:
            last_bin = jnp.maximum(valid.sum(0) - 1, 0)[None, :]
            at = jnp.minimum(jnp.arange(len(x))[:, None], last_bin)
            x = jnp.take_along_axis(x, at[:, :, None], axis=0)
        return x, tuple(after)


def num_weights_of_lru(num_inputs: int, num_units: int) -> int:
    """Weights, biases and filters of all layers."""
    num_filters = max(num_units // 2, 1)
    layer = 2 * num_filters + 4 * num_filters * num_units + num_units + 2 * num_units**2
    return num_units * (num_inputs + 1) + NUM_LAYERS * layer


def initialise_lru(rng: np.random.Generator, num_inputs: int, num_units: int) -> LRU:
    """λ within a ring, its phases within an eighth of a turn; maps ~ N(0, 1/fan_in)."""
    input_rng, *layer_rngs = rng.spawn(1 + NUM_LAYERS)
    return LRU(
        input_weights=random_weights(input_rng, num_inputs, num_units),
        bias=constant(0.0, num_units),
        layers=tuple(_initialise_layer(each, num_units) for each in layer_rngs),
    )


def _initialise_layer(rng: np.random.Generator, num_units: int) -> LRULayer:
    num_filters = max(num_units // 2, 1)
    size = np.sqrt(rng.uniform(LEAST**2, MOST**2, num_filters))
    return LRULayer(
        log_rate=jnp.asarray(np.log(-np.log(size))),
        phase=jnp.asarray(rng.uniform(0, FASTEST, num_filters)),
        into=random_weights(rng, num_units, 2 * num_filters),
        out=random_weights(rng, 2 * num_filters, num_units),
        skip=jnp.asarray(rng.standard_normal(num_units)),
        value=random_weights(rng, num_units, num_units),
        gate=random_weights(rng, num_units, num_units),
    )
