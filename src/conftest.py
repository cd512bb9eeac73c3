"""What examples in docstrings may use without making it: a tiny data set, runs of it, their results.

`docs/python.md` says what the names mean. Each is made when an example of a process first asks for it.
"""

import re
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import_module("tests.conftest")  # JAX's settings and cache, where examples alone are run

import lfads  # noqa: E402

LIBRARIES = ("neo", "pynapple", "spikeinterface")
"""An example that imports one of these is run where it is installed: `make test-oracles`."""


@cache
def dataset() -> lfads.Dataset:
    """Fifty short trials of five neurons, in two conditions, with a behaviour."""
    rng = np.random.default_rng(0)
    condition = np.arange(50) % 2
    rates = 0.5 + condition[:, None, None] * np.linspace(0, 1, 12)[:, None]
    counts = rng.poisson(np.broadcast_to(rates, (50, 12, 5)))
    return lfads.Dataset.from_arrays(
        counts,
        bin_width_s=0.02,
        condition=np.array(["left", "right"])[condition],
        behavior={"speed": rates[..., 0] + 0.1 * rng.standard_normal((50, 12))},
    )


@cache
def config(**of_model: Any) -> lfads.RunConfig:
    """The smallest network, for two epochs."""
    sizes = {"num_factors": 2, "generator_size": 4, "encoder_size": 3, "controller_size": 3}
    training = {"num_epochs": 2, "batch_size": 8, "ramp_epochs": 1, "num_shards": 1}
    return lfads.read_config(flags={"model": {**sizes, **of_model}, "training": training})


@cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


def _trained(name: str, config: lfads.RunConfig) -> lfads.Run:
    return lfads.train(dataset(), config, out=Path(_kept().name) / name, progress=False)


@cache
def run() -> lfads.Run:
    """A run trained on `dataset` with `config`."""
    return _trained("run", config())


@cache
def causal_run() -> lfads.Run:
    """The same of a network that infers bin by bin."""
    return _trained("causal", config(causal=True, initial_condition_length=3))


@cache
def posterior() -> lfads.Posterior:
    """What `run` infers."""
    return run().infer(num_samples=4, progress=False)


def weights() -> Mapping[str, np.ndarray]:
    """Those of a network of lfads-torch, for six neurons of which two are held out."""
    from tests.runs.test_import_model import state_dict

    return state_dict(controlled=False)


SHARED: Mapping[str, Callable[[], Any]] = {
    "lfads": lambda: lfads, "np": lambda: np, "dataset": dataset, "config": config, "run": run,
    "causal_run": causal_run, "posterior": posterior, "weights": weights,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _shared(request: pytest.FixtureRequest) -> None:
    """Give an example what it names and its module does not have."""
    example = getattr(request.node, "dtest", None)
    if example is None:
        return
    text = "".join(line.source for line in example.examples)
    for name in LIBRARIES:
        if re.search(rf"(import|from) {name}\b", text) and find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    if re.search(r"\bfolder\b", text):
        example.globs.setdefault("folder", request.getfixturevalue("tmp_path"))
    for name, make in SHARED.items():
        if re.search(rf"(?<!\.)\b{name}\b(?!=)", text) and name not in example.globs:
            example.globs[name] = make()
