"""The interface of observations: how values that were recorded are distributed, given the read-out.

Outside this folder nothing knows which observation it is. An observation is stateless; the network keeps
its learned values, one a neuron, by name. Functions of arrays take `xp`, `numpy` or `jax.numpy`, so that
training and scores have one formula.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray, Real, Shaped

from lfads.data.session import ValueKind
from lfads.numerics.means import mean_of_known

USUAL: dict[ValueKind, str] = {"counts": "poisson", "real": "gaussian"}
"""The observation of values of a kind, where none is asked for."""

Parameters = Mapping[str, Any]
"""Parameters of distributions by name, `mean` among them; arrays of the shape of the values."""


class Moments(NamedTuple):
    """Mean and variance of each neuron over observed training samples, and what there is of positive ones.

    Parameters
    ----------
    mean, variance
        Over all samples.
    share_positive
        Of samples above 0.
    least_positive
        The smallest sample above 0; infinite if there is none.
    modality
        The name of each channel's modality, where the data name them.
    """

    mean: Float[np.ndarray, " neuron"]
    variance: Float[np.ndarray, " neuron"]
    share_positive: Float[np.ndarray, " neuron"] | None = None
    least_positive: Float[np.ndarray, " neuron"] | None = None
    modality: Shaped[np.ndarray, " neuron"] | None = None


class Start(NamedTuple):
    """Where read-outs and the observation's own values start: the best constant model.

    Parameters
    ----------
    biases
        Of each read-out value, `neuron`.
    own
        The observation's own values by name, `neuron`.
    """

    biases: tuple[Float[np.ndarray, " neuron"], ...]
    own: Mapping[str, Float[np.ndarray, " neuron"]]


class Observation(ABC):
    """How recorded values are distributed, given what is read out from the factors.

    Values are in the unit of the data: counts per bin, or that of the signals.

    Attributes
    ----------
    kind
        Of values: `counts`, or `real`.
    num_read_outs
        Values that are read out from the factors for each neuron.
    learned
        Names of its own values that training changes, one a neuron.
    fixed
        Names of its own values that stay as the data gave them, one a neuron.
    of_neurons
        Names of parameters, beside the mean, that are the same in all bins: results hold them by neuron.
    over_time
        Names of parameters, beside the mean, that vary: results hold them by trial, time and neuron.
    log_link
        Whether the first read-out value is a logarithm; else it is linear in what the encoders see.
    likely_zero
        Whether 0 has a probability of its own, among real values of a density.
    scores
        The families of scores that apply: `bits_per_spike`, by the Poisson likelihood of predicted rates,
        and `bits_per_sample` and `deviance_explained`, by its own.
    """

    kind: ClassVar[ValueKind]
    num_read_outs: int = 1
    learned: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    of_neurons: tuple[str, ...] = ()
    over_time: tuple[str, ...] = ()
    scores: ClassVar[tuple[str, ...]] = ("bits_per_sample", "deviance_explained")
    log_link: ClassVar[bool] = False
    likely_zero: ClassVar[bool] = False

    def log_links(self, number: int) -> Bool[np.ndarray, " neuron"]:
        """`log_link` of each of so many channels."""
        return np.full(number, self.log_link)

    def has_own(self, rule: str) -> bool:
        """Whether it says otherwise than this class; where not, the data need not be gone through."""
        return getattr(type(self), rule) is not getattr(Observation, rule)

    @property
    def own_names(self) -> tuple[str, ...]:
        """Names of all its own values, in the order in which the network keeps them."""
        return (*self.learned, *self.fixed)

    @property
    def is_poisson(self) -> bool:
        """Whether bits per spike are those of its own likelihood."""
        return self.scores == ("bits_per_spike",)

    @abstractmethod
    def start(self, moments: Moments) -> Start:
        """The best constant model of values with these moments; never outside of where gradients live."""

    @abstractmethod
    def parameters(self, read_outs: tuple[Any, ...], own: Parameters, xp: Any) -> Parameters:
        """Parameters of the distributions.

        Parameters
        ----------
        read_outs
            `num_read_outs` arrays of one shape.
        own
            Its own values by name, of the same shape.
        """

    @abstractmethod
    def log_density(self, values: Any, parameters: Parameters, xp: Any) -> Any:
        """Log-density of each value, in nats.

        Of the parameters those of `of_neurons` and `over_time` and the mean suffice: results hold no more.
        """

    @abstractmethod
    def variance(self, parameters: Parameters, xp: Any) -> Any:
        """Variance of the distributions."""

    @abstractmethod
    def sample(
        self, key: PRNGKeyArray, parameters: Mapping[str, Float[Array, "*shape"]]
    ) -> Real[Array, "*shape"]:
        """A draw of each value."""

    def unsuitable(self, values: Real[np.ndarray, " value"]) -> str:
        """What is wrong with known values of the right kind; empty if they suit."""
        return ""

    def unsuitable_of(
        self,
        values: Real[np.ndarray, "trial time neuron"],
        known: Bool[np.ndarray, "trial time #neuron"],
    ) -> str:
        """The same of all channels of a session."""
        return self.unsuitable(values[np.broadcast_to(known, values.shape)])

    def of_channels(self, modalities: Shaped[np.ndarray, " neuron"] | None) -> "Observation":
        """The observation of channels of these modalities: itself, where it is one for all."""
        return self

    def seen(self, values: Any, own: Parameters, xp: Any) -> Any:
        """What encoders see of values; 0 stands for a missing one."""
        return values

    def penalty(self, own: Parameters, xp: Any) -> Any:
        """What its own values cost, one a neuron, in nats per sample."""
        return xp.zeros(())

    def constant(self, moments: Moments) -> Parameters:
        """Parameters of the best constant model, the null model of scores."""
        start = self.start(moments)
        return self.parameters(start.biases, start.own, np)

    def nll_of_constant(
        self,
        values: Real[np.ndarray, "trial time neuron"],
        known: Bool[np.ndarray, "trial time neuron"],
    ) -> float:
        """Nats of the best constant model of these values, summed over known ones."""
        parameters = self.constant(moments_of_known(values, known))
        return -float(np.sum(self.log_density(values, parameters, np), where=known))

    def deviance(self, values: Any, parameters: Parameters, xp: Any) -> Any:
        """Twice what the log-density lacks to that of a model that predicts each value exactly."""
        exact = {**parameters, **self.exact(values, xp)}
        return 2 * (self.log_density(values, exact, xp) - self.log_density(values, parameters, xp))

    def exact(self, values: Any, xp: Any) -> Parameters:
        """Parameters that predict the values exactly, those of `of_neurons` aside."""
        return {"mean": values}


def moments_of_known(
    values: Real[np.ndarray, "trial time neuron"], known: Bool[np.ndarray, "trial time #neuron"]
) -> Moments:
    """Moments of each neuron over known samples; 0 where there are none."""
    mean = np.nan_to_num(mean_of_known(values, (0, 1), known))
    squares, positive = np.zeros_like(mean), np.zeros_like(mean)
    least = np.full_like(mean, np.inf)
    for trial, there in zip(values, known, strict=True):  # one as floats at a time
        squares += (np.where(there, trial - mean, 0) ** 2).sum(0)
        above = there & (trial > 0)
        positive += above.sum(0)
        least = np.minimum(least, np.where(above, trial, np.inf).min(0, initial=np.inf))
    number = np.maximum(np.broadcast_to(known, values.shape).sum((0, 1)), 1)
    return Moments(mean, squares / number, positive / number, least)


def log_gamma(values: Any, xp: Any) -> Any:
    """Logarithm of the gamma function, of NumPy's arrays or JAX'."""
    if xp is np:
        from scipy.special import gammaln

        return gammaln(values)
    from jax.scipy.special import gammaln as traced

    return traced(values)


def log_of_mean(parameters: Parameters, least: float, xp: Any) -> Any:
    """Logarithm of the mean: that which was read out, or that of an averaged mean."""
    if "log_mean" in parameters:
        return parameters["log_mean"]
    return xp.log(xp.maximum(parameters["mean"], least))


LOG_TWO_PI = math.log(2 * math.pi)
