"""Variational latent Gaussian process (Zhao & Park 2017): smooth latents, read out into Poisson log-rates.

As GPFA, but the counts are Poisson: latents are inferred by a variational bound, each of each trial by
itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lfads.baselines.baseline import Stored
from lfads.baselines.gpfa import START_TAU_BINS, check_rounds
from lfads.baselines.latent_method import Arrays, Inferred, Trials
from lfads.baselines.latents import FittedLatents, fit_sessions, opened, tau_in_words, turn_of
from lfads.baselines.latents_choice import NUM_LATENTS, check_candidates
from lfads.baselines.vlgp_fit import MOST_ROUNDS, Model, expected, fit, infer
from lfads.checks import Problems
from lfads.data.dataset import Dataset
from lfads.numerics.poisson import LOWEST_RATE

ROUNDS_TO_CHOOSE = 15
"""While numbers of latents are compared."""


@dataclass(frozen=True)
class VLGP:
    """Variational latent Gaussian process of Poisson counts.

    x_k ~ GP(0, K_k), K_k(s, t) = exp(-(s - t)²/2τ_k²); y_nt ~ Poisson(exp(α_n · x_t + β_n))

    q(x_k) = N(μ_k, V_k) of each trial; the bound Σ [y η − exp(η + ½ Σ_k α_nk² V_k,tt)] − Σ_k KL, with
    η = α_n · μ_t + β_n, is raised by turns over the latents, the loadings and rates, and the time
    constants. Every session is fitted by itself. Held-out neurons, forward bins and missing samples are
    left out of inference. Factors are the latents turned to orthogonal axes of the log-rates.

    Parameters
    ----------
    num_latents
        How many latents; several to choose from, as for `GPFA`.
    most_rounds
        Of turns.

    References
    ----------
    Zhao & Park (2017), Neural Computation 29:1293-1316. The kernel's low rank is that of its leading
    eigenvectors, where the paper takes an incomplete Cholesky factor; time constants are learned from the
    second moments of q, as GPFA learns them.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.5, (20, 30, 4))
    >>> dataset = Dataset.from_arrays(counts, bin_width_s=0.02)
    >>> VLGP(num_latents=2).fit(dataset).infer(dataset).factors.dims
    ('trial', 'time', 'factor')
    """

    num_latents: int | Sequence[int] = NUM_LATENTS
    most_rounds: int = MOST_ROUNDS

    def __post_init__(self) -> None:
        problems = Problems("vlgp")
        check_candidates(problems, "num_latents", self.num_latents)
        check_rounds(problems, self.most_rounds)
        problems.raise_if_any()

    def fit(self, dataset: Dataset) -> FittedLatents:
        """Choose and fit for each session; a UserError for signals, or without training trials."""
        return fit_sessions("vlgp", self, dataset, self.num_latents)

    def from_arrays(self, stored: Stored) -> FittedLatents:
        """What was fitted, from what its `to_arrays` gave."""
        return opened("vlgp", self, stored)

    def learn(self, trials: Trials, num_latents: int, *, to_choose: bool) -> Arrays:
        """Loadings, log-rates and time constants."""
        rounds = min(self.most_rounds, ROUNDS_TO_CHOOSE) if to_choose else self.most_rounds
        found = fit(trials.counts, trials.known, num_latents, START_TAU_BINS, most_rounds=rounds)
        return found.model._asdict()

    def latents(self, learned: Arrays, trials: Trials) -> Inferred:
        """Means of the variational posterior, and the counts that it lets expect."""
        model = Model(**learned)
        found = infer(trials.counts, trials.known, model)
        turn = turn_of(model.loadings)
        spread = np.sqrt(found.variance @ (turn**2).T)
        counts = np.maximum(expected(model, found), LOWEST_RATE)
        behind = np.arange(counts.shape[1])[None, :, None] >= trials.length[:, None, None]
        each = (counts, found.mean @ turn.T, spread)
        counts, factors, spread = (np.where(behind, np.nan, values) for values in each)
        return Inferred(counts, factors, spread)

    def about(self, learned: Arrays) -> list[tuple[str, str]]:
        """Time constants."""
        return tau_in_words(learned["tau_bins"])
