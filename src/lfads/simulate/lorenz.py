"""Poisson neurons that read out the Lorenz system (Pandarinath et al. 2018, Supplementary Note).

Each condition is a start of the system, each trial of a condition new spikes of the same rates.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lfads.checks import Problems
from lfads.data.dataset import Dataset
from lfads.data.splits import default_split
from lfads.simulate.choices import check_choices

SIGMA, RHO, BETA = 10.0, 28.0, 8.0 / 3.0
STEP = 0.001  # Lorenz time units of one Runge-Kutta step
BURN_IN = 3.0  # Lorenz time units, to reach the attractor
UNITS_PER_SECOND = 1.0  # Lorenz time units a second at speed 1: 0.01 in 10 ms

States = Float[np.ndarray, "condition 3"]


class LorenzSystem(NamedTuple):
    """What makes rates of states: latents z are (state - mean) / scale, rates base_rate_hz exp(w_n · z)."""

    mean: Float[np.ndarray, " 3"]
    scale: Float[np.ndarray, " 3"]
    weights: Float[np.ndarray, "neuron 3"]
    base_rate_hz: float
    units_per_bin: float

    def latents(self, states: Float[np.ndarray, "*sample 3"]) -> Float[np.ndarray, "*sample 3"]:
        """States as latents."""
        return (states - self.mean) / self.scale

    def rates_hz(self, latents: Float[np.ndarray, "*sample 3"]) -> Float[np.ndarray, "..."]:
        """Rates of the neurons in spikes/s."""
        return self.base_rate_hz * np.exp(latents @ self.weights.T)


def simulate_lorenz(
    seed: int = 0,
    *,
    num_neurons: int = 30,
    num_bins: int = 100,
    num_conditions: int = 65,
    trials_per_condition: int = 20,
    bin_width_s: float = 0.01,
    speed: float = 1.0,
    gain: float = 0.7,
    base_rate_hz: float = 2.0,
) -> Dataset:
    """Spikes of neurons driven by the Lorenz system.

    The system dx = sigma (y - x), dy = x (rho - z) - y, dz = x y - beta z, with sigma 10, rho 28
    and beta 8/3, starts in each condition from N(0, 10²) + (0, 0, 25) and runs 3 time units before
    the first bin. Its states, z-scored over all conditions and bins, are the latents z. Neuron n
    fires as Poisson(bin_width_s * rate) with rate = base_rate_hz * exp(w_n · z), where the entries
    of w_n are U(1, 2) with a random sign, scaled so that w_n has norm `gain`.

    Parameters
    ----------
    seed
        Same seed, same data.
    num_neurons, num_bins, num_conditions, trials_per_condition
        Sizes. Trials of a condition follow one another; every fifth trial validates.
    bin_width_s
        Width of a bin in seconds.
    speed
        Lorenz time units a second.
    gain
        Norm of each neuron's weights.
    base_rate_hz
        Rate at z = 0, in spikes/s.

    Returns
    -------
    Dataset
        With `true_rates_hz`, `true_latents` and `condition`.

    Raises
    ------
    UserError
        If a size is below 1, or a speed or rate is not positive.

    Examples
    --------
    >>> simulate_lorenz(num_conditions=4, trials_per_condition=5)
    Dataset(Session('lorenz': 20 trials, 100 bins, 30 neurons); 10 ms bins)
    """
    problems = Problems("simulate_lorenz")
    sizes = {
        "num_neurons": num_neurons, "num_bins": num_bins, "num_conditions": num_conditions,
        "trials_per_condition": trials_per_condition,
    }  # fmt: skip
    check_choices(problems, sizes, seed=seed, gain=gain, bin_width_s=bin_width_s)
    for name, value in (("speed", speed), ("base_rate_hz", base_rate_hz)):
        problems.require(0 < value < np.inf, f"`{name}` must be positive; got {value}")
    problems.raise_if_any()

    rng = np.random.default_rng(seed)
    system, states = _drawn(
        rng, num_neurons, num_bins, num_conditions, bin_width_s, speed, gain, base_rate_hz
    )
    latents = system.latents(states)
    rates_hz = system.rates_hz(latents)
    rates_hz = np.repeat(rates_hz, trials_per_condition, axis=0)
    return Dataset.from_arrays(
        rng.poisson(rates_hz * bin_width_s),
        bin_width_s=bin_width_s,
        split=default_split(len(rates_hz)),
        condition=np.repeat(np.arange(num_conditions), trials_per_condition),
        true_rates_hz=rates_hz.astype(np.float32),
        true_latents=np.repeat(latents, trials_per_condition, axis=0),
        name="lorenz",
        source=f"simulate_lorenz(seed={seed})",
    )


def lorenz_system(
    seed: int = 0,
    *,
    num_neurons: int = 30,
    num_bins: int = 100,
    num_conditions: int = 65,
    bin_width_s: float = 0.01,
    speed: float = 1.0,
    gain: float = 0.7,
    base_rate_hz: float = 2.0,
) -> LorenzSystem:
    """The system behind `simulate_lorenz` of the same choices, for those who may know it."""
    rng = np.random.default_rng(seed)
    sizes = num_neurons, num_bins, num_conditions
    return _drawn(rng, *sizes, bin_width_s, speed, gain, base_rate_hz)[0]


def _drawn(
    rng: np.random.Generator,
    num_neurons: int,
    num_bins: int,
    num_conditions: int,
    bin_width_s: float,
    speed: float,
    gain: float,
    base_rate_hz: float,
) -> tuple[LorenzSystem, Float[np.ndarray, "condition time 3"]]:
    units_per_bin = speed * UNITS_PER_SECOND * bin_width_s
    states = lorenz_states(lorenz_starts(rng, num_conditions), num_bins, units_per_bin)
    mean, scale = states.mean((0, 1)), states.std((0, 1))
    weights = readout_weights(rng, num_neurons, 3, gain)
    return LorenzSystem(mean, scale, weights, base_rate_hz, units_per_bin), states


def lorenz_starts(rng: np.random.Generator, num: int) -> States:
    """Where conditions start, `BURN_IN` time units before the first bin."""
    return rng.normal(0.0, 10.0, (num, 3)) + np.array([0.0, 0.0, 25.0])


def readout_weights(
    rng: np.random.Generator, num_neurons: int, num_latents: int, gain: float
) -> Float[np.ndarray, "neuron latent"]:
    """Entries U(1, 2) with a random sign, scaled so that those of a neuron have norm `gain`."""
    size = rng.uniform(1.0, 2.0, (num_neurons, num_latents))
    weights = size * rng.choice([-1.0, 1.0], size.shape)
    return gain * weights / np.linalg.norm(weights, axis=1, keepdims=True)


def lorenz_states(
    start: States,
    num_bins: int,
    units_per_bin: float,
    burn_in: float = BURN_IN,
    step: float = STEP,
) -> Float[np.ndarray, "condition time 3"]:
    """States at the start of each bin, the first after `burn_in` time units.

    Fourth-order Runge-Kutta; steps are `step` time units, or a little less to fill a bin evenly.
    """
    state = _advanced(np.asfortranarray(start), burn_in, step)  # each coordinate in one piece
    states = np.empty((len(start), num_bins, 3))
    for time in range(num_bins):
        states[:, time] = state
        state = _advanced(state, units_per_bin, step)
    return states


def _advanced(state: States, units: float, step: float) -> States:
    if units == 0:
        return state
    num_steps = max(1, int(np.ceil(units / step - 1e-9)))
    for _ in range(num_steps):
        state = _runge_kutta_step(state, units / num_steps)
    return state


def _runge_kutta_step(state: States, step: float) -> States:
    k1 = lorenz_derivative(state)
    k2 = lorenz_derivative(state + 0.5 * step * k1)
    k3 = lorenz_derivative(state + 0.5 * step * k2)
    k4 = lorenz_derivative(state + step * k3)
    return state + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def lorenz_derivative(state: States) -> States:
    """Change of the state a time unit."""
    x, y, z = state.T
    return np.stack([SIGMA * (y - x), x * (RHO - z) - y, x * y - BETA * z]).T
