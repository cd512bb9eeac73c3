"""The tests themselves are strict: what `conftest.py` switches on is on."""

import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest

from lfads.checks import suggestion
from lfads.files import fingerprint


def test_annotations_are_checked_at_run_time():
    with pytest.raises(jaxtyping.TypeCheckError):
        suggestion(3, ["a"])  # pyright: ignore[reportArgumentType]
    with pytest.raises(jaxtyping.TypeCheckError):
        fingerprint({"a": [1, 2]})  # pyright: ignore[reportArgumentType]
    fingerprint({"a": np.arange(2)})


def test_rank_promotion_raises():
    with pytest.raises(ValueError, match="rank_promotion"):
        _ = jnp.ones((2, 3)) + jnp.ones(3)


def test_dtype_promotion_is_strict():
    with pytest.raises(ValueError, match="dtype_promotion=strict"):
        _ = jnp.ones(3, jnp.float32) + jnp.ones(3, jnp.int32)
