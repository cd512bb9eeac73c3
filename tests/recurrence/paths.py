"""The ways through time that there are here, and what a contract of them is tried on."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.gradient.plain import ControlledCase, ControlledSizes, controlled_case

from lfads.model.recurrence.controlled import controlled_generator
from lfads.model.recurrence.gru import gru_sequence
from lfads.model.recurrence.native import gru_by_kernels
from lfads.model.recurrence.native_controlled import controlled_by_kernels
from lfads.model.recurrence.paths import why_not_native


class Recurrences(NamedTuple):
    """Of one way."""

    gru: Callable[..., Any]
    controlled: Callable[..., Any]


WAYS = {
    "scan": Recurrences(gru_sequence, controlled_generator),
    "native": Recurrences(gru_by_kernels, controlled_by_kernels),
}

of_every_way = pytest.mark.parametrize(
    "way",
    [
        pytest.param("scan"),
        pytest.param(
            "native",
            marks=pytest.mark.skipif(bool(why := why_not_native("cpu")), reason=why or "it can be"),
        ),
    ],
)

compiled = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


def single(seed: int, size: float = 0.5):
    """A function that draws float32 arrays of a given shape."""
    rng = np.random.default_rng(seed)
    return lambda *shape: jnp.asarray(rng.standard_normal(shape) * size, jnp.float32)


def as_double(tree: Any) -> Any:
    """The same numbers in float64."""
    return jax.tree.map(
        lambda x: x.astype(jnp.float64) if jnp.issubdtype(x.dtype, jnp.floating) else x, tree
    )


def case_of(seed: int, sizes: ControlledSizes, *, dropout: bool) -> ControlledCase:
    """A case in float32."""
    case = controlled_case(single(seed), sizes, factors_kept=dropout, generator_kept=dropout)
    return case._replace(scale=case.scale.astype(jnp.float32))


def assert_close(found: Any, expected: Any, tolerance: float = 2e-5) -> None:
    """Each array within a share of its largest value."""
    pairs = zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True)
    for one, other in pairs:
        one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
        assert one.shape == other.shape
        largest = np.abs(other).max(initial=1e-3)
        np.testing.assert_allclose(one / largest, other / largest, rtol=0, atol=tolerance)


def assert_same(found: Any, expected: Any) -> None:
    """Bit for bit."""
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(one, other)
