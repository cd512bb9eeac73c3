"""What spikes of a trial tell of the Lorenz system by one who knows it.

The system is deterministic: a trial is a start that is not known, three numbers, and its prior is that of
the simulation. Many starts are drawn from it and run as the simulation runs them. A trial's posterior means
are averages over these draws, each weighed by the Poisson likelihood of all bins and neurons of the trial:
plain importance sampling. The squared error that it adds is the posterior's variance over the number of
effective draws. Nothing is refined around the best draws, because nothing needs to be: trials share the
draws, so that hundreds of thousands cost seconds.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.paper.trials import fewer_trials
from lfads.results import Posterior
from lfads.simulate.lorenz import LorenzSystem, lorenz_starts, lorenz_states

NUM_DRAWS = 200_000
NUM_RESAMPLED = 1000
"""Of a trial's draws, by weight, that its rates are averages of."""

MOST_TRAINING = 100
STEP = 0.01
"""Lorenz time units of a Runge-Kutta step: off by 0.001 after 2 units, where states deviate by 8."""

_AT_ONCE = 5000  # draws that are run together: they stay in the processor's cache
_TRIALS_AT_ONCE = 40

Draws = Float[np.ndarray, "draw time 3"]


class _Estimates(NamedTuple):
    factors: Float[np.ndarray, "trial time 3"]
    rates_hz: Float[np.ndarray, "trial time neuron"]
    effective_draws: Float[np.ndarray, " trial"]


def lorenz_ceiling(
    dataset: Dataset,
    system: LorenzSystem,
    seed: int = 0,
    *,
    num_draws: int = NUM_DRAWS,
    most_training: int = MOST_TRAINING,
    most_validation: int | None = None,
) -> Posterior:
    """Posterior means of latents and rates, from the spikes of single trials and the system.

    Parameters
    ----------
    dataset
        Of `simulate_lorenz`; its truth is not looked at.
    system
        Of `lorenz_system`.
    seed
        Of the draws.
    num_draws
        Starts that are drawn from their prior.
    most_training, most_validation
        How many trials, evenly spread; None for all that validate.

    Returns
    -------
    Posterior
        `factors` are the latents. The attributes `effective_draws_least` and `effective_draws_median` say
        how many equally weighted draws the estimate of a trial is worth, over trials.
    """
    session = fewer_trials(dataset, most_training, most_validation).session
    rng = np.random.default_rng(seed)
    draws = _draws(system, rng, num_draws, session.num_bins)
    found = _estimates(session.spikes, draws, system, dataset.bin_width_s, rng)
    variables = {
        "factors": Variable(found.factors, ("trial", "time", "factor")),
        "rates": Variable(found.rates_hz, ("trial", "time", "neuron"), "spikes/s"),
    }
    about = {
        "observation": "poisson",
        "source": dataset.source,
        "effective_draws_least": float(found.effective_draws.min()),
        "effective_draws_median": float(np.median(found.effective_draws)),
    }
    results = labelled_results(variables, session, dataset, attributes=about)
    return Posterior({session.name: results})


def _draws(system: LorenzSystem, rng: np.random.Generator, num: int, num_bins: int) -> Draws:
    """Latents of so many trials of the prior, in single precision."""
    starts, draws = lorenz_starts(rng, num), np.empty((num, num_bins, 3), np.float32)
    for first in range(0, num, _AT_ONCE):
        now = slice(first, first + _AT_ONCE)
        draws[now] = system.latents(
            lorenz_states(starts[now], num_bins, system.units_per_bin, step=STEP)
        )
    return draws


def _estimates(
    counts: np.ndarray,
    draws: Draws,
    system: LorenzSystem,
    bin_width_s: float,
    rng: np.random.Generator,
) -> _Estimates:
    """Averages over draws weighed by their likelihood.

    The log-likelihood is Σ_t z_t · (Σ_n y_tn w_n) less the expected count of the trial, and what does not
    depend on the draw.
    """
    num_trials, num_bins, num_neurons = counts.shape
    system = system._replace(weights=system.weights.astype(np.float32))
    rows = draws.reshape(len(draws), -1)
    seen = np.einsum("rtn,nk->rtk", counts, system.weights).reshape(num_trials, -1)
    expected = np.concatenate([
        bin_width_s * system.rates_hz(draws[first : first + _AT_ONCE]).sum((1, 2))
        for first in range(0, len(draws), _AT_ONCE)
    ])  # fmt: skip
    factors = np.empty((num_trials, num_bins, 3))
    rates_hz = np.empty((num_trials, num_bins, num_neurons))
    effective = np.empty(num_trials)
    for first in range(0, num_trials, _TRIALS_AT_ONCE):
        now = slice(first, first + _TRIALS_AT_ONCE)
        log_weights = seen[now].astype(np.float32) @ rows.T - expected.astype(np.float32)
        weights = np.exp(log_weights - log_weights.max(1, keepdims=True))
        total = weights.sum(1, keepdims=True, dtype=np.float64)
        factors[now] = ((weights @ rows) / total).reshape(-1, num_bins, 3)
        effective[now] = total[:, 0] ** 2 / (weights.astype(np.float64) ** 2).sum(1)
        for trial, own in enumerate(weights, first):
            chosen = draws[_resampled(own, rng)]
            rates_hz[trial] = system.rates_hz(chosen).mean(0, dtype=np.float64)
    return _Estimates(factors, rates_hz, effective)


def _resampled(weights: Float[np.ndarray, " draw"], rng: np.random.Generator) -> np.ndarray:
    """Draws in proportion to their weights, systematically."""
    upto = np.cumsum(weights, dtype=np.float64)
    places = (rng.random() + np.arange(NUM_RESAMPLED)) / NUM_RESAMPLED * upto[-1]
    return np.minimum(np.searchsorted(upto, places, side="right"), len(weights) - 1)
