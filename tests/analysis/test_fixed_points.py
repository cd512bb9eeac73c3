"""Known fixed points are found, none are made up, and what was not found is said."""

import dataclasses
from functools import cache
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from tests.analysis.networks import given, inferred_by, network_for
from tests.analysis.results import recorded
from tests.oracle.networks import Case

from lfads.analysis.analysis import analysed_network
from lfads.analysis.fixed_point_search import refined, search
from lfads.analysis.fixed_points import FixedPoints
from lfads.analysis.visited import HeldGenerator
from lfads.checks import UserError
from lfads.config import ModelSettings
from lfads.data.dataset import Dataset
from lfads.model.generators.generator import Generator, generator_class
from lfads.plots.drawn import drawn

QUICK: dict[str, Any] = {"num_starts": 64, "num_steps": 400}


@cache
def data() -> Dataset:
    return recorded(num_trials=40, num_bins=12)


def found_by(generator: Generator, spread=1.0, dataset: Dataset | None = None, **choices: Any):
    dataset = dataset or data()
    network = network_for(dataset, generator, num_inferred_inputs=0)
    posterior = inferred_by(network, dataset, spread=spread)
    part = FixedPoints(**{**QUICK, **choices})
    return part, analysed_network("fixed_points", part, network, posterior, dataset.session)


def of_size(units: int) -> ModelSettings:
    return dataclasses.replace(Case("any").config, generator_size=units)


@cache
def nine() -> tuple[FixedPoints, xr.Dataset]:
    """h' = h + .3 (h - h³) in each of two units: fixed at -1, 0 and 1, with slopes .4, 1.3 and .4."""
    return found_by(given("cubic"), spread=1.6, noise=1.0)


def test_all_nine_points_of_a_plane_are_found_from_64_starts():
    _, result = nine()
    states = result["state"].values
    assert sorted(map(tuple, states.round(7).tolist())) == sorted(
        (a, b) for a in (-1.0, 0.0, 1.0) for b in (-1.0, 0.0, 1.0)
    )
    kinds = dict(zip(*np.unique(result["kind"].values, return_counts=True), strict=True))
    assert kinds == {"stable": 4, "saddle": 4, "source": 1}
    assert (result["found"].values == "fixed point").all()
    assert (result["region"].values == "visited").all()
    assert result["num_led"].sum() == 64
    slopes = np.where(np.abs(states) > 0.5, 0.4, 1.3)
    expected = -np.sort(-slopes, axis=1)
    np.testing.assert_allclose(result["eigenvalue_real"], expected, atol=1e-6)
    np.testing.assert_allclose(result["eigenvalue_imag"], 0.0, atol=1e-6)
    np.testing.assert_allclose(
        result["time_constant_s"], -result.attrs["bin_width_s"] / np.log(expected), rtol=1e-5
    )


def test_nine_points_are_told_and_drawn():
    part, result = nine()
    assert part.caption(result).startswith("9 fixed points (4 stable, 4 saddle, 1 source), of the")
    header, *rows = part.numbers(result)
    assert [row[1] for row in rows] == ["stable"] * 4 + ["saddle"] * 4 + ["source"]
    assert rows[0][header.index("its time constant (s)")] == f"{-0.02 / np.log(0.4):.4f}"
    assert drawn(lambda empty: part.draw(empty, result), part.height_in).axes


def test_places_in_the_plane_are_those_of_the_factors():
    _, result = nine()
    network = network_for(data(), given("cubic"), num_inferred_inputs=0)
    factors = result["state"].values @ np.asarray(network.decoder.unit_factor_weights())
    np.testing.assert_allclose(result["point_factors"], factors, atol=1e-6)
    place = (factors - result["centre"].values) @ result["loadings"].values
    np.testing.assert_allclose(result["point_place"], place, atol=1e-6)


def test_a_contracting_network_has_one_stable_point_and_no_more():
    rng = np.random.default_rng(3)
    generator: Any = generator_class("vanilla_rnn").initialise(rng, 0, of_size(20))
    weights = 0.5 * generator.recurrent
    part, result = found_by(type(generator)(weights, generator.input_weights, generator.bias))
    assert result["kind"].values.tolist() == ["stable"]
    np.testing.assert_allclose(result["state"], 0.0, atol=1e-8)
    assert part.caption(result).startswith("1 fixed point (1 stable)")


@pytest.mark.parametrize(("inputs", "expected"), [("mean", 2 * 0.25), ("zero", 0.0)])
def test_inputs_are_held_at_their_mean_or_at_zero(inputs: Any, expected: float):
    """h' = (h + u) / 2 rests at u, here the sum of an inferred input and a measured one."""
    external = np.full((16, 12, 1), -0.1)
    dataset = recorded(num_trials=16, num_bins=12, external_inputs=external)
    network = network_for(dataset, given("leak"), num_inferred_inputs=1)
    posterior = inferred_by(network, dataset)
    mean = float(posterior["inferred_inputs"].mean()) - 0.1
    part = FixedPoints(inputs=inputs, **QUICK)
    result = part.compute_network(network, posterior, dataset.session)
    assert result.sizes["point"] == 1
    np.testing.assert_allclose(result["state"], mean if inputs == "mean" else 0.0, atol=1e-6)
    assert f"held at {'their mean' if inputs == 'mean' else 'zero'}" in part.caption(result)
    assert len(result.attrs["held_inputs"]) == 2


def test_points_at_the_limit_of_the_state_are_said_to_be():
    part, result = found_by(given("explode"), spread=0.5, reach=2.0)
    clipped = result.isel(point=result["num_at_limit"].values == 2)
    assert clipped.sizes["point"] == 4
    np.testing.assert_array_equal(np.abs(clipped["state"]), 5.0)
    assert (clipped["kind"].values == "stable").all()
    said = part.caption(result)
    assert "units at the limit of ±5: there it is the clipping of states that stops them." in said
    assert part.numbers(result)[1][1] == "stable, 2 units at the limit"
    assert result["state"].isel(point=-1).values.round(6).tolist() == [0.0, 0.0]


def test_points_far_from_the_trials_are_marked():
    part, result = found_by(given("cubic"), spread=0.05, noise=20.0)
    outside = result["region"].values == "outside"
    assert outside.any()
    assert not outside.all()
    assert "farther than 1 of the spread from every state of the trials" in part.caption(result)
    assert any("outside of the trials" in row[1] for row in part.numbers(result))


def test_slow_points_are_kept_apart_from_fixed_ones():
    part, result = found_by(given("ghost", 1), spread=0.3)
    assert result["found"].values.tolist() == ["slow point"]
    np.testing.assert_allclose(result["state"], 0.0, atol=1e-4)
    assert part.caption(result).startswith("0 fixed points and 1 slow point")


def test_minima_that_are_not_slow_are_left_out_and_counted():
    part, result = found_by(given("ghost", 1), spread=0.3, slow=0.0)
    assert result.sizes["point"] == 0
    said = part.caption(result)
    assert said.startswith("No fixed and no slow points")
    assert "64 starts led to minima that are not slow" in said
    assert part.numbers(result)[1][0] == "none"
    assert drawn(lambda empty: part.draw(empty, result), part.height_in).axes


def test_a_search_that_does_not_converge_says_so():
    starts = np.random.default_rng(0).uniform(-1.5, 1.5, (8, 2))
    found = search(lambda h: h + 0.3 * (h - h**3), starts, 1.0, num_steps=1, num_newton=1)
    assert found.num_lost > 0
    part, result = nine()
    said = part.caption(result.assign_attrs(num_lost=3))
    assert "3 starts led to no minimum of speed: the search did not converge there." in said


@pytest.mark.parametrize("name", ["gru", "vanilla_rnn", "low_rank_rnn", "residual_mlp"])
def test_jacobians_are_those_of_finite_differences_in_64_bits(name: str):
    rng = np.random.default_rng(1)
    generator = generator_class(name).initialise(rng, 2, of_size(5))
    step = HeldGenerator(generator, jnp.asarray([0.3, -0.2], jnp.float32), 5.0)
    states = rng.normal(size=(3, 5))
    jacobians = refined(step, states, 1.0, 0).jacobians
    after = lambda h: np.asarray(step(jnp.asarray(h, jnp.float32)))  # noqa: E731
    for unit in range(5):
        moved = 1e-2 * np.eye(5)[unit]
        slope = (after(states + moved) - after(states - moved)) / 2e-2
        np.testing.assert_allclose(jacobians[:, :, unit], slope, atol=2e-4)


def test_what_is_missing_or_wrong_is_said_in_words():
    dataset = data()
    network = network_for(dataset, num_inferred_inputs=0)
    posterior = inferred_by(network, dataset)
    part = FixedPoints(**QUICK)
    with pytest.raises(UserError, match="is of the network itself: give the run"):
        analysed_network("fixed_points", part, None, posterior, dataset.session)
    other = network_for(dataset, given("leak", 3), num_inferred_inputs=0)
    with pytest.raises(UserError, match="has 3 units; theirs had 4"):
        part.compute_network(other, posterior, dataset.session)
    driven = network_for(dataset, num_inferred_inputs=2)
    with pytest.raises(UserError, match="2 inputs, inferred and measured; they have 0"):
        part.compute_network(driven, posterior, dataset.session)
    baseline = posterior.assign_attrs(baseline="smoothing")
    with pytest.raises(UserError, match="these results are of the baseline smoothing, which has"):
        analysed_network("fixed_points", part, network, baseline, dataset.session)
    unknown = posterior.assign(
        generator_initial_state=posterior["generator_initial_state"] * np.nan
    )
    with pytest.raises(UserError, match="no bin of these trials is known"):
        part.compute_network(network, unknown, dataset.session)
    with pytest.raises(UserError, match="`inputs=` must be mean or zero; got 'none'"):
        FixedPoints(inputs="none")
    with pytest.raises(UserError, match="`num_starts` must be above 0; got 0"):
        FixedPoints(num_starts=0)
