"""States that a map leaves where they are, or almost: minima of ½ ‖F(h) - h‖² (Sussillo & Barak 2013).

It is minimised by Adam from all starts at once; what is left of them after duplicates are merged is then
brought to the minimum by damped Gauss-Newton in 64 bits (Levenberg 1944). Not here: which map, from where,
and what the points mean.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int

Step = Callable[[Float[Array, "point unit"]], Float[Array, "point unit"]]
"""States after a bin from those before it; an Equinox module if it has weights, which become 64 bits."""

ADAM_RATE = 0.05
"""First step of a unit, as a share of the spread divided by the root of the number of units."""

FIXED = 1e-8
"""A state is fixed if a bin moves it by less than this share of the spread."""

STATIONARY = 1e-6
"""A minimum is reached if the gradient of q is this small beside ‖F(h) - h‖, or the state is fixed."""

_AT_ONCE = 16  # points of which Jacobians are taken together
_LEAST_DAMPING, _MOST_DAMPING = 1e-12, 1e12


class Found(NamedTuple):
    """Minima of speed, the slowest first.

    Parameters
    ----------
    states
        Of the points.
    moved
        ‖F(h) - h‖, how far a bin moves them.
    jacobians
        Of F, in 64 bits: row of the unit that changes, column of that which changes it.
    is_fixed
        Whether a bin leaves them where they are.
    num_starts
        How many starts led to each.
    num_lost
        Starts that led to no minimum.
    """

    states: Float[np.ndarray, "point unit"]
    moved: Float[np.ndarray, " point"]
    jacobians: Float[np.ndarray, "point unit unit"]
    is_fixed: Bool[np.ndarray, " point"]
    num_starts: Int[np.ndarray, " point"]
    num_lost: int

    def of(self, points: np.ndarray) -> "Found":
        """Some of the points, or all in another order."""
        return Found(
            self.states[points], self.moved[points], self.jacobians[points], self.is_fixed[points],
            self.num_starts[points], self.num_lost,
        )  # fmt: skip


def search(
    step: Step,
    starts: Float[np.ndarray, "start unit"],
    spread: float,
    *,
    num_steps: int = 1000,
    num_newton: int = 100,
    merge_within: float = 0.01,
) -> Found:
    """Minima of ½ ‖F(h) - h‖² that are reached from some starts.

    Parameters
    ----------
    step
        F.
    starts
        States to start from.
    spread
        Root-mean-square distance of states from their mean: the length that others are shares of.
    num_steps, num_newton
        Steps of Adam, and most of Gauss-Newton.
    merge_within
        Points nearer to one another than this share of the spread are one.

    Examples
    --------
    >>> found = search(lambda h: 1.3 * h - 0.3 * h**3, np.array([[0.1], [0.7], [-1.4]]), 1.0)
    >>> sorted(found.states.ravel().round(6).tolist())
    [-1.0, 0.0, 1.0]
    >>> sorted(found.jacobians.ravel().round(6).tolist())
    [0.4, 0.4, 1.3]
    """
    near = descended(step, starts, spread, num_steps)
    kept, of_start = merged(near, _lengths(step, near), merge_within * spread)
    points = refined(step, near[kept], spread, num_newton)
    led = np.bincount(of_start, minlength=len(kept))
    at_minimum = np.flatnonzero(points.is_minimum)
    alike, of_point = merged(
        points.states[at_minimum], points.moved[at_minimum], merge_within * spread
    )
    chosen = at_minimum[alike]
    num_starts = np.bincount(of_point, led[at_minimum], minlength=len(chosen)).astype(np.int64)
    return Found(
        points.states[chosen], points.moved[chosen], points.jacobians[chosen],
        points.moved[chosen] <= FIXED * spread, num_starts, len(starts) - int(num_starts.sum()),
    )  # fmt: skip


def descended(
    step: Step, starts: Float[np.ndarray, "start unit"], spread: float, num_steps: int
) -> Float[np.ndarray, "start unit"]:
    """Where Adam leads each start, in 32 bits."""
    rate = ADAM_RATE * spread / np.sqrt(starts.shape[1])
    given = jnp.asarray(starts, jnp.float32)
    return np.asarray(_descend(step, given, jnp.float32(rate), num_steps), np.float64)


@eqx.filter_jit
def _descend(step: Step, starts: Array, rate: Array, num_steps: int) -> Array:
    adam = optax.scale_by_adam()

    def speed(states: Array) -> Array:
        return 0.5 * ((step(states) - states) ** 2).sum()

    def advance(carried: tuple[Array, Any], number: Array) -> tuple[tuple[Array, Any], None]:
        states, moments = carried
        with jax.numpy_dtype_promotion("standard"):  # optax mixes dtypes of scalars
            moves, moments = adam.update(jax.grad(speed)(states), moments)
            moves = jnp.asarray(moves)
            now = rate * 0.5 * (1.0 + jnp.cos(jnp.pi * number / num_steps))
        return (states - now * moves, moments), None

    numbers = jnp.arange(num_steps, dtype=jnp.float32)
    (states, _), _ = jax.lax.scan(advance, (starts, adam.init(starts)), numbers)
    return states


class Refined(NamedTuple):
    """Points after Gauss-Newton, and whether each is a minimum of its speed."""

    states: Float[np.ndarray, "point unit"]
    moved: Float[np.ndarray, " point"]
    jacobians: Float[np.ndarray, "point unit unit"]
    is_minimum: Bool[np.ndarray, " point"]


def refined(
    step: Step, states: Float[np.ndarray, "point unit"], spread: float, num_steps: int
) -> Refined:
    """Minima of ½ ‖r‖², r = F(h) - h, from states near them: h ← h - (JᵀJ + λ I)⁻¹ Jᵀ r, J = ∂r/∂h.

    λ falls where ‖r‖ did, and rises where it did not: there h stays. J has no unit, and so λ has none.
    """
    states, size = states.astype(np.float64), states.shape[1]
    with jax.enable_x64(True):
        wide = jax.tree.map(_as_float64, step)
        residuals, jacobians = _linearised(wide, states)
        damping = np.full(len(states), 1e-3)
        for _ in range(num_steps):
            gradients = np.einsum("pij,pi->pj", jacobians, residuals)
            active = np.flatnonzero(
                ~_at_minimum(residuals, gradients, 1e-4 * FIXED * spread)
                & (damping < _MOST_DAMPING)
            )
            if not len(active):
                break
            own = jacobians[active]
            normal = np.einsum("pij,pik->pjk", own, own)
            normal += damping[active][:, None, None] * np.eye(size)
            tried = states[active] - np.linalg.solve(normal, gradients[active][..., None])[..., 0]
            better = _lengths(wide, tried) < np.linalg.norm(residuals[active], axis=1)
            damping[active] *= np.where(better, 0.1, 10.0)
            damping = np.maximum(damping, _LEAST_DAMPING)
            moving = active[better]
            states[moving] = tried[better]
            residuals[moving], jacobians[moving] = _linearised(wide, states[moving])
    gradients = np.einsum("pij,pi->pj", jacobians, residuals)
    return Refined(
        states, np.linalg.norm(residuals, axis=1), jacobians + np.eye(size),
        _at_minimum(residuals, gradients, FIXED * spread),
    )  # fmt: skip


def merged(
    states: Float[np.ndarray, "point unit"], moved: Float[np.ndarray, " point"], within: float
) -> tuple[Int[np.ndarray, " kept"], Int[np.ndarray, " point"]]:
    """Points that are kept, the slowest first, and which of them each point is one with.

    >>> kept, of_point = merged(np.array([[0.0], [1.0], [1.001]]), np.array([0.2, 0.3, 0.1]), 0.01)
    >>> kept.tolist(), of_point.tolist()
    ([2, 0], [1, 0, 0])
    """
    kept: list[int] = []
    of_point = np.zeros(len(states), np.int64)
    for point in np.argsort(moved, kind="stable"):
        away = np.linalg.norm(states[kept] - states[point], axis=1)
        if len(kept) and away.min() <= within:
            of_point[point] = away.argmin()
        else:
            of_point[point] = len(kept)
            kept.append(int(point))
    return np.array(kept, np.int64), of_point


def _at_minimum(residuals: np.ndarray, gradients: np.ndarray, fixed: float) -> np.ndarray:
    length = np.linalg.norm(residuals, axis=1)
    return (length <= fixed) | (np.linalg.norm(gradients, axis=1) <= STATIONARY * length)


def _lengths(step: Step, states: np.ndarray) -> np.ndarray:
    """How far a bin moves each state."""
    parts = [np.asarray(_residual(step, part)) for part in _in_parts(states)]
    return np.linalg.norm(np.concatenate(parts)[: len(states)], axis=1)


def _linearised(step: Step, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """r and ∂r/∂h of each state."""
    if not len(states):
        return np.empty_like(states), np.empty((0, states.shape[1], states.shape[1]))
    parts = [_residual_and_jacobian(step, part) for part in _in_parts(states)]
    residuals, jacobians = (np.concatenate([np.asarray(p[k]) for p in parts]) for k in (0, 1))
    return residuals[: len(states)], jacobians[: len(states)]


def _in_parts(states: np.ndarray) -> list[Array]:
    """Equal parts, so that one compiled function serves all; the last one is filled up."""
    states = states.astype(jnp.result_type(float))
    missing = -len(states) % _AT_ONCE
    filled = np.concatenate([states, np.repeat(states[-1:], missing, 0)])
    return [jnp.asarray(part) for part in filled.reshape(-1, _AT_ONCE, states.shape[1])]


@eqx.filter_jit
def _residual(step: Step, states: Array) -> Array:
    return step(states) - states


@eqx.filter_jit
def _residual_and_jacobian(step: Step, states: Array) -> tuple[Array, Array]:
    after, pull = jax.vjp(step, states)
    size = states.shape[1]
    units = jnp.broadcast_to(jnp.eye(size)[:, None], (size, *states.shape))
    (rows,) = jax.vmap(pull)(units)  # unit that changes, point, unit that changes it
    return after - states, rows.swapaxes(0, 1) - jnp.eye(size)[None]


def _as_float64(leaf: Any) -> Any:
    return jnp.asarray(np.asarray(leaf), jnp.float64) if eqx.is_inexact_array(leaf) else leaf
