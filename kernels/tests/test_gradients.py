"""Gradients against finite differences, in the build of the same code for float64."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import lfads_kernels as kernels
from lfads_kernels.library import ENDING, FOLDER, register
from plain import Draw, Sizes, controlled, gru

DOUBLE = Path(FOLDER) / f"liblfads_double{ENDING}"
STEP = 1e-6


@pytest.fixture(autouse=True, scope="module")
def double():
    if not DOUBLE.is_file():
        pytest.skip(f"{DOUBLE.name} is not built: `make kernels` builds it")
    assert register(DOUBLE, "float64") == ""
    with jax.enable_x64(True):
        yield


def assert_is_gradient(loss: Callable[[Any], float], at: Any, gradient: Any) -> None:
    """Along one random direction for each array."""
    leaves, structure = jax.tree.flatten(at)
    slopes = jax.tree.leaves(gradient)
    rng = np.random.default_rng(0)
    assert len(leaves) == len(slopes)
    for number, (leaf, slope) in enumerate(zip(leaves, slopes, strict=True)):
        along = rng.standard_normal(leaf.shape)

        def moved(by: float, number: int = number, along: np.ndarray = along) -> float:
            others = [*leaves]
            others[number] = leaves[number] + by * along
            return loss(jax.tree.unflatten(structure, others))

        expected = (moved(STEP) - moved(-STEP)) / (2 * STEP)
        found = float((np.asarray(slope) * along).sum())
        assert found == pytest.approx(expected, rel=2e-6, abs=2e-7), number


@pytest.mark.parametrize(
    ("trials", "seen", "units", "masked", "reverse", "limit"),
    [(3, 2, 5, True, False, 0.5), (9, 9, 8, False, True, 5.0), (1, 0, 17, True, True, 0.5)],
)
def test_gru(trials, seen, units, masked, reverse, limit):
    draw = Draw(1, float)
    valid = draw.mask(7, trials) if masked else None
    at = draw.gru(seen, units), draw(7, trials, seen), draw(trials, units)
    weight = draw(7, trials, units)
    options = {"limit": limit, "reverse": reverse}
    weights, inputs, initial = at
    states, gates = kernels.gru_forward(weights, inputs, initial, valid, **options, keep_gates=True)
    np.testing.assert_allclose(
        states, gru(weights, inputs, initial, valid, limit, reverse), rtol=1e-12, atol=1e-13
    )
    assert (np.abs(states) == limit).any() == (limit < 1)
    assert gates is not None
    d_weights, d_initial, d_inputs = kernels.gru_backward(
        weights, inputs, initial, valid, states, gates, weight, **options, inputs_wanted=True
    )

    def loss(at):
        weights, inputs, initial = at
        return float((gru(weights, inputs, initial, valid, limit, reverse) * weight).sum())

    assert_is_gradient(loss, at, (d_weights, d_inputs, d_initial))
    others = kernels.gru_backward(
        weights, inputs, initial, valid, states, gates, weight, **options, inputs_wanted=False
    )
    assert others[2] is None
    for one, other in zip(others[0], d_weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("sizes", "dropout", "limit", "left_out"),
    [
        (Sizes(6, 3, 2, 3, 4, 1, 0, 5), True, 0.7, ()),
        (Sizes(6, 9, 8, 9, 7, 2, 3, 8), True, 5.0, (0, 5)),
        (Sizes(40, 1, 1, 1, 9, 5, 1, 17), False, 0.7, (1, 2, 3, 4)),
    ],
)
def test_controlled(sizes, dropout, limit, left_out):
    draw = Draw(2, float)
    call = draw.controlled(kernels, sizes, dropout=dropout)
    made, gates = kernels.controlled_forward(call, limit=limit, keep_gates=True)
    for one, other in zip(made, controlled(call, limit), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-12)
    weights = [None if n in left_out else draw(*x.shape) for n, x in enumerate(made)]

    def loss(part):
        whole = call._replace(**{k: v for k, v in part._asdict().items() if v is not None})
        outputs = controlled(whole, limit)
        return float(
            sum((x * w).sum() for x, w in zip(outputs, weights, strict=True) if w is not None)
        )

    gradient = kernels.controlled_backward(call, made, gates, weights, limit=limit)
    at = type(gradient)(*(getattr(call, name) for name in gradient._fields))
    assert_is_gradient(loss, at, gradient)
