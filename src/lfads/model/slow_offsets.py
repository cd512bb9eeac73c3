"""Slow changes over a session: an offset of the first read-out of each trial, D s(k), k the trial's place.

s is a random walk over the places p of training trials, s(k) ~ N(s(k-1), (p(k) - p(k-1)) / span I): over
the whole session it changes by a standard deviation of 1. It is penalised by -log p(s) and not sampled, and
its mean over training places is taken away, so that the read-out's bias keeps its meaning. A row of D has a
root mean square of 1 over the neurons: otherwise s could shrink, and its penalty with it, while D grew. So
s is in units of the read-out, of log-rates where there are counts, and says by how much a typical neuron
changes.

Other trials interpolate between the training trials beside them (`lfads.data.places`).
"""

import dataclasses
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from lfads.data.places import Between, Places
from lfads.model.readin import SessionOf
from lfads.model.shapes import Shapes
from lfads.numerics.slow_courses import SlowCourses

STD_OVER_SESSION = 1.0
"""Of the change of s between the first training trial and the last."""


class SlowOffsets(eqx.Module):
    """Courses over the places of training trials, session after session, and their weights."""

    course: Float[Array, "place slow_offset"]
    weights: Float[Array, "*session slow_offset neuron"]
    places: tuple[Places, ...] = eqx.field(static=True)
    num_neurons: tuple[int, ...] = eqx.field(static=True)

    def courses(self) -> Float[Array, "place slow_offset"]:
        """s at each training place, less its mean over those of the session."""
        parts = jnp.split(self.course, np.cumsum([len(each) for each in self.places])[:-1])
        return jnp.concatenate([part - part.mean(0, keepdims=True) for part in parts])

    def unit_weights(self) -> Float[Array, "*session slow_offset neuron"]:
        """D: the root mean square of each row over the session's neurons is 1."""
        number = np.asarray(self.num_neurons, np.float32)
        number = number[0] if self.weights.ndim == 2 else number[:, None, None]
        squares = (self.weights**2).sum(-1, keepdims=True) / number
        return self.weights / jnp.sqrt(jnp.maximum(squares, 1e-12))

    def at(self, beside: Between) -> Float[Array, "trial slow_offset"]:
        """s of each trial, from the training trials beside it."""
        courses, share = self.courses(), jnp.asarray(beside.share)[:, None]
        before, after = courses[beside.before], courses[beside.after]
        return before + share * (after - before)

    def __call__(
        self, beside: Between | None, session: SessionOf = None
    ) -> Float[Array, "trial neuron"]:
        """D s of each trial."""
        if beside is None:
            raise ValueError("a network with slow offsets needs the places of trials: `trials_for`")
        values, weights = self.at(beside), self.unit_weights()
        if session is None:
            return values @ weights
        chosen = jax.nn.one_hot(session, weights.shape[0], dtype=weights.dtype)
        return jnp.einsum("bl,bln->bn", values, jnp.tensordot(chosen, weights, 1))

    def last(self) -> Float[Array, " neuron"]:
        """D s of the last training trial, of one session."""
        return self.courses()[-1] @ self.unit_weights()

    def penalty(self) -> Float[Array, ""]:
        """-log p(s) in nats, per training place, less its constant."""
        total, first = jnp.zeros(()), 0
        for places in self.places:
            course, known = self.course[first : first + len(places)], np.asarray(places)
            first += len(places)
            if len(places) > 1:
                share = np.diff(known) / (known[-1] - known[0])
                variance = jnp.asarray(STD_OVER_SESSION**2 * share, course.dtype)
                total = total + 0.5 * (jnp.diff(course, axis=0) ** 2 / variance[:, None]).sum()
        return total / first

    def of_session(self, session: int) -> "SlowOffsets":
        """Those of one session alone."""
        first = sum(len(each) for each in self.places[:session])
        places, neurons = self.places[session], self.num_neurons[session]
        return SlowOffsets(
            course=self.course[first : first + len(places)],
            weights=self.weights[session, :, :neurons],
            places=(places,),
            num_neurons=(neurons,),
        )


def initialise_slow_offsets(
    rng: np.random.Generator, number: int, shapes: Shapes
) -> SlowOffsets | None:
    """Courses of 0, so that nothing is offset at first, and random weights; None where there are none."""
    if not number:
        return None
    if len(shapes.slow_places) != len(shapes.sessions):
        raise ValueError("a network with slow offsets needs the places of each session's trials")
    neurons = tuple(session.num_neurons for session in shapes.sessions)
    own = [
        each.standard_normal((number, size))
        for each, size in zip(rng.spawn(len(neurons)), neurons, strict=True)
    ]
    return SlowOffsets(
        course=jnp.zeros((sum(map(len, shapes.slow_places)), number)),
        weights=_stacked(own, max(neurons)),
        places=shapes.slow_places,
        num_neurons=neurons,
    )


def with_courses(slow: SlowOffsets, found: Sequence[SlowCourses]) -> SlowOffsets:
    """The same where courses and weights of each session were found; others stay as they are."""
    course, weights = np.array(slow.course), np.array(slow.weights)
    first = 0
    for session, (own, places) in enumerate(zip(found, slow.places, strict=True)):
        number, neurons = own.weights.shape
        course[first : first + len(places), :number] = own.course
        of_session = weights if weights.ndim == 2 else weights[session]
        of_session[:number, :neurons] = own.weights
        first += len(places)
    return dataclasses.replace(slow, course=jnp.asarray(course), weights=jnp.asarray(weights))


def _stacked(
    weights: Sequence[np.ndarray], widest: int
) -> Float[Array, "*session slow_offset neuron"]:
    """Weights of each session, those of several side by side, 0 for neurons that a session lacks."""
    padded = [np.pad(each, ((0, 0), (0, widest - each.shape[1]))) for each in weights]
    return jnp.asarray(padded[0] if len(padded) == 1 else np.stack(padded), jnp.float32)
