"""The ceiling of the pendulum: pushes and states by one who knows it, from spikes and from traces."""

import dataclasses
import math

import numpy as np
import pytest

from lfads.paper.ceilings import pendulum as ceiling
from lfads.paper.ceilings.pendulum import pendulum_ceiling, possible_courses, told_courses
from lfads.simulate.pendulum import (
    START_SPREAD,
    STARTS,
    pendulum_states,
    pendulum_system,
    simulate_pendulum,
)

SIZES = {"num_neurons": 30, "num_bins": 40, "trials_per_condition": 10, "bin_width_s": 0.05}


@pytest.fixture(autouse=True)
def few_starts(monkeypatch):
    monkeypatch.setattr(ceiling, "DEVIATIONS", np.linspace(-2.0, 2.0, 9))


@pytest.mark.parametrize("traces", [False, True])
def test_pushes_and_states_are_found(traces):
    dataset = simulate_pendulum(3, traces=traces, **SIZES)
    found = pendulum_ceiling(dataset, pendulum_system(3, **SIZES)).dataset
    session = dataset.session
    assert session.true_inputs is not None
    assert session.condition is not None
    pushes, told = session.true_inputs[:, :, 0], found["inferred_inputs"].values[:, :, 0]
    pushed = session.condition % 2 == 1
    off = np.abs(told).argmax(1) - np.abs(pushes).argmax(1)
    assert (np.abs(off[pushed]) <= 2).mean() >= (1.0 if traces else 0.8)
    assert np.abs(told[~pushed]).sum(1).mean() < 0.2 * np.abs(told[pushed]).sum(1).mean()
    wrong = found["factors"].values - session.true_latents
    assert np.sqrt((wrong**2).mean()) < (0.05 if traces else 0.2)


@pytest.mark.parametrize("traces", [False, True])
def test_the_truth_and_the_conditions_are_not_read(traces):
    dataset, system = simulate_pendulum(3, traces=traces, **SIZES), pendulum_system(3, **SIZES)
    session = dataclasses.replace(
        dataset.session, true_rates_hz=None, true_latents=None, true_inputs=None, condition=None
    )
    bare = dataclasses.replace(dataset, sessions=(session,))
    one, other = pendulum_ceiling(dataset, system), pendulum_ceiling(bare, system, seed=4)
    for name in ("factors", "inferred_inputs", "inferred_inputs_std"):
        np.testing.assert_array_equal(one.dataset[name], other.dataset[name])


def test_one_trial_in_plain_loops(monkeypatch):
    monkeypatch.setattr(ceiling, "DEVIATIONS", np.array([-1.0, 0.5]))
    dataset, system = simulate_pendulum(5, **SIZES), pendulum_system(5, **SIZES)
    counts = dataset.session.spikes[6]
    chances, pushes = [], []
    for mean in STARTS:
        for deviation in (-1.0, 0.5):
            start = np.array([[mean + START_SPREAD * deviation, 0.0]])
            for place in [None, *range(10, 30)]:
                for way in [0.0] if place is None else [1.0, -1.0]:
                    push = np.zeros((1, 40))
                    if place is not None:
                        push[0, place] = way * 3.0 / 0.05
                    total = math.log(0.5 if place is None else 0.5 / 40) - 0.5 * deviation**2
                    states = pendulum_states(start, push, 0.05)[0]
                    latents = (states - system.mean) / system.scale
                    for seen, (a, b) in zip(counts, latents, strict=True):
                        for count, (w, v) in zip(seen, system.weights, strict=True):
                            drive = math.log(8.0 * 0.05) + a * w + b * v
                            total += int(count) * drive - math.exp(drive)
                    chances.append(total)
                    pushes.append(push[0])
    chance = np.exp(np.array(chances) - max(chances))
    expected = (chance / chance.sum()) @ np.array(pushes)
    found = told_courses(dataset.session, system, 0.05).inputs[6]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_a_time_may_begin_within_a_bin():
    courses = possible_courses(10, 0.1)
    assert (np.abs(courses.inputs[1:]).argmax(1)[::2] == [2, 3, 4, 5, 6, 7]).all()
    chance = np.exp(courses.log_prior)
    np.testing.assert_allclose(chance[1::2], np.array([0.5, 1, 1, 1, 1, 0.5]) / 20)
    assert chance.sum() == pytest.approx(1)
