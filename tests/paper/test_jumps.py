"""Inputs around jumps and targets: the truth is found, noise gives chance and no time."""

import numpy as np
import pytest

from lfads.analysis.inputs_around_events import InputsAroundEvents
from lfads.paper import jumps
from lfads.paper.cells import Found
from lfads.paper.experiment import Results
from lfads.paper.jumps import EXPERIMENT, JUMPS, TARGETS, keep, true_inputs, with_inputs
from lfads.paper.methods import Ceiling, Opponent, Simulated
from lfads.paper.size import QUICK
from lfads.plots.drawn import drawn
from lfads.results import Posterior
from lfads.simulate.reaching import simulate_reaching


@pytest.fixture(scope="module")
def given() -> Simulated:
    return Simulated(simulate_reaching(0, jumps=True, num_neurons=5))


@pytest.fixture(scope="module")
def targets() -> Simulated:
    return Simulated(
        simulate_reaching(0, around="target_on", num_neurons=20, trials_per_condition=10)
    )


def with_other(posterior: Posterior, inputs: np.ndarray) -> Posterior:
    """Other inputs, in the place of those that are there."""
    over = ("trial", "time", "input")
    return Posterior({
        name: one.drop_vars("inferred_inputs").assign(inferred_inputs=(over, inputs))
        for name, one in posterior.sessions.items()
    })  # fmt: skip


@pytest.fixture(scope="module")
def truth(given: Simulated) -> Found:
    return keep(given, true_inputs(given.dataset))


@pytest.fixture(scope="module")
def noise(given: Simulated) -> Found:
    inputs = np.random.default_rng(0).normal(size=(480, 110, 2))
    return keep(given, with_other(true_inputs(given.dataset), inputs))


def test_true_inputs_tell_sides_and_when_the_correction_acts(truth: Found) -> None:
    assert truth.numbers["accuracy"] > 0.99
    assert truth.numbers["accuracy_of_valid"] > 0.95
    assert truth.numbers["first_s"] == pytest.approx(0.09)
    assert 0.085 < truth.numbers["largest_s"] < 0.155
    acting = (truth.arrays["time_s"] > 0.1) & (truth.arrays["time_s"] < 0.15)
    left = truth.arrays["group"][truth.arrays["group_of_trial"]] > 0
    along = truth.arrays["along"][:, acting]
    assert along[left].min() > 0 > along[~left].max()
    assert len(along) < truth.numbers["num_events"] / 4  # validation trials alone are drawn


def test_noise_gives_chance_and_no_time(noise: Found) -> None:
    assert noise.numbers["accuracy"] == pytest.approx(0.5, abs=0.08)
    assert noise.numbers["accuracy"] < noise.numbers["chance_high"] + 0.02
    assert np.isnan(noise.numbers["first_s"])
    assert noise.numbers["p"] > 0.05


def test_direction_of_a_target_is_told_from_what_stands_for_inputs(targets: Simulated) -> None:
    """Of true rates: their components follow the plan, from 60 ms after the onset on."""
    ((name, results),) = true_inputs(targets.dataset).sessions.items()
    bare = results.drop_vars("inferred_inputs")
    found = keep(targets, Posterior({name: bare}))
    assert found.numbers["accuracy"] > 0.75  # plans scatter; 0.125 is chance
    assert found.numbers["first_s"] == pytest.approx(0.065, abs=0.016)
    assert with_inputs(bare)["inferred_inputs"].shape == (240, 100, jumps.NUM_COMPONENTS)
    assert with_inputs(results) is results


def test_claims_judge_lfads_and_name_what_else_is_told(truth: Found, noise: Found) -> None:
    cells = {(JUMPS, "LFADS", 0): noise, (JUMPS, "true", 0): truth}
    claims = EXPERIMENT.claims(Results(cells, {0: QUICK}))
    judged = {one.what: one for one in claims if one.reached is not None}
    assert [one.reached for one in judged.values()] == [False, False]
    (side, when) = judged
    assert "LFADS, one inferred input: jumps whose side is told" in side
    assert judged[when].here[0] == "none"
    better = EXPERIMENT.claims(Results({(JUMPS, "LFADS", 0): truth}, {0: QUICK}))
    assert [one.reached for one in better if one.reached is not None] == [True, True]
    (found,) = (
        one.here[0] for one in better if "first differ, after the jump" in one.what and one.here
    )
    assert found == "+0 ms"


def test_figure_has_sides_trials_directions_and_accuracies(
    noise: Found, truth: Found, targets: Simulated
) -> None:
    inputs = np.random.default_rng(0).normal(size=(240, 100, 1))
    of_targets = keep(targets, with_other(true_inputs(targets.dataset), inputs))
    cells = {
        (JUMPS, "LFADS", 0): noise,
        (JUMPS, "true", 0): truth,
        (TARGETS, "LFADS", 0): of_targets,
    }
    results = Results(cells, {0: QUICK})
    figure = drawn(lambda empty: EXPERIMENT.draw(empty, results), EXPERIMENT.height_in)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert {"LFADS, by side", "LFADS, by direction", "groups differ"} <= set(titles)
    names = [tick.get_text() for axes in figure.axes for tick in axes.get_yticklabels()]
    assert {"side, LFADS", "side, true inputs", "direction, LFADS"} <= set(names)


def test_methods_and_analyses() -> None:
    assert EXPERIMENT.methods["LFADS4"].settings(QUICK, 0)["model"]["num_inferred_inputs"] == 4
    assert EXPERIMENT.methods["LFADS"].settings(QUICK, 0)["model"]["num_inferred_inputs"] == 1
    assert isinstance(EXPERIMENT.methods["smoothing"], Opponent)
    assert isinstance(EXPERIMENT.methods["true"], Ceiling)
    assert isinstance(jumps.analysis_of_jumps(), InputsAroundEvents)
    assert [*EXPERIMENT.methods_of(TARGETS)] == ["LFADS", "smoothing"]
