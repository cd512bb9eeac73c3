"""Networks that nothing was trained for, with results that they might have inferred."""

import dataclasses
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float
from tests.oracle.networks import Case, make_model

from lfads.config import ModelSettings
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.model.generators.generator import Generator
from lfads.model.lfads import LFADS


def network_for(dataset: Dataset, generator: Generator | None = None, **model: Any) -> LFADS:
    """A network with random weights, or with a generator that is given."""
    session = dataset.session
    size = {} if generator is None else {"generator_size": generator.size}
    made = make_model(
        Case(
            "any", {**size, **model}, num_bins=session.num_bins, num_neurons=session.num_neurons,
            num_external_inputs=session.num_external_inputs,
        )
    )  # fmt: skip
    if generator is None:
        return made
    return dataclasses.replace(made, decoder=dataclasses.replace(made.decoder, generator=generator))


def inferred_by(network: LFADS, dataset: Dataset, *, seed: int = 0, spread=1.0) -> xr.Dataset:
    """Initial states and, if the network has them, inferred inputs, all of them random."""
    rng, session = np.random.default_rng(seed), dataset.session
    shape = (session.num_trials, session.num_bins)
    start = spread * rng.uniform(-1.0, 1.0, (session.num_trials, network.decoder.generator.size))
    found = {"generator_initial_state": Variable(start, ("trial", "unit"))}
    if number := network.config.num_inferred_inputs:
        inputs = 0.1 * rng.normal(size=(*shape, number)) + 0.5
        found["inferred_inputs"] = Variable(inputs, ("trial", "time", "input"))
    return labelled_results(found, session, dataset, attributes={"observation": "poisson"})


class Given(Generator):
    """A generator whose step the tests write down; units do not touch each other."""

    inputs: Float[Array, " unit"]
    kind: str = eqx.field(static=True)

    @classmethod
    def initialise(
        cls, rng: np.random.Generator, num_inputs: int, config: ModelSettings
    ) -> "Given":
        raise NotImplementedError

    @property
    def size(self) -> int:
        return self.inputs.shape[0]

    def penalised(self) -> tuple[Array, ...]:
        return ()

    def step(
        self, state: Float[Array, "trial unit"], inputs: Float[Array, "trial input"], limit: float
    ) -> Float[Array, "trial unit"]:
        h = state + inputs.sum(1, keepdims=True) * self.inputs[None]
        after = {
            "cubic": lambda: h + 0.3 * (h - h**3),
            "leak": lambda: 0.5 * h,
            "explode": lambda: 2.0 * h,
            "ghost": lambda: h + 0.3 * h**2 + 1e-5,
        }[self.kind]()
        return jnp.clip(after, -limit, limit)


def given(kind: str, size: int = 2) -> Given:
    """Such a generator."""
    return Given(jnp.ones(size, jnp.float32), kind)
