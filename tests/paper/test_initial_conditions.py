"""Direction from the state at the go cue: the trial's plan from true latents, chance from noise."""

import numpy as np
import pytest

from lfads.data.labels import Variable, labelled_results
from lfads.paper import reaching
from lfads.paper.cells import Found
from lfads.paper.experiment import Results
from lfads.paper.initial_conditions import CASE, EXPERIMENT, features_of, keep, plan_angle
from lfads.paper.methods import Simulated
from lfads.paper.size import FULL
from lfads.plots.drawn import drawn
from lfads.results import Posterior
from lfads.simulate.reaching import simulate_reaching


@pytest.fixture(scope="module")
def given() -> Simulated:
    return Simulated(simulate_reaching(0, trials_per_condition=10, num_neurons=40))


def planted(given: Simulated, *, noise: bool = False, of_factors: bool = True) -> Posterior:
    """True rates, latents and, as initial condition, the plan; or noise in their place."""
    session = given.dataset.session
    assert session.true_rates_hz is not None
    assert session.true_latents is not None
    rng = np.random.default_rng(0)
    plan = session.true_latents[:, 30, :4] @ rng.normal(size=(4, 6))
    values = [session.true_rates_hz, session.true_latents, plan]
    if noise:
        values = [rng.normal(size=each.shape) for each in values]
    rates, factors, initial = values
    over = ("trial", "time")
    found = {"rates": Variable(rates, (*over, "neuron"), "spikes/s")}
    if of_factors:
        found |= {
            "factors": Variable(factors, (*over, "factor")),
            "initial_condition_mean": Variable(initial, ("trial", "latent")),
        }
    results = labelled_results(found, session, given.dataset, attributes={"observation": "poisson"})
    return Posterior({session.name: results})


@pytest.fixture(scope="module")
def truth(given: Simulated) -> Found:
    return keep(given, planted(given))


@pytest.fixture(scope="module")
def noise(given: Simulated) -> Found:
    return keep(given, planted(given, noise=True))


def test_the_plan_tells_itself_and_the_target_less_well(truth: Found) -> None:
    for source in ("initial_conditions", "state"):
        assert truth.numbers[f"{source}_plan_deg"] < 6
        assert truth.numbers[f"{source}_direction_deg"] > truth.numbers[f"{source}_plan_deg"]
    assert truth.numbers["plan_from_target_deg"] == pytest.approx(8.2, abs=2)
    assert truth.numbers["accuracy"] > 0.7 > 0.3 > truth.numbers["chance_high"]
    assert truth.arrays["pca"].shape == (240, 2)


def test_noise_tells_nothing(noise: Found) -> None:
    for source in ("initial_conditions", "state"):
        for angle in ("plan", "direction"):
            assert 60 < noise.numbers[f"{source}_{angle}_deg"] < 120
    assert noise.numbers["accuracy"] < 0.25
    assert noise.numbers["p"] > 0.05


def test_methods_without_factors_have_the_state_of_rates(given: Simulated) -> None:
    found = keep(given, planted(given, of_factors=False))
    assert found.numbers["state_plan_deg"] < 10
    assert "initial_conditions_plan_deg" not in found.numbers
    (results,) = planted(given, of_factors=False).sessions.values()
    rates = given.dataset.session.true_rates_hz
    assert rates is not None
    np.testing.assert_allclose(features_of(results, "state"), rates[:, 30], rtol=1e-6)


def test_without_noise_the_plan_is_the_target() -> None:
    dataset = simulate_reaching(0, num_neurons=2, trials_per_condition=2, plan_noise=0.0)
    angle = plan_angle(dataset.session, dataset.time_s)
    direction = np.radians(dataset.session.trial_table["direction"])
    np.testing.assert_allclose(np.cos(angle - direction), 1.0, atol=1e-4)


def test_claims_judge_lfads_against_the_plan(truth: Found, noise: Found) -> None:
    for found, reached in ((truth, True), (noise, False)):
        claims = EXPERIMENT.judged(Results({(CASE, "LFADS", 0): found}, {0: FULL}))
        judged = [one for one in claims if one.reached is not None]
        assert [one.what.rpartition(" of ")[2] for one in judged] == ["the trial's own plan"] * 2
        assert [one.reached for one in judged] == [reached] * 2


def test_data_and_networks_are_those_of_the_reaches() -> None:
    assert EXPERIMENT.cases is reaching.EXPERIMENT.cases
    assert EXPERIMENT.methods is reaching.EXPERIMENT.methods


def test_figure_with_t_sne_and_without(given: Simulated, truth: Found) -> None:
    alone = Found(truth.numbers, {k: v for k, v in truth.arrays.items() if k != "tsne"})
    smoothed = keep(given, planted(given, of_factors=False))
    for found in (truth, alone):
        cells = {(CASE, "LFADS", 0): found, (CASE, "smoothing", 0): smoothed}
        results = Results(cells, {0: FULL})
        figure = drawn(lambda empty, of=results: EXPERIMENT.draw(empty, of), EXPERIMENT.height_in)
        titles = {axes.get_title(loc="left") for axes in figure.axes}
        assert ("t-SNE" in titles) == ("tsne" in found.arrays)
        ticks = [tick.get_text() for tick in figure.axes[-1].get_yticklabels()]
        assert ticks == ["LFADS,\ninitial condition", "LFADS,\nat go", "smoothing,\nat go"]
