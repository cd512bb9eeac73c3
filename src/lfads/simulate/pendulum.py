"""A pendulum that is pushed or not, in spikes or noisy traces (Pandarinath et al. 2018, figure S1)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lfads.checks import Problems
from lfads.data.dataset import Dataset
from lfads.data.splits import default_split
from lfads.simulate.choices import check_choices
from lfads.simulate.lorenz import readout_weights

FREQUENCY_HZ = 1.0
"""Of small swings: g/l = (2π FREQUENCY_HZ)²."""

FRICTION = 0.5
"""c, a second."""

STARTS = (1.0, -1.5)
"""Angles in radians, at rest."""

START_SPREAD = 0.1
PUSH = 3.0
"""Change of the angular velocity, in radians/s; its sign is drawn. Never enough to go over the top."""

PUSH_FROM, PUSH_SPREAD = 0.25, 0.5
"""Of the trial."""

STEP_S = 0.001

States = Float[np.ndarray, "trial 2"]


class PendulumSystem(NamedTuple):
    """What makes observations of the pendulum: latents are (state − mean) / scale.

    Neurons fire as Poisson(bin_width_s · base_rate_hz · exp(latents · weightsᵀ)); traces are
    latents · weightsᵀ and noise of deviation `noise`.
    """

    mean: Float[np.ndarray, " 2"]
    scale: Float[np.ndarray, " 2"]
    weights: Float[np.ndarray, "neuron 2"]
    base_rate_hz: float
    noise: float


class _Drawn(NamedTuple):
    system: PendulumSystem
    condition: Float[np.ndarray, " trial"]
    start: Float[np.ndarray, " trial"]
    inputs: Float[np.ndarray, "trial time"]
    push_time: Float[np.ndarray, " trial"]
    latents: Float[np.ndarray, "trial time 2"]


def simulate_pendulum(
    seed: int = 0,
    *,
    num_neurons: int = 30,
    num_bins: int = 100,
    trials_per_condition: int = 200,
    bin_width_s: float = 0.02,
    traces: bool = False,
    gain: float = 0.7,
    base_rate_hz: float = 8.0,
    noise: float = 0.5,
) -> Dataset:
    """Spikes, or noisy traces, of neurons that follow the state of a pendulum.

    θ'' = −(g/l) sin θ − c θ' + u, with (g/l)^½ = 2π/s and c = 0.5/s, starts from 1 or −1.5 radians at rest,
    each with a deviation of 0.1. In half of the trials a push u, in one bin of the middle half, changes θ'
    by ±3 radians/s. Angle and velocity, z-scored, are the latents z. Neuron n fires as
    Poisson(bin_width_s · base_rate_hz · exp(w_n · z)), or has the trace w_n · z + noise · N(0, 1), where
    entries of w_n are U(1, 2) with a random sign, scaled so that w_n has norm `gain`.

    Parameters
    ----------
    seed
        Same seed, same data.
    num_neurons, num_bins, trials_per_condition
        Sizes. The four conditions are a start, with a push or without; their trials come in turn, and every
        fifth of each validates.
    bin_width_s
        Width of a bin in seconds.
    traces
        Give real values (`signals`) instead of spikes.
    gain, base_rate_hz
        Norm of each neuron's weights, and its rate at z = 0 in spikes/s.
    noise
        Deviation of the noise of traces.

    Returns
    -------
    Dataset
        With `true_latents` (angle and velocity, z-scored), `true_inputs` (u in radians/s²), `condition`,
        trial columns `start` (radians) and `push_time` (seconds; NaN without), and, of spikes,
        `true_rates_hz`.

    Raises
    ------
    UserError
        If a size is below 1, or a number is out of range.

    Examples
    --------
    >>> simulate_pendulum(trials_per_condition=5)
    Dataset(Session('pendulum': 20 trials, 100 bins, 30 neurons); 20 ms bins)
    """
    problems = Problems("simulate_pendulum")
    sizes = {
        "num_neurons": num_neurons, "num_bins": num_bins,
        "trials_per_condition": trials_per_condition,
    }  # fmt: skip
    check_choices(problems, sizes, seed=seed, gain=gain, bin_width_s=bin_width_s)
    for name, value in (("base_rate_hz", base_rate_hz), ("noise", noise)):
        problems.require(0 < value < np.inf, f"`{name}` must be positive; got {value}")
    problems.raise_if_any()

    rng = np.random.default_rng(seed)
    drawn = _drawn(
        rng, num_neurons, num_bins, trials_per_condition, bin_width_s, gain, base_rate_hz, noise
    )
    drive = drive_of(drawn.system, drawn.latents)
    if traces:
        values = {
            "signals": drive + noise * rng.normal(size=drive.shape),
            "observation": "gaussian",
        }
    else:
        rates_hz = base_rate_hz * np.exp(drive)
        values = {
            "spikes": rng.poisson(rates_hz * bin_width_s),
            "true_rates_hz": rates_hz.astype(np.float32),
        }
    return Dataset.from_arrays(
        **values,
        bin_width_s=bin_width_s,
        split=default_split(len(drawn.condition), drawn.condition),
        condition=drawn.condition,
        true_latents=drawn.latents.astype(np.float32),
        true_inputs=drawn.inputs[:, :, None],
        trial_table={"start": drawn.start, "push_time": drawn.push_time},
        name="pendulum",
        source=f"simulate_pendulum(seed={seed})",
    )


def pendulum_system(
    seed: int = 0,
    *,
    num_neurons: int = 30,
    num_bins: int = 100,
    trials_per_condition: int = 200,
    bin_width_s: float = 0.02,
    gain: float = 0.7,
    base_rate_hz: float = 8.0,
    noise: float = 0.5,
) -> PendulumSystem:
    """The system behind `simulate_pendulum` of the same choices, for those who may know it.

    >>> pendulum_system(num_neurons=5, trials_per_condition=1).weights.shape
    (5, 2)
    """
    rng = np.random.default_rng(seed)
    return _drawn(
        rng, num_neurons, num_bins, trials_per_condition, bin_width_s, gain, base_rate_hz, noise
    ).system


def drive_of(
    system: PendulumSystem, latents: Float[np.ndarray, "trial time 2"]
) -> Float[np.ndarray, "trial time neuron"]:
    """What latents give to each neuron: the trace without noise, or the logarithm of its rate."""
    return np.einsum("rtk,nk->rtn", latents, system.weights)


def _drawn(
    rng: np.random.Generator,
    num_neurons: int,
    num_bins: int,
    trials_per_condition: int,
    bin_width_s: float,
    gain: float,
    base_rate_hz: float,
    noise: float,
) -> _Drawn:
    condition = np.tile(np.arange(4), trials_per_condition)
    start = np.asarray(STARTS)[condition // 2] + START_SPREAD * rng.normal(size=len(condition))
    inputs, push_time = _pushes(rng, condition % 2 == 1, num_bins, bin_width_s)
    states = pendulum_states(np.stack([start, np.zeros_like(start)], axis=1), inputs, bin_width_s)
    mean, scale = states.mean((0, 1)), states.std((0, 1))
    weights = readout_weights(rng, num_neurons, 2, gain)
    system = PendulumSystem(mean, scale, weights, base_rate_hz, noise)
    return _Drawn(system, condition, start, inputs, push_time, (states - mean) / scale)


def _pushes(
    rng: np.random.Generator, pushed: np.ndarray, num_bins: int, bin_width_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """u in every bin, and the time of the push in those trials that have one."""
    when = ((PUSH_FROM + PUSH_SPREAD * rng.random(len(pushed))) * num_bins).astype(int)
    size = rng.choice([-1.0, 1.0], len(pushed)) * PUSH / bin_width_s
    inputs = np.zeros((len(pushed), num_bins))
    inputs[np.arange(len(pushed)), when] = np.where(pushed, size, 0.0)
    return inputs, np.where(pushed, when * bin_width_s, np.nan)


def pendulum_states(
    start: States, inputs: Float[np.ndarray, "trial time"], bin_width_s: float
) -> Float[np.ndarray, "trial time 2"]:
    """Angle and velocity at the end of each bin, by Runge-Kutta steps of a millisecond or less."""
    num_steps = max(1, int(np.ceil(bin_width_s / STEP_S - 1e-9)))
    step, state = bin_width_s / num_steps, start
    states = np.empty((*inputs.shape, 2))
    for time in range(inputs.shape[1]):
        for _ in range(num_steps):
            k1 = pendulum_derivative(state, inputs[:, time])
            k2 = pendulum_derivative(state + 0.5 * step * k1, inputs[:, time])
            k3 = pendulum_derivative(state + 0.5 * step * k2, inputs[:, time])
            k4 = pendulum_derivative(state + step * k3, inputs[:, time])
            state = state + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states[:, time] = state
    return states


def pendulum_derivative(state: States, push: Float[np.ndarray, " trial"]) -> States:
    """Change of angle and velocity a second."""
    angle, velocity = state.T
    pull = -((2 * np.pi * FREQUENCY_HZ) ** 2) * np.sin(angle)
    return np.stack([velocity, pull - FRICTION * velocity + push], axis=1)
