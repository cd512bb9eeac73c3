"""Gaussian-process factor analysis (Yu et al. 2009): latents that vary smoothly, each at its own pace.

Square roots of counts are a linear readout of the latents with Gaussian noise; latents of a trial are
inferred exactly from all of its encoded samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lfads.baselines.baseline import Stored
from lfads.baselines.gaussian_process import Model, grouped, posterior, predicted
from lfads.baselines.gpfa_fit import MOST_ROUNDS, fit
from lfads.baselines.latent_method import Arrays, Inferred, Trials
from lfads.baselines.latents import FittedLatents, fit_sessions, opened, tau_in_words, turn_of
from lfads.baselines.latents_choice import NUM_LATENTS, candidates_of, check_candidates
from lfads.baselines.roots import mean_of_root, mean_over_roots, roots_of_some
from lfads.baselines.wider_bins import complete, groups_of, summed
from lfads.checks import Problems, is_whole
from lfads.data.dataset import Dataset

START_TAU_BINS = 10.0
"""Where time constants start."""

BINS_TOGETHER = (1, 2, 4)
"""To choose from."""

ROUNDS_TO_CHOOSE = 40
"""Of expectation and maximisation, while numbers of latents are compared."""


@dataclass(frozen=True)
class GPFA:
    """Gaussian-process factor analysis of square roots of counts.

    x_k ~ GP(0, K_k), K_k(s, t) = (1 - ε) exp(-(s - t)²/2τ_k²) + ε δ(s, t), ε = 10⁻³
    √y_t = C x_t + d + N(0, diag R)

    C, d, R and τ are those of largest likelihood on the training trials, by expectation and maximisation.
    Every session is fitted by itself. Held-out neurons, forward bins and missing samples are left out of
    inference, exactly. The rate is that of the Poisson counts whose mean square root is C x + d, averaged
    over the posterior if bins are taken together. Factors are the latents turned to orthonormal axes, as in
    the paper.

    Parameters
    ----------
    num_latents
        How many latents; several to choose from, by how well neurons are predicted from the others on
        validation trials (or the held-out neurons, if there are any). Where none of them predicts
        anything, rates are constant.
    most_rounds
        Of expectation and maximisation.
    bins_together
        Counts of so many successive bins are summed, from the start of each trial, before roots are taken:
        the root of counts that are 0 or 1 changes nothing. Several to choose from, as for latents and
        before them, with the middle one of `num_latents`. Sums are fitted where all of their samples are
        known. Where only some are, at the end of a trial or beside missing ones, inference takes the sum
        with that share of the precision. Latents return to the data's own bins by their kernels.

    References
    ----------
    Yu et al. (2009), J. Neurophysiol. 102:614-635.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.5, (20, 30, 4))
    >>> dataset = Dataset.from_arrays(counts, bin_width_s=0.02)
    >>> fitted = GPFA(num_latents=2, most_rounds=10).fit(dataset)
    >>> fitted.infer(dataset).factors.dims
    ('trial', 'time', 'factor')
    """

    num_latents: int | Sequence[int] = NUM_LATENTS
    most_rounds: int = MOST_ROUNDS
    bins_together: int | Sequence[int] = BINS_TOGETHER

    def __post_init__(self) -> None:
        problems = Problems("gpfa")
        check_candidates(problems, "num_latents", self.num_latents)
        check_rounds(problems, self.most_rounds)
        check_candidates(problems, "bins_together", self.bins_together)
        problems.raise_if_any()

    def fit(self, dataset: Dataset) -> FittedLatents:
        """Choose and fit for each session; a UserError for signals, or without training trials."""
        methods = {
            width: replace(self, bins_together=width) for width in candidates_of(self.bins_together)
        }
        return fit_sessions("gpfa", self, dataset, self.num_latents, methods)

    def from_arrays(self, stored: Stored) -> FittedLatents:
        """What was fitted, from what its `to_arrays` gave."""
        return opened("gpfa", self, stored)

    def learn(self, trials: Trials, num_latents: int, *, to_choose: bool) -> Arrays:
        """Loadings, offsets, noise and time constants of largest likelihood, all of the wider bins."""
        (together,) = candidates_of(self.bins_together)
        rounds = min(self.most_rounds, ROUNDS_TO_CHOOSE) if to_choose else self.most_rounds
        wide = complete(trials, together) if together > 1 else trials
        found = fit(
            np.sqrt(wide.counts), wide.known, wide.length, num_latents, START_TAU_BINS / together,
            most_rounds=rounds,
        )  # fmt: skip
        return {**found.model._asdict(), "bins_together": np.array(together)}

    def latents(self, learned: Arrays, trials: Trials) -> Inferred:
        """Posterior means of the latents, and the counts that they let expect."""
        model, together = Model(*(learned[name] for name in Model._fields)), _together(learned)
        counts = np.full(trials.counts.shape, np.nan)
        factors = np.full((*counts.shape[:2], len(model.tau_bins)), np.nan)
        spread, turn = factors.copy(), turn_of(model.loadings)
        for alike in grouped(trials.known, trials.length):
            place = (alike.trials, slice(len(alike.known)))
            mean, of_bins = _inferred(model, together, trials.counts[place], alike.known)
            roots = mean @ model.loadings.T + model.offset
            if together > 1:
                spread_of = np.einsum("nk,tkl,nl->tn", model.loadings, of_bins, model.loadings)
                counts[place] = mean_over_roots(roots, spread_of) / together
            else:  # about a line for small counts, where spread changes nothing
                counts[place] = mean_of_root(roots)
            factors[place] = mean @ turn.T
            turned = np.einsum("ik,tkl,il->ti", turn, of_bins, turn)
            spread[place] = np.sqrt(np.maximum(turned, 0.0))
        return Inferred(counts, factors, spread)

    def about(self, learned: Arrays) -> list[tuple[str, str]]:
        """How many bins are taken together, and time constants."""
        together = _together(learned)
        return [("bins together", str(together)), *tau_in_words(together * learned["tau_bins"])]


def _together(learned: Arrays) -> int:
    return int(learned.get("bins_together", 1))  # older files have none


def _inferred(
    model: Model, together: int, counts: np.ndarray, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Means and covariances of the latents of trials alike, in their own bins."""
    if together == 1:
        found = posterior(model, np.sqrt(counts), known)
        return found.mean, found.of_bins
    share, times = groups_of(known, together)
    roots = np.sqrt(summed(np.where(known, counts, 0.0), together))
    own_bins = np.arange(len(known), dtype=np.float64)
    return predicted(
        model,
        roots_of_some(roots, share, model.offset),
        share,
        times / together,
        own_bins / together,
    )


def check_rounds(problems: Problems, most_rounds: int) -> None:
    """Note a number of rounds that is none."""
    problems.require(
        is_whole(most_rounds) and most_rounds > 0,
        f"`most_rounds=` must be a whole number above 0; got {most_rounds!r}",
    )
