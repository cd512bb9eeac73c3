"""States of the generator that trials go through, and a generator whose inputs are held still."""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Bool, Float

from lfads.checks import Problems
from lfads.data.session import Session
from lfads.evaluation.matching import holds, matched, values_of
from lfads.model.generators.generator import Generator
from lfads.model.generators.run import run_alone
from lfads.model.lfads import LFADS


class HeldGenerator(eqx.Module):
    """A generator under inputs that do not change: states after a bin from those before it."""

    generator: Generator
    inputs: Float[Array, " input"]
    limit: float = eqx.field(static=True)

    def __call__(self, states: Float[Array, "point unit"]) -> Float[Array, "point unit"]:
        """h' = F(h, u)."""
        inputs = jnp.broadcast_to(self.inputs[None], (states.shape[0], self.inputs.shape[0]))
        return self.generator.step(states, inputs, self.limit)


class Visited(NamedTuple):
    """What trials go through. Bins behind a trial's end are not `known`, and hold anything."""

    states: Float[np.ndarray, "trial time unit"]
    inputs: Float[np.ndarray, "trial time input"]
    known: Bool[np.ndarray, "trial time"]

    @property
    def each(self) -> Float[np.ndarray, "bin unit"]:
        """The states of all bins, one after the other."""
        return self.states[self.known]

    @property
    def mean_inputs(self) -> Float[np.ndarray, " input"]:
        """Over all bins; none where no bin is known."""
        of_bins = self.inputs[self.known]
        return of_bins.mean(0) if len(of_bins) else np.zeros(self.inputs.shape[2])


def visited(network: LFADS, posterior: xr.Dataset, session: Session, who: str) -> Visited:
    """States under the posterior means of initial state and inputs, and the measured inputs.

    States that the posterior holds, `generator_states`, are taken as they are.

    Raises
    ------
    UserError
        If the results are not those of this network, in the name of an analysis.
    """
    inputs = inputs_of(network, posterior, session)
    start = values_of(posterior, "generator_initial_state", "unit")
    _check(network, start.shape[-1], inputs.shape[-1], who)
    started = np.asarray(np.isfinite(start).all(1))
    known = matched(session, posterior).valid_bins() & started[:, None]
    if holds(posterior, "generator_states"):
        states = values_of(posterior, "generator_states", "unit")
    else:
        decoder = network.decoder
        given, first = (jnp.asarray(np.nan_to_num(x), jnp.float32) for x in (inputs, start))
        over_time = run_alone(
            decoder.generator, given.swapaxes(0, 1), first, limit=decoder.state_limit
        )
        states = np.asarray(over_time).swapaxes(0, 1)
    known &= np.isfinite(states).all(2) & np.isfinite(inputs).all(2)
    return Visited(states.astype(np.float64), inputs.astype(np.float64), known)


def inputs_of(
    network: LFADS, posterior: xr.Dataset, session: Session
) -> Float[np.ndarray, "trial time input"]:
    """What drives the generator in each bin: the inferred inputs first, then the measured ones."""
    shape = (posterior.sizes["trial"], posterior.sizes["time"], 0)
    found: list[Any] = [np.zeros(shape)]
    if holds(posterior, "inferred_inputs"):
        found.append(values_of(posterior, "inferred_inputs", "input"))
    measured = matched(session, posterior).external_inputs
    if measured is not None and network.config.drives_by_external_inputs:
        found.append(measured)
    return np.concatenate(found, axis=2)


def _check(network: LFADS, num_units: int, num_inputs: int, who: str) -> None:
    sizes = network.noise_sizes()
    wanted = sizes.inferred_inputs + sizes.external_inputs
    problems = Problems(f"{who}: these results are not of this network")
    problems.require(
        num_units == network.decoder.generator.size,
        f"its generator has {network.decoder.generator.size} units; theirs had {num_units}",
    )
    problems.require(
        num_inputs == wanted,
        f"its generator has {wanted} inputs, inferred and measured; they have {num_inputs}",
    )
    if problems.found:
        problems.add("give the run that they were inferred with")
    problems.raise_if_any()
