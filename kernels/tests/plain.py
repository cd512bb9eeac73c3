"""The recurrences in NumPy, bin by bin, and random arguments for them."""

from typing import Any, NamedTuple

import numpy as np


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def gru_bin(weights: list[np.ndarray], seen: np.ndarray, state: np.ndarray, limit: float):
    """The state after a bin."""
    of_gates, of_candidate, gates, candidate, bias_gates, bias_candidate = weights
    both = sigmoid(seen @ of_gates + state @ gates + bias_gates)
    z, r = np.split(both, 2, axis=1)
    n = np.tanh(seen @ of_candidate + (r * state) @ candidate + bias_candidate)
    return np.clip(z * state + (1 - z) * n, -limit, limit)


def gru(weights, inputs, initial, valid, limit: float, reverse: bool) -> np.ndarray:
    """States at every bin."""
    states, state = np.zeros((*inputs.shape[:2], initial.shape[1])), initial
    order = range(len(inputs))
    for t in reversed(order) if reverse else order:
        new = gru_bin(weights, inputs[t], state, limit)
        state = new if valid is None else np.where(valid[t][:, None], new, state)
        states[t] = state
    return states


def controlled(call: Any, limit: float) -> list[np.ndarray]:
    """Controller, generator, factors, mean, log-variance and sample of the inputs at every bin."""
    scale, (c, g, f) = call.scale, call.before
    made = []

    def kept(values, mask, t):
        return values if mask is None else np.where(mask[t], values * scale, 0)

    for t in range(len(call.encoded)):
        seen = np.concatenate([call.encoded[t], kept(f, call.factors_kept, t)], axis=1)
        c = gru_bin(call.controller, seen, c, limit)
        mean, log_variance = np.split(c @ call.to_posterior + call.posterior_bias, 2, axis=1)
        u = mean + np.exp(log_variance / 2) * call.noise[t]
        seen = u if call.measured is None else np.concatenate([u, call.measured[t]], axis=1)
        g = gru_bin(call.generator, seen, g, limit)
        f = kept(g, call.generator_kept, t) @ call.to_factors
        made.append((c, g, f, mean, log_variance, u))
    return [np.stack(each) for each in zip(*made, strict=True)]


class Sizes(NamedTuple):
    """Of a controller and generator."""

    bins: int
    trials: int
    encoded: int
    factors: int
    controller: int
    inferred: int
    measured: int
    generator: int


class Draw:
    """Random arrays of one precision."""

    def __init__(self, seed: int, dtype: Any) -> None:
        self.rng, self.dtype = np.random.default_rng(seed), dtype

    def __call__(self, *shape: int, size: float = 0.5) -> np.ndarray:
        """Normal numbers."""
        return (self.rng.standard_normal(shape) * size).astype(self.dtype)

    def mask(self, *shape: int) -> np.ndarray:
        """True three times in four."""
        return self.rng.random(shape) < 0.75

    def gru(self, inputs: int, units: int) -> list[np.ndarray]:
        """Weights, scaled so that states neither vanish nor all saturate."""
        scale = (inputs + units) ** -0.5
        return [
            self(inputs, 2 * units, size=scale), self(inputs, units, size=scale),
            self(units, 2 * units, size=scale), self(units, units, size=scale),
            self(1, 2 * units), self(1, units),
        ]  # fmt: skip

    def controlled(self, kernels: Any, s: Sizes, *, dropout: bool) -> Any:
        """All that controller and generator are given."""
        lead = s.bins, s.trials
        return kernels.Controlled(
            controller=self.gru(s.encoded + s.factors, s.controller),
            generator=self.gru(s.inferred + s.measured, s.generator),
            to_posterior=self(s.controller, 2 * s.inferred),
            posterior_bias=self(2 * s.inferred),
            to_factors=self(s.generator, s.factors),
            encoded=self(*lead, s.encoded),
            measured=self(*lead, s.measured) if s.measured else None,
            noise=self(*lead, s.inferred),
            factors_kept=self.mask(*lead, s.factors) if dropout else None,
            generator_kept=self.mask(*lead, s.generator) if dropout else None,
            scale=np.asarray(1.3, self.dtype),
            before=[self(s.trials, n) for n in (s.controller, s.generator, s.factors)],
        )
