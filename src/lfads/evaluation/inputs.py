"""Whether inferred inputs are more than noise: against their prior, and against trials that were shuffled.

Posterior means of an input that trials tell nothing about are near 0, or wander like the prior. Sorted by
anything that is taken from themselves, such as the time of their peak, they look like a finding.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float
from scipy import stats
from scipy.signal import lfilter

from lfads.checks import UserError
from lfads.evaluation.matching import bin_width_of, holds, values_of

LEAST_SHARE_OF_PRIOR = 0.1
"""Variance of the posterior means over that of the prior, below which an input is called noise."""


class InputNull(NamedTuple):
    """What inferred inputs cost, and what they cost where there is nothing to infer.

    Parameters
    ----------
    kl_nats
        Divergence from the prior over validation trials, mean nats a trial, one an input.
    shuffled_kl_nats
        The highest of those trials after each neuron's trials were shuffled within their condition, many
        times over: what is left is what the average of a condition calls for.

    Examples
    --------
    >>> null = lfads.InputNull(kl_nats=(9.9,), shuffled_kl_nats=(9.8,))
    >>> null.kl_nats[0] > null.shuffled_kl_nats[0]
    True
    """

    kl_nats: tuple[float, ...]
    shuffled_kl_nats: tuple[float, ...]

    @classmethod
    def kept_in(cls, scores: Mapping[str, Any], session: str) -> "InputNull | None":
        """Of a session, from `Scores.to_dict`; None where it was not asked."""
        found = scores.get("shuffle_control", {}).get(session)
        return None if found is None else cls(*(tuple(found[name]) for name in cls._fields))


def noise_reasons(posterior: xr.Dataset, null: InputNull | None = None) -> list[str]:
    """Why each inferred input is no more than noise; empty for one that stands out.

    An input is noise if its divergence does not exceed that of shuffled trials. Where that was not tried,
    if the variance of its posterior means over trials and bins is below a tenth of the prior's; a few
    short events have as little, so that shuffling decides where it was tried.

    What exceeds shuffled trials says that neurons share something on single trials beyond their condition:
    an input, a gain, or dynamics that the generator has not learned. What does not exceed them is not
    shown to be more than noise; it may be there.

    Parameters
    ----------
    posterior
        One session's results with `inferred_inputs`; `inferred_input_prior_std` for the second reason.
    null
        Divergences, for the first reason.

    Raises
    ------
    UserError
        If there are no inferred inputs, or `null` has another number of them.
    """
    inputs = values_of(posterior, "inferred_inputs", "input").astype(np.float64)
    num = inputs.shape[2]
    if null is None:
        return [_small(inputs[..., k], _prior_std(posterior, k)) for k in range(num)]
    if {len(null.kl_nats), len(null.shuffled_kl_nats)} != {num}:
        raise UserError(
            f"`null` must have two divergences for each of {num} inferred inputs; got "
            f"{len(null.kl_nats)} of the trials and {len(null.shuffled_kl_nats)} of shuffled ones"
        )
    return [_cheap(*nats) for nats in zip(null.kl_nats, null.shuffled_kl_nats, strict=True)]


def prior_samples(
    posterior: xr.Dataset, num_trials: int, *, seed: int = 0
) -> Float[np.ndarray, "trial time input"] | None:
    """Inputs drawn from their prior: x(t) = a x(t - 1) + s sqrt(1 - a²) e(t), a = exp(-bin / correlation).

    Bins are independent where the prior has no correlation time. Values are normal, or those of Student's t
    of the same standard deviation where the prior has degrees of freedom; its mean is added.

    Parameters
    ----------
    posterior
        One session's results.
    num_trials
        How many to draw.
    seed
        Same seed, same samples.

    Returns
    -------
    np.ndarray or None
        With the posterior's bins; None if the posterior does not say what the prior is.
    """
    if not holds(posterior, "inferred_input_prior_std"):
        return None
    std = posterior["inferred_input_prior_std"].to_numpy().astype(np.float64)
    a = np.zeros_like(std)
    if holds(posterior, "inferred_input_prior_correlation_s"):
        correlation_s = posterior["inferred_input_prior_correlation_s"].to_numpy()
        a = np.exp(-bin_width_of(posterior) / np.maximum(correlation_s, 1e-9))
    shape = (num_trials, posterior.sizes["time"], len(std))
    noise = np.random.default_rng(seed).standard_normal(shape)
    noise[:, 1:] *= np.sqrt(1 - a**2)
    courses = [lfilter([1.0], [1.0, -a[k]], noise[..., k], axis=1) for k in range(len(std))]
    values = np.stack([np.asarray(course) for course in courses], axis=-1)
    if holds(posterior, "inferred_input_prior_degrees_of_freedom"):
        freedom = posterior["inferred_input_prior_degrees_of_freedom"].to_numpy().astype(np.float64)
        tails = np.abs(values)  # from the upper tail, where probabilities keep their digits
        drawn = np.copysign(stats.t.isf(stats.norm.sf(tails), freedom), values)
        values = drawn * np.sqrt((freedom - 2) / freedom)
    mean = 0.0
    if holds(posterior, "inferred_input_prior_mean"):
        mean = posterior["inferred_input_prior_mean"].to_numpy().astype(np.float64)
    return mean + std * values


def _prior_std(posterior: xr.Dataset, place: int) -> float:
    if not holds(posterior, "inferred_input_prior_std"):
        return float("nan")
    return float(posterior["inferred_input_prior_std"].to_numpy()[place])


def _small(means: np.ndarray, prior_std: float) -> str:
    known = means[np.isfinite(means)]
    share = float(known.var()) / prior_std**2 if known.size and prior_std > 0 else float("nan")
    if not share < LEAST_SHARE_OF_PRIOR:
        return ""
    return f"its variance is {100 * share:.2g} % of the prior's"


def _cheap(kl_nats: float, shuffled_kl_nats: float) -> str:
    if not kl_nats <= shuffled_kl_nats:
        return ""
    return f"KL {kl_nats:.3g} nats a trial, {shuffled_kl_nats:.3g} with trials shuffled within condition"
