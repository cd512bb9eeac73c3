"""The interface of augmentations: pure functions of what the encoders see in training."""

import functools
from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from lfads.config import ObjectiveConfig
from lfads.hyperparameters import HyperParameters
from lfads.part_names import named
from lfads.parts import made
from lfads.randomness import TrialKeys

FIRST_USE = 64
"""Of trial keys, for augmentations by their place; the network's own uses are below."""


class Given(NamedTuple):
    """What an augmentation may know beside the values.

    Parameters
    ----------
    keys
        Of the trials, for `lfads.randomness.draw_words`: a trial's numbers depend on nothing else.
    use
        The use of these keys that is this augmentation's own.
    hyperparameters
        Scalars that a population may change.
    config
        How the terms of the objective combine.
    num_exempt_bins
        The first bins, which the initial condition is inferred from: they are seen as they are.
    valid
        False behind a trial's end; None if no trial is padded.
    observed
        False where a sample is missing; None if none is.
    neurons
        Those that a trial's session has and encodes, where sessions share the network; None if all.
    share_recorded
        Of what is modelled of a trial, held-out neurons and forward bins with it; None if all was recorded.
    """

    keys: TrialKeys
    use: int
    hyperparameters: HyperParameters
    config: ObjectiveConfig
    num_exempt_bins: int
    valid: Bool[Array, "time trial"] | None
    observed: Bool[Array, "time trial neuron"] | None = None
    neurons: Bool[Array, "trial neuron"] | None = None
    share_recorded: Float[Array, " trial"] | None = None


class Augmented(NamedTuple):
    """What the encoders see, and weights of the likelihood's gradient; None: all 1.

    Parameters
    ----------
    values
        What the encoders see.
    weight
        Of each sample that they could see.
    trial_weight
        Of all samples of a trial, those of held-out neurons and forward bins with them.
    """

    values: Float[Array, "time trial neuron"]
    weight: Float[Array, "time trial neuron"] | None = None
    trial_weight: Float[Array, " trial"] | None = None


class Augmentation(ABC):
    """Changes what the encoders see in training, and what of it is scored.

    Values are those of encoded neurons and bins, 0 where missing. What is scored stays the data. The
    choices of an augmentation are parameters of its constructor, with defaults. `of_counts_alone` is what
    it does to counts that means nothing for real values; empty where it may act on both.
    """

    of_counts_alone: ClassVar[str] = ""

    @abstractmethod
    def __call__(self, values: Float[Array, "time trial neuron"], given: Given) -> Augmented:
        """What the encoders see instead of these values."""


@functools.cache
def augmentations_of(text: str) -> tuple[Augmentation, ...]:
    """Those that a setting names, in its order.

    Raises
    ------
    UserError
        If there is none of a name, or it has no such choice.
    """
    return tuple(
        made("augmentations", name, choices, "[objective] `augmentations`")
        for name, choices in named(text)
    )


def augmented(values: Float[Array, "time trial neuron"], given: Given) -> Augmented:
    """Values through all augmentations that the objective names; weights multiply."""
    found = Augmented(values)
    for place, each in enumerate(augmentations_of(given.config.augmentations)):
        own = each(found.values, given._replace(use=FIRST_USE + place))
        found = Augmented(
            own.values,
            _product(found.weight, own.weight),
            _product(found.trial_weight, own.trial_weight),
        )
    return found


def _product(one: Array | None, other: Array | None) -> Array | None:
    return other if one is None else one if other is None else one * other


def with_gradient_weight(
    values: Float[Array, "*shape"], weight: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """The same values; their gradient multiplied by `weight`."""
    return jax.lax.stop_gradient(values * (1 - weight)) + values * weight


def with_first_bins(
    values: Float[Array, "time trial neuron"],
    changed: Float[Array, "time trial neuron"],
    given: Given,
) -> Float[Array, "time trial neuron"]:
    """What was changed, behind the first bins as they were."""
    first = given.num_exempt_bins
    return jnp.concatenate([values[:first], changed[first:]])


class Bins(NamedTuple):
    """Bins, the first that may change, and where each trial ends."""

    time: Int[Array, " time"]
    first: int
    end: Int[Array, " trial"]


def bins_of_trials(values: Float[Array, "time trial neuron"], given: Given) -> Bins:
    """The bins of trials that may be changed."""
    num_bins, num_trials = values.shape[:2]
    end = jnp.full(num_trials, num_bins)
    if given.valid is not None:
        end = given.valid.sum(0)
    return Bins(jnp.arange(num_bins), given.num_exempt_bins, end.astype(jnp.int32))
