"""Values of float32 against NumPy in float64, at sizes about those of tiles and blocks."""

import numpy as np
import pytest

import lfads_kernels as kernels
from plain import Draw, Sizes, controlled, gru

TOLERANCE = 3e-6
ABOUT_TILES = [1, 3, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65]


def assert_close(found, expected):
    found, expected = np.asarray(found, np.float64), np.asarray(expected)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= TOLERANCE * max(1, np.abs(expected).max())


def as_double(tree):
    import jax

    return jax.tree.map(lambda x: x.astype(float) if x.dtype == np.float32 else x, tree)


def test_there_is_a_library_for_this_processor():
    assert kernels.why_not() == ""
    assert kernels.processor() in ("avx512", "avx2", "neon")


@pytest.mark.parametrize("size", ABOUT_TILES)
def test_gru(size: int):
    draw = Draw(size, np.float32)
    others = ABOUT_TILES[::-1][ABOUT_TILES.index(size)]
    for units, inputs, trials in ((size, others, 3), (9, size, others), (6, 4, size)):
        valid = draw.mask(6, trials) if size % 3 else None
        limit, reverse = 0.7 if size % 2 else 5.0, size % 5 > 2
        weights, shown = draw.gru(inputs, units), draw(6, trials, inputs)
        initial = draw(trials, units)

        def run(keep_gates: bool, given=(weights, shown, initial, valid, limit, reverse)):
            weights, shown, initial, valid, limit, reverse = given
            return kernels.gru_forward(
                weights, shown, initial, valid,
                limit=limit, reverse=reverse, keep_gates=keep_gates,
            )  # fmt: skip

        states, gates = run(keep_gates=True)
        weights, shown, initial = as_double((weights, shown, initial))
        assert_close(states, gru(weights, shown, initial, valid, limit, reverse))
        assert gates is not None
        assert gates.shape == (6, trials, 3 * units)
        again, nothing = run(keep_gates=False)
        np.testing.assert_array_equal(again, states)
        assert nothing is None


@pytest.mark.parametrize("size", ABOUT_TILES)
def test_controlled(size: int):
    draw, place = Draw(size, np.float32), ABOUT_TILES.index(size)
    small = [4, 3, 2, 5, 2, 0, 6]
    small[place % 7] = size
    sizes = Sizes(5, *small)._replace(inferred=max(1, small[4]))
    call = draw.controlled(kernels, sizes, dropout=bool(size % 2))
    made, gates = kernels.controlled_forward(call, limit=0.9, keep_gates=True)
    for found, expected in zip(made, controlled(as_double(call), 0.9), strict=True):
        assert_close(found, expected)
    assert [g.shape[2] for g in gates] == [3 * sizes.controller, 3 * sizes.generator]


def test_products_that_are_made_before():
    draw = Draw(0, np.float32)
    call = draw.controlled(kernels, Sizes(5, 9, 7, 3, 17, 2, 1, 10), dropout=False)
    expected, _ = kernels.controlled_forward(call, limit=5.0, keep_gates=False)
    of_gates, of_candidate, *rest = call.controller
    encoded = call.encoded
    products = np.concatenate([encoded @ of_gates[:7], encoded @ of_candidate[:7]], axis=-1)
    other = call._replace(
        controller=[of_gates[7:], of_candidate[7:], *rest], encoded=encoded[..., :0]
    )
    made, _ = kernels.controlled_forward(other, products, limit=5.0, keep_gates=False)
    for one, another in zip(made, expected, strict=True):
        assert_close(one, np.asarray(another, np.float64))
