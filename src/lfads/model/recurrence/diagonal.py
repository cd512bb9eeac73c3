"""A linear recurrence whose units do not mix, for all bins at once, with its gradient.

s_t = a s_{t-1} + v_t with complex a of each unit: sums of pairs, of pairs of pairs, and so on, in log2 of
the number of bins passes over arrays, where a loop takes as many steps as there are bins. Complex numbers
are pairs of real ones.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Complex(NamedTuple):
    """Real and imaginary parts."""

    re: Float[Array, "*shape"]
    im: Float[Array, "*shape"]

    def times(self, other: "Complex") -> "Complex":
        """The product, element by element."""
        return Complex(
            self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re
        )

    def conjugate(self) -> "Complex":
        """The complex conjugate."""
        return Complex(self.re, -self.im)


@jax.custom_vjp
def diagonal_recurrence(decay: Complex, values: Complex) -> Complex:
    """s_t = a s_{t-1} + v_t from s_0 = 0; `decay` has an element a unit, `values` are `time trial unit`."""
    power, states = _over_trials(decay), values
    apart, num_bins = 1, values.re.shape[0]
    while apart < num_bins:
        later = power.times(Complex(*(x[:-apart] for x in states)))
        states = Complex(
            *(
                x + jnp.pad(y, ((apart, 0), (0, 0), (0, 0)))
                for x, y in zip(states, later, strict=True)
            )
        )
        power, apart = power.times(power), 2 * apart
    return states


def _forward(decay: Complex, values: Complex) -> tuple[Complex, tuple[Complex, Complex]]:
    states = diagonal_recurrence(decay, values)
    return states, (decay, states)


def _backward(kept: tuple[Complex, Complex], d_states: Complex) -> tuple[Complex, Complex]:
    """d_v_t = d_s_t + conj(a) d_v_{t+1}: the same recurrence from the last bin on, of the conjugate."""
    decay, states = kept
    from_last = Complex(*(x[::-1] for x in d_states))
    d_values = Complex(*(x[::-1] for x in diagonal_recurrence(decay.conjugate(), from_last)))
    before = Complex(*(x[:-1] for x in states)).conjugate()
    d_decay = before.times(Complex(*(x[1:] for x in d_values)))
    return Complex(*(x.sum((0, 1)) for x in d_decay)), d_values


diagonal_recurrence.defvjp(_forward, _backward)


def _over_trials(decay: Complex) -> Complex:
    return Complex(decay.re[None, None], decay.im[None, None])
