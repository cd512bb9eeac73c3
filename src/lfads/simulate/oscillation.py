"""Slow dynamics with a fast oscillation on top, in spikes and in a local field potential.

What Pandarinath et al. 2018 showed of recordings, that rates keep oscillations which smoothing wipes out,
can be tested here, since the oscillation and its phase in each trial are known.
"""

import numpy as np
from jaxtyping import Float

from lfads.checks import Problems
from lfads.data.dataset import Dataset
from lfads.data.splits import default_split
from lfads.simulate.choices import check_choices
from lfads.simulate.lorenz import readout_weights

SLOW_HZ, SLOW_DECAY_S = 1.5, 0.8
"""The slow latents turn, and decay."""

START_SPREAD = 0.2
"""Deviation of a trial's slow start from its condition's, of length 1."""

AMPLITUDE_SPREAD = 0.2
"""Of the oscillation over trials: log-normal about 1."""


def simulate_oscillation(
    seed: int = 0,
    *,
    num_neurons: int = 60,
    num_bins: int = 200,
    num_conditions: int = 4,
    trials_per_condition: int = 60,
    bin_width_s: float = 0.005,
    frequency_hz: float = 25.0,
    gain: float = 0.6,
    oscillation: float = 0.6,
    base_rate_hz: float = 15.0,
    noise: float = 1.0,
) -> Dataset:
    """Spikes of neurons that follow a slow rotation and a fast oscillation, and its field potential.

    The slow latents s turn at 1.5 Hz and decay with 0.8 s from a start on a circle, whose angle is the
    condition's, with a deviation of 0.2. The oscillation of trial r is a_r (cos, sin)(2π f t + φ_r), with
    φ_r ~ U(0, 2π) and log a_r ~ N(0, 0.2²): an average over trials shows nothing of it. Neuron n fires as
    Poisson(bin_width_s · base_rate_hz · exp(w_n · s + `oscillation` a_r cos(2π f t + φ_r - ψ_n))), where
    ψ_n ~ U(0, 2π) is its preferred phase, and w_n has norm `gain`. The field potential is
    a_r cos(2π f t + φ_r) + `noise` · N(0, 1), both of the middle of each bin.

    Parameters
    ----------
    seed
        Same seed, same data.
    num_neurons, num_bins, num_conditions, trials_per_condition
        Sizes. Trials of the conditions come in turn, and every fifth of each validates.
    bin_width_s
        Width of a bin in seconds.
    frequency_hz
        f, below half a cycle a bin.
    gain, oscillation
        How strongly log-rates follow the slow latents and the oscillation.
    base_rate_hz
        Rate of each neuron at rest, in spikes/s.
    noise
        Deviation of the field potential's noise; its oscillation has amplitude 1.

    Returns
    -------
    Dataset
        With `true_rates_hz`, `true_latents` (the two slow ones, then the oscillation's cosine and sine),
        behaviour `lfp` (a.u.), `condition`, and trial columns `phase` (radians, φ_r) and `amplitude` (a_r).

    Raises
    ------
    UserError
        If a size is below 1, or a number is out of range.

    References
    ----------
    Pandarinath et al. (2018), Nature Methods 15:805-815.

    Examples
    --------
    >>> simulate_oscillation(trials_per_condition=5)
    Dataset(Session('oscillation': 20 trials, 200 bins, 60 neurons); 5 ms bins)
    """
    problems = Problems("simulate_oscillation")
    sizes = {
        "num_neurons": num_neurons, "num_bins": num_bins, "num_conditions": num_conditions,
        "trials_per_condition": trials_per_condition,
    }  # fmt: skip
    check_choices(problems, sizes, seed=seed, gain=gain, bin_width_s=bin_width_s)
    for name, value in (("oscillation", oscillation), ("noise", noise)):
        problems.require(0 <= value < np.inf, f"`{name}` must be 0 or more; got {value}")
    for name, value in (("frequency_hz", frequency_hz), ("base_rate_hz", base_rate_hz)):
        problems.require(0 < value < np.inf, f"`{name}` must be positive; got {value}")
    problems.require(
        problems.found != [] or frequency_hz < 0.5 / bin_width_s,
        f"`frequency_hz` must be below {0.5 / max(bin_width_s, 1e-12):g}, which is half a cycle a bin; got "
        f" {frequency_hz}: choose a smaller `bin_width_s`",
    )
    problems.raise_if_any()

    rng = np.random.default_rng(seed)
    condition = np.tile(np.arange(num_conditions), trials_per_condition)
    time_s = (np.arange(num_bins) + 0.5) * bin_width_s
    slow = _slow(rng, 2 * np.pi * condition / num_conditions, time_s)
    phase = rng.uniform(0, 2 * np.pi, len(condition))
    amplitude = np.exp(AMPLITUDE_SPREAD * rng.normal(size=len(condition)))
    angle = 2 * np.pi * frequency_hz * time_s + phase[:, None]
    fast = amplitude[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    preferred = rng.uniform(0, 2 * np.pi, num_neurons)
    weights = np.concatenate(
        [
            readout_weights(rng, num_neurons, 2, gain),
            oscillation * np.stack([np.cos(preferred), np.sin(preferred)], axis=1),
        ],
        axis=1,
    )
    latents = np.concatenate([slow, fast], axis=-1)
    rates_hz = base_rate_hz * np.exp(np.einsum("rtk,nk->rtn", latents, weights))
    potential = fast[:, :, 0] + noise * rng.normal(size=angle.shape)
    return Dataset.from_arrays(
        rng.poisson(rates_hz * bin_width_s),
        bin_width_s=bin_width_s,
        split=default_split(len(condition), condition),
        condition=condition,
        behavior={"lfp": potential},
        true_rates_hz=rates_hz.astype(np.float32),
        true_latents=latents.astype(np.float32),
        trial_table={"phase": phase, "amplitude": amplitude},
        name="oscillation",
        source=f"simulate_oscillation(seed={seed})",
    )


def _slow(
    rng: np.random.Generator, angle: Float[np.ndarray, " trial"], time_s: Float[np.ndarray, " time"]
) -> Float[np.ndarray, "trial time 2"]:
    """exp((2πi · 1.5 Hz - 1 / 0.8 s) t) from a start near a point of the circle."""
    deviation = START_SPREAD * rng.normal(size=(2, len(angle)))
    start = np.exp(1j * angle) + deviation[0] + 1j * deviation[1]
    course = start[:, None] * np.exp((2j * np.pi * SLOW_HZ - 1 / SLOW_DECAY_S) * time_s)
    return np.stack([np.real(course), np.imag(course)], axis=-1)
