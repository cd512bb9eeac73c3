"""The tests themselves are strict: what `conftest.py` switches on is on."""

import os

import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest
from jax.experimental.compilation_cache import compilation_cache
from tests.small import tiny_config, tiny_dataset

from lfads.checks import suggestion
from lfads.files import fingerprint
from lfads.runs.train import train
from lfads.training import sharding, step


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


def test_programs_from_the_cache_train_as_those_compiled_now(tmp_path):
    """The cache on disk, which all tests share, changes no bit."""
    cache, usual = tmp_path / "cache", os.environ["JAX_COMPILATION_CACHE_DIR"]
    runs, kept = [], []
    compilation_cache.reset_cache()
    compilation_cache.set_cache_dir(str(cache))
    try:
        for name in ("compiled", "read"):
            step._epoch_functions.cache_clear()
            sharding._compiled.cache_clear()
            run = train(tiny_dataset(), tiny_config(), out=tmp_path / name, progress=False)
            runs.append([{k: v for k, v in r.items() if k != "seconds"} for r in run.metrics])
            kept.append(sorted(path.name for path in cache.iterdir()))
    finally:
        compilation_cache.reset_cache()
        compilation_cache.set_cache_dir(usual)
    assert any("train_epoch" in name for name in kept[0])
    assert kept[0] == kept[1]
    assert runs[0] == runs[1]
    checkpoints = (tmp_path / name / "checkpoints" / "last.npz" for name in ("compiled", "read"))
    with np.load(next(checkpoints)) as one, np.load(next(checkpoints)) as other:
        for name in set(one.files) - {"header.json"}:
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)
