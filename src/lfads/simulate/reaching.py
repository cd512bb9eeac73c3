"""A delayed reaching task with known answers: rotations, a plan, a go signal, reaction times, cursor jumps.

What the analyses of Pandarinath et al. 2018 (figures 2 to 5) ought to find in it is known exactly.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Complex, Float

from lfads.checks import Problems
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.data.splits import default_split
from lfads.simulate.choices import check_choices
from lfads.simulate.reaching_dynamics import (
    BEGIN_S,
    NUM_LATENTS,
    STEP_S,
    Course,
    Trials,
    courses,
    drawn_trials,
    from_target,
    ideal_plans,
    onsets,
)

WINDOW_S = (-0.3, 0.7)
WINDOW_OF_JUMPS_S = (-0.2, 0.9)
WINDOW_OF_TARGETS_S = (-0.1, 0.9)
BASE_RATES_HZ = (3.0, 18.0)
HIGHEST_RATE_HZ = 120.0
WEIGHT = 0.55
WEIGHT_OF_PLAN, WEIGHT_OF_MOVEMENT, WEIGHT_OF_SIGNAL = 0.6, 1.6, 1.3
SHARED_SIGNAL = 0.27
"""Added to each neuron's weight of the condition-independent signal, in its own sign."""

_AT_ONCE = 64  # trials whose rates are computed together, each millisecond of them


class Neurons(NamedTuple):
    """Log-rates at rest, in log spikes/s, and weights of the latents."""

    base: Float[np.ndarray, " neuron"]
    weights: Float[np.ndarray, "neuron latent"]


class ReachingSystem(NamedTuple):
    """The same in all trials: neurons of each session, plans of conditions, and how plans scatter."""

    neurons: tuple[Neurons, ...]
    plans: Complex[np.ndarray, "condition 2"]
    plan_noise: float


def simulate_reaching(
    seed: int = 0,
    *,
    num_neurons: int = 80,
    num_sessions: int = 1,
    num_directions: int = 8,
    num_bends: int = 3,
    trials_per_condition: int = 20,
    bin_width_s: float = 0.01,
    jumps: bool = False,
    plan_noise: float = 0.3,
    go_cue_as_input: bool = False,
    around: str = "go",
) -> Dataset:
    """Spikes of neurons that plan and make reaches of several directions and bends.

    Nine latents: a plan (two complex numbers, held until the trigger), movement (two complex numbers that
    turn at 1.6 and -1.1 Hz and decay with 0.22 s, started by the plan), and a condition-independent signal.
    `reaching_dynamics` has the equations. A neuron fires as Poisson with log-rate b + w · latents, at most
    120 spikes/s; b is log U(3, 18) and w is 0.55 N(0, s²), s 0.6 for the plan, 1.6 for movement, 1.3 for
    the signal, to whose weight 0.27 is added in its own sign. Time is that from the go cue.

    Parameters
    ----------
    seed
        Same seed, same data. Each session has neurons and trials of its own, of the same system.
    num_neurons, num_sessions, num_directions, num_bends, trials_per_condition
        Sizes, for each session. A condition is a direction and a bend; its trials are spread over the
        session, and every fifth of them validates.
    bin_width_s
        Width of a bin, a whole number of milliseconds.
    jumps
        The cursor jumps to a side in two of three trials, and the reach is corrected: trials last from
        -0.2 to 0.9 s, without from -0.3 to 0.7 s.
    plan_noise
        Deviation of a trial's plan from its condition's.
    go_cue_as_input
        Give the go cue as a measured input, 1 in its bin.
    around
        What is time 0: `go`, the go cue, or `target_on`: the same trials from -0.1 to 0.9 s around the
        onset of the target, and all times from it.

    Returns
    -------
    Dataset
        With `true_rates_hz`, `true_latents` (plan 1, plan 2, movement 1, movement 2, each its two
        dimensions, and the signal), `true_inputs` (the trigger, 1 in its bin; with jumps also the
        correction, its two dimensions), behaviour `hand_velocity` (m/s) and `hand_position` (m), and trial
        columns `direction` (degrees), `bend`, `target_on`, `go`, `trigger`, `reaction_time` (seconds from
        time 0; the last always from go), with jumps also `jump_time` and `jump_side` (1: to the left).

    Raises
    ------
    UserError
        If a size is below 1, or a number is out of range.

    Examples
    --------
    >>> simulate_reaching(num_neurons=20, num_bends=1, trials_per_condition=5)
    Dataset(Session('reaching': 40 trials, 100 bins, 20 neurons); 10 ms bins)
    """
    problems = Problems("simulate_reaching")
    sizes = {
        "num_neurons": num_neurons, "num_sessions": num_sessions, "num_directions": num_directions,
        "num_bends": num_bends, "trials_per_condition": trials_per_condition,
    }  # fmt: skip
    check_choices(problems, sizes, seed=seed, gain=plan_noise, bin_width_s=bin_width_s)
    steps = bin_width_s / STEP_S
    problems.require(
        problems.found != [] or (steps >= 1 and abs(steps - round(steps)) < 1e-6),
        f"`bin_width_s` must be a whole number of milliseconds; got {bin_width_s}",
    )
    problems.require(
        around in ("go", "target_on"), f"`around` must be `go` or `target_on`; got {around!r}"
    )
    problems.raise_if_any()
    sessions = tuple(
        _session(
            np.random.default_rng((seed, number)),
            f"session_{number + 1}" if num_sessions > 1 else "reaching",
            num_neurons, (num_directions, num_bends, trials_per_condition), bin_width_s,
            plan_noise, jumps, go_cue_as_input, around,
        )
        for number in range(num_sessions)
    )  # fmt: skip
    return Dataset(
        sessions=sessions,
        bin_width_s=bin_width_s,
        start_s=_window_s(around, jumps=jumps)[0],
        source=f"simulate_reaching(seed={seed})",
    )


def reaching_system(
    seed: int = 0,
    *,
    num_neurons: int = 80,
    num_sessions: int = 1,
    num_directions: int = 8,
    num_bends: int = 3,
    plan_noise: float = 0.3,
) -> ReachingSystem:
    """The system that `simulate_reaching` takes spikes from, if it is given the same.

    Examples
    --------
    >>> system = reaching_system(num_neurons=20)
    >>> system.neurons[0].weights.shape, system.plans.shape
    ((20, 9), (24, 2))
    """
    neurons = tuple(
        _neurons(np.random.default_rng((seed, number)), num_neurons)
        for number in range(num_sessions)
    )
    reaches = _reaches(np.arange(num_directions * num_bends), num_directions, num_bends)
    return ReachingSystem(neurons, ideal_plans(*reaches), plan_noise)


def _session(
    rng: np.random.Generator, name: str, num_neurons: int, sizes: tuple[int, int, int],
    bin_width_s: float, plan_noise: float, jumps: bool, go_cue_as_input: bool, around: str,
) -> Session:  # fmt: skip
    num_directions, num_bends, repeats = sizes
    neurons = _neurons(rng, num_neurons)
    condition = rng.permutation(np.tile(np.arange(num_directions * num_bends), repeats))
    angle, bend = _reaches(condition, num_directions, num_bends)
    trials = drawn_trials(rng, angle, bend, plan_noise, jumps=jumps)
    start, stop = _window_s(around, jumps=jumps)
    # Until the same time whatever is time 0: the same trials, noise of the velocity included.
    course, go = courses(trials, _window_s("go", jumps=jumps)[1]), np.zeros(len(condition))
    reaction_time = onsets(course.velocity)
    if around == "target_on":
        go = -trials.target_on
        trials, course = from_target(trials, course, stop)
    window = Window(start, stop, bin_width_s)
    rates_hz = _rates(window.steps_of(course.latents), neurons, window.steps)
    inputs = window.inputs(trials, course, jumps=jumps)
    cue = np.broadcast_to(window.marked(go), (len(condition), window.num_bins, 1))
    position = np.cumsum(course.velocity, axis=1) * STEP_S
    return Dataset.from_arrays(
        rng.poisson(rates_hz * bin_width_s),
        bin_width_s=bin_width_s,
        split=default_split(len(condition), condition),
        condition=condition,
        external_inputs=cue if go_cue_as_input else None,
        true_rates_hz=rates_hz.astype(np.float32),
        true_latents=window.binned(course.latents).astype(np.float32),
        true_inputs=inputs,
        behavior={
            "hand_velocity": window.binned(course.velocity),
            "hand_position": window.binned(position),
        },
        trial_table=_columns(trials, go, reaction_time, jumps=jumps),
        name=name,
    ).session


def _window_s(around: str, *, jumps: bool) -> tuple[float, float]:
    of_go = WINDOW_OF_JUMPS_S if jumps else WINDOW_S
    return of_go if around == "go" else WINDOW_OF_TARGETS_S


def _reaches(
    condition: np.ndarray, num_directions: int, num_bends: int
) -> tuple[np.ndarray, np.ndarray]:
    """Angles (radians) and bends of conditions."""
    direction, bend = np.divmod(condition, num_bends)
    bends = np.linspace(-1, 1, num_bends) if num_bends > 1 else np.zeros(1)
    return 2 * np.pi * direction / num_directions, bends[bend]


def _neurons(rng: np.random.Generator, num: int) -> Neurons:
    base = np.log(rng.uniform(*BASE_RATES_HZ, num))
    each = [WEIGHT_OF_PLAN] * 4 + [WEIGHT_OF_MOVEMENT] * 4 + [WEIGHT_OF_SIGNAL]
    weights = WEIGHT * rng.normal(size=(num, NUM_LATENTS)) * each
    weights[:, -1] += SHARED_SIGNAL * np.sign(weights[:, -1])
    return Neurons(base, weights)


def _rates(
    latents: Float[np.ndarray, "trial step latent"],
    neurons: Neurons,
    steps: int,
) -> Float[np.ndarray, "trial time neuron"]:
    """Rates of bins, in spikes/s: the mean of those of their milliseconds."""
    num_trials, num_steps, _ = latents.shape
    rates = np.empty((num_trials, num_steps // steps, len(neurons.base)))
    for first in range(0, num_trials, _AT_ONCE):
        here = slice(first, first + _AT_ONCE)
        # Sums of products in a fixed order, whatever library multiplies matrices.
        drive = np.einsum("tsl,nl->tsn", latents[here], neurons.weights) + neurons.base
        now = np.minimum(np.exp(drive), HIGHEST_RATE_HZ)
        rates[here] = now.reshape(len(now), -1, steps, len(neurons.base)).mean(2)
    return rates


class Window:
    """The bins of the data among the milliseconds of the simulation."""

    def __init__(self, start_s: float, stop_s: float, bin_width_s: float) -> None:
        self.steps = round(bin_width_s / STEP_S)
        self.num_bins = round((stop_s - start_s) / STEP_S) // self.steps
        self.start_s, self.width_s = start_s, bin_width_s
        self.first = round((start_s - BEGIN_S) / STEP_S)

    def steps_of(self, values: np.ndarray) -> np.ndarray:
        """The milliseconds that lie in bins."""
        return values[:, self.first : self.first + self.num_bins * self.steps]

    def binned(self, values: np.ndarray) -> np.ndarray:
        """Means of bins."""
        inside = self.steps_of(values)
        return inside.reshape(len(inside), self.num_bins, self.steps, -1).mean(2)

    def marked(self, times_s: np.ndarray) -> np.ndarray:
        """1 in the bin of a time of each trial, `trial time 1`."""
        place = np.floor((times_s - self.start_s) / self.width_s + 1e-9).astype(int)
        return (np.arange(self.num_bins) == place[:, None]).astype(float)[:, :, None]

    def inputs(self, trials: Trials, course: Course, *, jumps: bool) -> np.ndarray:
        """The trigger, and the correction of the two dimensions that it acts on."""
        trigger = self.marked(trials.trigger)
        if not jumps:
            return trigger
        correction = np.stack([np.real(course.correction), np.imag(course.correction)], axis=-1)
        return np.concatenate([trigger, self.binned(correction)], axis=-1)


def _columns(
    trials: Trials, go: np.ndarray, reaction_time: np.ndarray, *, jumps: bool
) -> dict[str, np.ndarray]:
    found = {
        "direction": np.degrees(trials.angle),
        "bend": trials.bend,
        "target_on": trials.target_on,
        "go": go,
        "trigger": trials.trigger,
        "reaction_time": reaction_time,
    }
    if jumps:
        jumped = trials.jump_side != 0
        found["jump_time"] = np.where(jumped, trials.jump, np.nan)
        found["jump_side"] = trials.jump_side
    return found
