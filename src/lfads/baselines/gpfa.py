"""Gaussian-process factor analysis (Yu et al. 2009): latents that vary smoothly, each at its own pace.

Square roots of counts are a linear readout of the latents with Gaussian noise; latents of a trial are
inferred exactly from all of its encoded samples.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import poisson

from lfads.baselines.baseline import Stored
from lfads.baselines.gaussian_process import Model, grouped, posterior
from lfads.baselines.gpfa_fit import MOST_ROUNDS, fit
from lfads.baselines.latents import (
    NUM_LATENTS,
    Arrays,
    FittedLatents,
    Inferred,
    Trials,
    check_num_latents,
    fit_sessions,
    opened,
    tau_in_words,
    turn_of,
)
from lfads.checks import Problems, is_whole
from lfads.data.dataset import Dataset
from lfads.numerics.poisson import LOWEST_RATE

START_TAU_BINS = 10.0
"""Where time constants start."""

_LARGEST = 50.0  # counts per bin, beyond which a root is that of the mean less a quarter

ROUNDS_TO_CHOOSE = 40
"""Of expectation and maximisation, while numbers of latents are compared."""


@dataclass(frozen=True)
class GPFA:
    """Gaussian-process factor analysis of square roots of counts.

    x_k ~ GP(0, K_k), K_k(s, t) = (1 - ε) exp(-(s - t)²/2τ_k²) + ε δ(s, t), ε = 10⁻³
    √y_t = C x_t + d + N(0, diag R)

    C, d, R and τ are those of largest likelihood on the training trials, by expectation and maximisation.
    Every session is fitted by itself. Held-out neurons, forward bins and missing samples are left out of
    inference, exactly. The rate is that of the Poisson counts whose mean square root is C x + d. Factors
    are the latents turned to orthonormal axes, as in the paper.

    Parameters
    ----------
    num_latents
        How many latents; several to choose from, by how well neurons are predicted from the others on
        validation trials (or the held-out neurons, if there are any). Where none of them predicts
        anything, rates are constant.
    most_rounds
        Of expectation and maximisation.

    References
    ----------
    Yu et al. (2009), J. Neurophysiol. 102:614-635.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.5, (20, 30, 4))
    >>> dataset = Dataset.from_arrays(counts, bin_width_s=0.02)
    >>> fitted = GPFA(num_latents=2).fit(dataset)
    >>> fitted.infer(dataset).factors.dims
    ('trial', 'time', 'factor')
    """

    num_latents: int | Sequence[int] = NUM_LATENTS
    most_rounds: int = MOST_ROUNDS

    def __post_init__(self) -> None:
        problems = Problems("gpfa")
        check_num_latents(problems, self.num_latents)
        check_rounds(problems, self.most_rounds)
        problems.raise_if_any()

    def fit(self, dataset: Dataset) -> FittedLatents:
        """Choose and fit for each session; a UserError for signals, or without training trials."""
        return fit_sessions("gpfa", self, dataset, self.num_latents)

    def from_arrays(self, stored: Stored) -> FittedLatents:
        """What was fitted, from what its `to_arrays` gave."""
        return opened("gpfa", self, stored)

    def learn(self, trials: Trials, num_latents: int, *, to_choose: bool) -> Arrays:
        """Loadings, offsets, noise and time constants of largest likelihood."""
        rounds = min(self.most_rounds, ROUNDS_TO_CHOOSE) if to_choose else self.most_rounds
        values = np.sqrt(trials.counts)
        found = fit(
            values, trials.known, trials.length, num_latents, START_TAU_BINS, most_rounds=rounds
        )
        return found.model._asdict()

    def latents(self, learned: Arrays, trials: Trials) -> Inferred:
        """Posterior means of the latents, and the counts that they let expect."""
        model = Model(**learned)
        counts = np.full(trials.counts.shape, np.nan)
        factors = np.full((*counts.shape[:2], len(model.tau_bins)), np.nan)
        spread, turn = factors.copy(), turn_of(model.loadings)
        values = np.sqrt(trials.counts)
        for alike in grouped(trials.known, trials.length):
            place = (alike.trials, slice(len(alike.known)))
            found = posterior(model, values[place], alike.known)
            counts[place] = mean_of_root(found.mean @ model.loadings.T + model.offset)
            factors[place] = found.mean @ turn.T
            turned = np.einsum("ik,tkl,il->ti", turn, found.of_bins, turn)
            spread[place] = np.sqrt(np.maximum(turned, 0.0))
        return Inferred(counts, factors, spread)

    def about(self, learned: Arrays) -> list[tuple[str, str]]:
        """Time constants."""
        return tau_in_words(learned["tau_bins"])


def mean_of_root(roots: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Mean λ of the Poisson counts y whose mean square root E[√y | λ] this is.

    About the root itself where counts are 0 and 1, and its square where they are large.

    >>> mean_of_root(np.array([-0.1, 0.01, 3.0])).round(2).tolist()
    [0.0, 0.01, 9.26]
    """
    of_means, means = _roots_of_means()
    found = np.interp(roots, of_means, means)
    return np.where(roots > of_means[-1], roots**2 + 0.25, found)


@functools.cache
def _roots_of_means() -> tuple[np.ndarray, np.ndarray]:
    """E[√y] of Poisson counts y, and their means, both rising."""
    means = np.concatenate([[LOWEST_RATE], np.geomspace(1e-4, _LARGEST, 400)])
    counts = np.arange(int(_LARGEST + 12 * _LARGEST**0.5))
    return poisson.pmf(counts, means[:, None]) @ np.sqrt(counts), means


def check_rounds(problems: Problems, most_rounds: int) -> None:
    """Note a number of rounds that is none."""
    problems.require(
        is_whole(most_rounds) and most_rounds > 0,
        f"`most_rounds=` must be a whole number above 0; got {most_rounds!r}",
    )
