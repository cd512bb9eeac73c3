"""Inference bin by bin, while a trial goes on.

The network's own step (`lfads.model.step`), averaged over posterior samples. These are keyed as in
`lfads.inference.averages`, so what comes out are the numbers that inference on the whole trial gives. With
no samples, initial condition and inferred inputs are at the means of their posteriors: one pass, without
noise.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float

from lfads.checks import Problems, UserError
from lfads.data.counts import MOST_SPIKES, no_counts
from lfads.inference.averages import Sample, as_sample
from lfads.model import step
from lfads.model.lfads import LFADS, EncoderInputs
from lfads.model.noise import Noise, draw_noise_of_bin
from lfads.randomness import TrialKeys, run_key, trial_keys


class StreamedBin(NamedTuple):
    """What is inferred of one bin, averaged over posterior samples; rates in spikes/s for counts.

    Examples
    --------
    >>> stream = causal_run.stream(num_samples=0)
    >>> *_, last = (stream.step(counts) for counts in dataset.session.spikes[0])
    >>> last._fields, last.factors.shape
    (('rates', 'factors', 'inferred_inputs'), (2,))
    """

    rates: Float[np.ndarray, " neuron"]
    factors: Float[np.ndarray, " factor"]
    inferred_inputs: Float[np.ndarray, " input"] | None


BinArrays = tuple[Array, Array, Array | None]
"""Rates in counts per bin, factors, and inferred inputs of one bin, averaged over samples."""


class Carried(NamedTuple):
    """What is carried from bin to bin, with the key of each posterior sample."""

    keys: TrialKeys
    network: step.Carried


class Compiled(NamedTuple):
    """The two compiled functions of a stream."""

    begin: Callable[[Any, Any, Any], Carried]
    advance: Callable[[Carried, Any, Any, Any], tuple[Carried, BinArrays]]


class Stream:
    """Infers a trial bin by bin; see `Run.stream`.

    The first `initial_condition_length` bins give nothing yet: the initial condition is inferred from
    them.

    Examples
    --------
    >>> stream = causal_run.stream(num_samples=0)
    >>> seen = [stream.step(counts) for counts in dataset.session.spikes[0]]
    >>> [now is None for now in seen[:4]], seen[-1].rates.shape
    ([True, True, True, False], (5,))
    """

    def __init__(
        self, model: LFADS, bin_width_s: float, *, num_samples: int = 1, seed: int = 0
    ) -> None:
        self.first_bin = model.config.initial_condition_length
        if not step.can_step(model):
            raise UserError(
                "bin by bin, a network can infer only what does not depend on later bins: train it with "
                "[model] causal = true and initial_condition_length above 0"
            )
        self.num_neurons = model.shapes.sessions[0].num_neurons
        self.num_external = model.shapes.num_external_inputs
        self._counts = model.observation.kind == "counts"
        self._width = bin_width_s
        self._compiled = compile_stream(model, num_samples, seed)
        self.begin()

    def begin(self, trial_index: int = 0) -> None:
        """Begin a new trial; its number in the data chooses the posterior samples."""
        self._trial = np.int32(trial_index)
        self._bin = 0
        self._seen: list[tuple[np.ndarray, np.ndarray]] = []
        self._carried: Carried | None = None

    def step(self, values: Any, external_inputs: Any = None) -> StreamedBin | None:
        """Infer the next bin from what was recorded in it.

        Parameters
        ----------
        values
            Spikes of every neuron in this bin, or its signals (NaN where missing), in the order of the
            training data; those of held-out neurons are not looked at.
        external_inputs
            Measured inputs of this bin, for a network that takes them.

        Returns
        -------
        StreamedBin
            None in the bins that the initial condition is inferred from.

        Raises
        ------
        UserError
            If the values are not of this network.
        """
        return self.advance(*self._checked(values, external_inputs))

    def advance(self, values: np.ndarray, external_inputs: np.ndarray) -> StreamedBin | None:
        """As `step`, unchecked: values may be fractions, such as those predicted for a missing bin.

        Parameters
        ----------
        values
            float32, of every neuron.
        external_inputs
            float32; empty for a network that takes none.
        """
        now = values, external_inputs
        at, self._bin = self._bin, self._bin + 1
        if at < self.first_bin:
            self._seen.append(now)
            return None
        if self._carried is None:
            segment, external = (
                np.stack(values)[:, None] for values in zip(*self._seen, strict=True)
            )
            self._carried = self._compiled.begin(segment, external, self._trial)
            self._seen = []
        self._carried, made = self._compiled.advance(self._carried, *now, np.int32(at))
        rates, factors, inputs = jax.device_get(made)
        return StreamedBin(rates / self._width if self._counts else rates, factors, inputs)

    def _checked(self, values: Any, external_inputs: Any) -> tuple[np.ndarray, np.ndarray]:
        problems = Problems("this bin does not fit the network")
        found = np.asarray(values)
        wanted, wrong = "numbers, finite or NaN where missing", np.isinf
        if self._counts:
            wanted, wrong = f"whole numbers of spikes, 0 to {MOST_SPIKES}", no_counts
        problems.require(
            found.shape == (self.num_neurons,)
            and found.dtype.kind in "biuf"
            and not wrong(found).any(),
            f"`values` must be {self.num_neurons} {wanted}; got shape {found.shape} of {found.dtype}",
        )
        given = () if external_inputs is None else external_inputs
        external = np.asarray(given, np.float32)
        problems.require(
            external.shape == (self.num_external,) and bool(np.isfinite(external).all()),
            f"`external_inputs` must be {self.num_external} finite numbers; got shape {external.shape}",
        )
        problems.raise_if_any()
        return found.astype(np.float32), external


def compile_stream(model: LFADS, num_samples: int, seed: int) -> Compiled:
    """The functions of a stream, the network's weights built in; of 0 samples, at the posterior's means."""
    key, sizes = run_key(seed), model.noise_sizes()
    encoded = np.asarray(model.shapes.sessions[0].encoded_neurons)

    def noise_of(keys: TrialKeys, at: Any) -> Noise:
        noise = draw_noise_of_bin(keys, sizes, at)
        return noise if num_samples else jax.tree.map(jnp.zeros_like, noise)

    def samples_keys(trial: Array) -> TrialKeys:
        def one(number: Array) -> Array:
            return trial_keys(jr.fold_in(key, number), trial[None])[0]

        return jax.vmap(one)(jnp.arange(max(1, num_samples)))

    def inputs_of(values: Array, external: Array) -> EncoderInputs:
        seen = jnp.where(jnp.isnan(values), 0, model.seen(values))[:, :, encoded]
        return EncoderInputs(seen, None, external if external.shape[-1] else None)

    def begin(segment: Array, external: Array, trial: Array) -> Carried:
        keys = samples_keys(trial)
        noise = noise_of(keys, 0)
        return Carried(keys, step.begin(model, inputs_of(segment, external), noise))

    def advance(
        carried: Carried, values: Array, external: Array, at: Array
    ) -> tuple[Carried, BinArrays]:
        noise = noise_of(carried.keys, at)
        now = inputs_of(values[None, None, :], external[None, None, :])
        network, made = step.advance(model, carried.network, now, noise)
        return carried._replace(network=network), _mean_of_bin(as_sample(model, made, False))

    return Compiled(eqx.filter_jit(begin), eqx.filter_jit(advance))


def _mean_of_bin(samples: Sample) -> BinArrays:
    """Averages over samples, which stand in the place of trials, of the only bin."""
    made = samples.rates, samples.factors, samples.inferred_inputs
    return jax.tree.map(lambda x: x[:, 0].mean(0), made)
