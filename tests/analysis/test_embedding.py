"""Embedding: conditions and directions are told where they are there, and the numbers say so of noise."""

import sys

import numpy as np
import pytest
import xarray as xr

from lfads.analysis.analysis import analysed
from lfads.analysis.embedding import Embedding
from lfads.checks import UserError
from lfads.data.labels import Variable, labelled_results
from lfads.numerics.circular import (
    angles_told,
    angles_told_of_each,
    errors_rad,
    median_errors_of_shuffled,
)
from lfads.numerics.neighbors import votes
from lfads.plots.drawn import drawn
from lfads.results.netcdf import read_netcdf, write_netcdf
from lfads.simulate.reaching import simulate_reaching


@pytest.fixture(scope="module")
def reaches():
    return simulate_reaching(
        0, num_bends=1, trials_per_condition=12, plan_noise=0.15, num_neurons=60
    )


def posterior_of(dataset, **more) -> xr.Dataset:
    session = dataset.session
    rates = Variable(session.true_rates_hz, ("trial", "time", "neuron"), "spikes/s")
    found = {"rates": rates, **{k: Variable(*each) for k, each in more.items()}}
    return labelled_results(found, session, dataset, attributes={"observation": "poisson"})


def asked(dataset, posterior, **choices):
    return analysed("embedding", Embedding(**choices), posterior, dataset.session)


@pytest.fixture(scope="module")
def of_truth(reaches):
    return asked(reaches, posterior_of(reaches), by="direction")


@pytest.fixture(scope="module")
def of_noise(reaches):
    rng = np.random.default_rng(0)
    more = {
        "initial_condition_mean": (rng.normal(size=(96, 20)), ("trial", "latent")),
        "inferred_inputs": (rng.normal(size=(96, 100, 2)), ("trial", "time", "input"), "a.u."),
    }
    return asked(reaches, posterior_of(reaches, **more), angle="direction")


def test_directions_are_told_from_the_state_at_go(of_truth):
    assert of_truth["source"].values.tolist() == ["state"]
    assert float(of_truth["accuracy"][0]) > 0.95
    assert float(of_truth["p"][0]) < 0.01
    assert of_truth.attrs["angle"] == "direction"
    assert 60 < float(of_truth["error_chance_low_deg"][0]) < float(of_truth["error_chance_deg"][0])
    assert float(of_truth["error_deg"][0]) < 6.5  # plans themselves deviate by 4.7


def test_the_numbers_say_that_noise_has_no_clusters(of_noise):
    assert of_noise["source"].values.tolist() == ["initial_conditions", "inferred_inputs"]
    assert (of_noise["accuracy"] < 0.3).all()
    assert (of_noise["p"] > 0.01).all()
    assert (of_noise["error_deg"] > of_noise["error_chance_low_deg"]).all()
    assert of_noise["error_chance_deg"].values == pytest.approx(90, abs=12)
    assert "draws clusters even of noise" in of_noise.attrs["caption"]


def test_result_is_labelled_written_and_drawn(of_noise, tmp_path):
    assert all("units" in of.attrs for of in of_noise.data_vars.values())
    write_netcdf(of_noise, tmp_path / "a.nc")
    xr.testing.assert_allclose(read_netcdf(tmp_path / "a.nc"), of_noise)
    figure = drawn(lambda empty: Embedding().draw(empty, of_noise), 4.6)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[:2] == ["PCA: initial conditions", "t-SNE: initial conditions"]
    assert titles[2].startswith("not apart, p = ") or float(of_noise["p"][0]) < 0.06
    header, *rows = Embedding().numbers(of_noise)
    assert len(rows) == 2
    assert len(header) == len(rows[0])


def test_without_scikit_learn_pca_is_drawn_and_what_to_install_said(reaches, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    with pytest.warns(
        UserWarning, match=r"t-SNE needs scikit-learn: `pip install 'lfads\[paper\]'`"
    ):
        found = asked(reaches, posterior_of(reaches))
    assert "tsne" not in found
    assert "PCA alone is drawn" in found.attrs["caption"]
    figure = drawn(lambda empty: Embedding().draw(empty, found), 4.6)
    assert len(figure.axes) == 2


def test_votes_count_groups_alike():
    rng = np.random.default_rng(1)
    group = (np.arange(100) < 90).astype(int)  # nine in ten trials are of one group
    found = votes(rng.normal(size=(100, 3)), group, 10)
    assert found.accuracy == pytest.approx(0.5, abs=0.15)
    assert votes(5.0 * group[:, None] + rng.normal(size=(100, 3)), group, 5).accuracy > 0.95


def test_chance_of_an_angle_is_that_of_its_shuffles():
    """Angles that are not spread evenly are guessed well by their mean: 90° would be no chance."""
    rng = np.random.default_rng(0)
    angle, features = rng.uniform(0, np.pi / 2, 120), rng.normal(size=(120, 4))
    fold = np.arange(120) % 5
    error = np.degrees(np.median(errors_rad(angles_told(features, angle, fold), angle)))
    chance = np.degrees(median_errors_of_shuffled(features, angle, fold))
    assert len(chance) == 50
    assert np.quantile(chance, 0.05) < error < 45
    again = np.degrees(median_errors_of_shuffled(features, angle, fold))
    np.testing.assert_array_equal(chance, again)


def test_several_sets_of_angles_are_told_as_each_by_itself():
    rng = np.random.default_rng(1)
    features, sets = rng.normal(size=(60, 3)), rng.uniform(0, 6, (4, 60))
    sets[0] = np.arctan2(features[:, 0], features[:, 1])
    fold = np.arange(60) % 5
    found = angles_told_of_each(features, sets, fold)
    for told, angle in zip(found, sets, strict=True):
        np.testing.assert_allclose(told, angles_told(features, angle, fold))


def test_mistakes(reaches):
    posterior = posterior_of(reaches)
    with pytest.raises(UserError, match=r"`of` must be of `initial_conditions`.*got 'inputs'"):
        Embedding(of="inputs")
    with pytest.raises(UserError, match=r"no `initial_condition_mean` in this posterior"):
        asked(reaches, posterior, of="initial_conditions")
    with pytest.raises(
        UserError, match=r"`at_s=`: 3 s lies in no bin; trials are from -0.3 to 0.7 s"
    ):
        asked(reaches, posterior, at_s=3.0)
    with pytest.raises(UserError, match=r"`by=` must name a column .*no `directon`.*`direction`\?"):
        asked(reaches, posterior, by="directon")
    with pytest.raises(
        UserError, match=r"`by=` must name a column whose values trials share; 96 of 96 .*`trigger`"
    ):
        asked(reaches, posterior, by="trigger")
    with pytest.raises(
        UserError, match=r"`num_neighbors` must be a whole number, 1 or more; got 0"
    ):
        Embedding(num_neighbors=0)
    with pytest.raises(UserError, match=r"`window_s` must be two times.*got \(0.3, 0.0\)"):
        Embedding(window_s=(0.3, 0.0))
    silent = (np.zeros((96, 100, 1)), ("trial", "time", "input"), "a.u.")
    posterior = posterior_of(reaches, inferred_inputs=silent)
    with pytest.raises(UserError, match=r"`window_s=`: no bin lies in 2 to 3 s"):
        asked(reaches, posterior, window_s=(2.0, 3.0))
    with pytest.raises(UserError, match=r"`perplexity` must be 1 or more; got 0.5"):
        Embedding(perplexity=0.5)
