"""Conditions of single trials: the truth tells them apart, noise gives chance."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.analysis.results import inferred, recorded

from lfads.analysis.analysis import analysed
from lfads.analysis.classification import Classification
from lfads.analysis.classified import classified
from lfads.analysis.dpca import DPCA
from lfads.analysis.embedding import Embedding
from lfads.baselines.psth import PSTH
from lfads.checks import UserError
from lfads.plots.drawn import drawn
from lfads.simulate.reaching import simulate_reaching

REACHES = simulate_reaching(num_neurons=40, num_bends=1, trials_per_condition=15)
BEFORE_MOVEMENT = (-0.1, 0.2)


def told(dataset, posterior=None, **given: Any) -> xr.Dataset:
    choices: dict[str, Any] = {"window_s": BEFORE_MOVEMENT} | given
    posterior = inferred(dataset) if posterior is None else posterior
    return analysed("classification", Classification(**choices), posterior, dataset.session)


def shuffled(dataset, seed=0):
    session = dataset.session
    order = np.random.default_rng(seed).permutation(session.num_trials)
    return dataclasses.replace(
        dataset, sessions=(dataclasses.replace(session, condition=session.condition[order]),)
    )


def test_directions_are_told_from_the_plan():
    found = told(REACHES)
    assert found["signal"].values.tolist() == ["rates", "factors", "spike counts"]
    assert float(found["accuracy"].sel(signal="rates")) > 0.9
    assert float(found["accuracy"].sel(signal="factors")) > 0.9
    assert 0.3 < float(found["accuracy"].sel(signal="spike counts")) < 1
    np.testing.assert_allclose(found["confusion"].sum("told_condition"), 1)
    assert float(found["chance"]) == 1 / 8


def test_noise_gives_chance():
    found = told(shuffled(REACHES))
    assert (found["accuracy"] <= found["highest_by_chance"] + 0.03).all()
    analysis = Classification()
    assert analysis.numbers(found)[-2][0] == "chance"
    assert drawn(lambda figure: analysis.draw(figure, found), analysis.height_in).axes


def test_initial_conditions_and_a_column_of_the_trial_table():
    session = REACHES.session
    plan = np.stack([np.cos(np.radians(session.trial_table["direction"])),
                     np.sin(np.radians(session.trial_table["direction"]))], axis=1)  # fmt: skip
    posterior = inferred(REACHES).assign(
        initial_condition_mean=(("trial", "latent"), plan, {"units": "1"})
    )
    found = told(REACHES, posterior, column="direction")
    assert float(found["accuracy"].sel(signal="initial conditions")) == 1.0
    assert found["true_condition"].values.tolist() == [0, 45, 90, 135, 180, 225, 270, 315]
    assert "8 values of direction of 120 trials" in found.attrs["caption"]


def test_trials_of_a_fold_do_not_decide_what_they_are_told_to_be():
    rng = np.random.default_rng(0)
    kind, fold = np.arange(60) % 3, np.arange(60) // 3 % 4
    features = rng.normal(size=(60, 5)) + np.eye(5)[kind]
    whole = classified(features, kind, fold).told
    other = np.where(fold == 0, rng.permutation(kind), kind)
    np.testing.assert_array_equal(
        classified(features, other, fold).told[fold == 0], whole[fold == 0]
    )


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"num_folds": 2}, "`num_folds` must be a whole number, 3 or more"),
        ({"num_parts": 0}, "`num_parts` must be a whole number, 1 or more"),
        ({"window_s": (0.3, 0.0)}, "`window_s` must be the window's start and end in seconds"),
        ({"window_s": (2.0, 3.0)}, "`window_s` must hold at least 1 bins.*2 to 3 s has 0"),
        ({"column": "directions"}, "no column `directions`. Did you mean `direction`?"),
        (
            {"column": "trigger"},
            "at least 5 trials each; session .* has 120 conditions, the largest of 1 trial:",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(choices, said):
    with pytest.raises(UserError, match=said):
        told(REACHES, **choices)


def test_data_without_conditions_say_so():
    with pytest.raises(UserError, match="needs conditions of the trials, which the data have not"):
        told(recorded(), window_s=None)


@pytest.mark.parametrize(
    ("name", "analysis"),
    [("classification", Classification()), ("embedding", Embedding()), ("dpca", DPCA())],
)
def test_rates_that_were_made_from_conditions_are_not_asked_for_them(name, analysis):
    posterior = PSTH().fit(REACHES).infer(REACHES).dataset
    with pytest.raises(UserError, match=f"{name} .*these rates were made from the conditions of"):
        analysed(name, analysis, posterior, REACHES.session)


def test_a_psth_without_conditions_does_not_know_them():
    alike = recorded()
    assert "knows_conditions" not in PSTH().fit(alike).infer(alike).dataset.attrs
