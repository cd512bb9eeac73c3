"""How slowly latents that are Gaussian processes vary, learned from their second moments over time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from lfads.baselines.gaussian_process import NOISE

_STEPS = 8  # of the optimiser a round: the next one goes on


class Second(NamedTuple):
    """Sums over trials of one length for the time constants: Σ E[x x'] of each latent, and how many."""

    moments: Float[np.ndarray, "latent time time"]
    num_trials: int


def time_constants(
    tau_bins: Float[np.ndarray, " latent"], seconds: Sequence[Second]
) -> Float[np.ndarray, " latent"]:
    """The time constant of each latent, a few steps better than before."""
    longest = max(one.moments.shape[1] for one in seconds)
    bounds = [(np.log(0.3), np.log(10.0 * longest))]
    found = np.empty_like(tau_bins)
    for latent, before in enumerate(tau_bins):
        result = minimize(
            cost_of_tau, np.log([before]), jac=True, method="L-BFGS-B", bounds=bounds,
            args=([(one.moments[latent], one.num_trials) for one in seconds],),
            options={"maxiter": _STEPS},
        )  # fmt: skip
        found[latent] = np.exp(result.x[0])
    return found


def cost_of_tau(
    log_tau: np.ndarray, seconds: Sequence[tuple[np.ndarray, int]]
) -> tuple[float, np.ndarray]:
    """½ Σ [tr(K⁻¹ Σ E[x x']) + n log |K|], and its slope along log τ."""
    cost, slope = 0.0, 0.0
    for moments, number in seconds:
        num_bins = len(moments)
        apart = np.subtract.outer(np.arange(num_bins), np.arange(num_bins)).astype(np.float64)
        squared = (apart / np.exp(log_tau[0])) ** 2
        smooth = (1 - NOISE) * np.exp(-0.5 * squared)
        factor = cho_factor(smooth + NOISE * np.eye(num_bins), lower=True, check_finite=False)
        inverse = cho_solve(factor, np.eye(num_bins), check_finite=False)
        change = smooth * squared  # dK / d log τ
        cost += (inverse * moments).sum() + 2 * number * np.log(np.diag(factor[0])).sum()
        # tr(K⁻¹ dK) and tr(K⁻¹ dK K⁻¹ M), all matrices symmetric
        slope += number * (inverse * change).sum()
        slope -= (inverse @ change @ inverse * moments).sum()
    return 0.5 * float(cost), np.array([0.5 * slope])
