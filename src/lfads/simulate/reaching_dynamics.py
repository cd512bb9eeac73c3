"""The latent system of the reaching task: a plan that is held, handed over, and turned into movement.

Every dimension has one meaning, so that what an analysis ought to find is known. Complex numbers are two
real dimensions; time is in seconds from the go cue, in steps of 1 ms.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Complex, Float

STEP_S = 0.001
BEGIN_S = -0.8
"""Before any target is seen."""

DELAY_S = (0.25, 0.7)
SEEN_AFTER_S = 0.06
TRIGGER_AFTER_S, TRIGGER_MEDIAN_S, TRIGGER_SPREAD = 0.08, 0.11, 0.35
GATE_S = 0.025
PLAN_S = 0.05
SIGNAL_S = 0.5
FREQUENCIES_HZ = (1.6, -1.1)
"""Of the two planes in which movement turns."""

DECAY_S = 0.22
REST_S = 0.05
BEND = 0.7
AMPLITUDE_SPREAD = 0.05
SPEED = 0.45
SATURATION = 1.6
LAG_S = 0.08
"""By which the hand follows."""

NOISE_M_S = 0.004
ONSET_SHARE = 0.15
"""Of the peak speed, at which a movement has begun."""

JUMP_AFTER_TRIGGER_S = 0.25
CORRECTION_AFTER_S, CORRECTION_S, CORRECTION = 0.09, 0.06, 18.0

NUM_LATENTS = 9


class Trials(NamedTuple):
    """What is drawn for each trial; times in seconds from the go cue."""

    angle: Float[np.ndarray, " trial"]
    bend: Float[np.ndarray, " trial"]
    plan: Complex[np.ndarray, "trial 2"]
    target_on: Float[np.ndarray, " trial"]
    trigger: Float[np.ndarray, " trial"]
    amplitude: Float[np.ndarray, " trial"]
    jump_side: Float[np.ndarray, " trial"]
    velocity_seed: int

    @property
    def jump(self) -> np.ndarray:
        """When the cursor jumps, in trials in which it does."""
        return self.trigger + JUMP_AFTER_TRIGGER_S


class Course(NamedTuple):
    """What a trial does, in each millisecond from `BEGIN_S`."""

    latents: Float[np.ndarray, "trial step 9"]
    correction: Complex[np.ndarray, "trial step"]
    velocity: Float[np.ndarray, "trial step 2"]


def drawn_trials(
    rng: np.random.Generator, angle: np.ndarray, bend: np.ndarray, plan_noise: float, *, jumps: bool
) -> Trials:
    """Plans, delays and triggers of trials with these angles (radians) and bends.

    P₁ = e^{i(θ−π/2)} + ξ₁, P₂ = −e^{i(θ−π/2+0.7κ)} + ξ₂, with complex normal ξ of deviation `plan_noise`.
    """
    num = len(angle)
    ideal = ideal_plans(angle, bend)
    parts = rng.normal(0.0, np.sqrt(0.5), (2, num, 2))
    noise = parts[0] + 1j * parts[1]
    late = rng.lognormal(np.log(TRIGGER_MEDIAN_S), TRIGGER_SPREAD, num)
    return Trials(
        angle=angle,
        bend=bend,
        plan=ideal + plan_noise * noise,
        target_on=-rng.uniform(*DELAY_S, num),
        trigger=TRIGGER_AFTER_S + late,
        amplitude=1 + AMPLITUDE_SPREAD * rng.normal(size=num),
        jump_side=rng.integers(-1, 2, num).astype(float) if jumps else np.zeros(num),
        velocity_seed=int(rng.integers(2**31)),
    )


def ideal_plans(
    angle: Float[np.ndarray, " trial"], bend: Float[np.ndarray, " trial"]
) -> Complex[np.ndarray, "trial 2"]:
    """Plans for reaches of these angles (radians) and bends, without noise."""
    first = np.exp(1j * (angle - np.pi / 2))
    return np.stack([first, -np.exp(1j * (angle - np.pi / 2 + BEND * bend))], axis=1)


def courses(trials: Trials, end_s: float) -> Course:
    """Latents and velocity of the hand until a time, by Euler's steps.

    τ_g g' = 1[t > t*] − g; τ_g z' = g a e^{−(t−t*)⁺/0.5 s} − z; τ_p p' = −p + (1 − g) 1[seen] P;
    m' = g (iω − 1/τ_m) m − (1 − g) m/50 ms + (1[t > t*] − g)/τ_g p + correction, the last to m₁ alone;
    v(t) = 0.45 min(1, 1.6 z) (m₁ + m₂) at t − 80 ms.
    """
    num_steps = round((end_s - BEGIN_S) / STEP_S)
    num = len(trials.angle)
    turn = 2j * np.pi * np.array(FREQUENCIES_HZ) - 1 / DECAY_S
    gate, signal = np.zeros(num), np.zeros(num)
    plan, move = np.zeros((num, 2), complex), np.zeros((num, 2), complex)
    held = np.empty((num, num_steps, 5), complex)
    correction = np.zeros((num, num_steps), complex)
    sideways = CORRECTION * trials.jump_side * 1j * np.exp(1j * trials.angle)
    for step in range(num_steps):
        time_s = BEGIN_S + step * STEP_S
        since = time_s - trials.trigger
        past = (since > 0).astype(float)
        seen = (time_s > trials.target_on + SEEN_AFTER_S).astype(float)
        corrects = time_s - trials.jump - CORRECTION_AFTER_S
        correction[:, step] = sideways * ((corrects >= 0) & (corrects < CORRECTION_S))
        held[:, step, :2], held[:, step, 2:4], held[:, step, 4] = plan, move, signal
        shut = 1 - gate
        fading = np.exp(-np.maximum(since, 0.0) / SIGNAL_S)
        moved = gate[:, None] * turn * move - shut[:, None] * move / REST_S
        moved += ((past - gate) / GATE_S)[:, None] * plan
        moved[:, 0] += correction[:, step]
        move = move + STEP_S * moved
        plan = plan + STEP_S / PLAN_S * ((shut * seen)[:, None] * trials.plan - plan)
        signal = signal + STEP_S / GATE_S * (gate * trials.amplitude * fading - signal)
        gate = gate + STEP_S / GATE_S * (past - gate)
    parts = [part(held[:, :, k]) for k in range(4) for part in (np.real, np.imag)]
    latents = np.stack([*parts, np.real(held[:, :, 4])], axis=-1)
    velocity = hand_velocity(latents)
    noise = np.random.default_rng(trials.velocity_seed).normal(0.0, NOISE_M_S, velocity.shape)
    return Course(latents, correction, velocity + noise)


def from_target(trials: Trials, course: Course, end_s: float) -> tuple[Trials, Course]:
    """Trials and their course with the onset of the target as time 0, by whole milliseconds, until a time.

    What would lie before the first step is the first step.
    """
    late = np.round(trials.target_on / STEP_S).astype(int)
    step = np.maximum(np.arange(round((end_s - BEGIN_S) / STEP_S)) + late[:, None], 0)
    trial = np.arange(len(late))[:, None]
    told = trials._replace(target_on=np.zeros(len(late)), trigger=trials.trigger - trials.target_on)
    return told, Course(*(values[trial, step] for values in course))


def hand_velocity(
    latents: Float[np.ndarray, "trial time 9"], step_s: float = STEP_S
) -> Float[np.ndarray, "trial time 2"]:
    """Velocity of the hand that follows from latents, x and y in m/s, without noise of a measurement.

    Before the first latents can have moved it, it rests. Steps may be bins that divide the lag, 80 ms.
    """
    speed = SPEED * np.minimum(1.0, SATURATION * latents[:, :, 8:])
    now = speed * (latents[:, :, 4:6] + latents[:, :, 6:8])
    lag = round(LAG_S / step_s)
    return np.concatenate([np.zeros_like(now[:, :lag]), now[:, : now.shape[1] - lag]], axis=1)


def onsets(velocity: Float[np.ndarray, "trial step 2"]) -> Float[np.ndarray, " trial"]:
    """When each hand first moves at 15 % of its peak speed after the go cue, in seconds from it."""
    go = round(-BEGIN_S / STEP_S)
    speed = np.sqrt((velocity[:, go:] ** 2).sum(-1))
    return (speed > ONSET_SHARE * speed.max(1, keepdims=True)).argmax(1) * STEP_S
