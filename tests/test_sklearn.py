"""The estimator keeps scikit-learn's contracts, those for two axes by twins for three."""

import pickle
import subprocess
import sys
from inspect import signature
from typing import cast

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks as checks
from sklearn.utils import get_tags
from tests.small import tiny_dataset

from lfads.checks import UserError
from lfads.sklearn import LFADSEstimator

COUNTS = tiny_dataset(20).session.spikes
TINY = {
    "num_factors": 2, "generator_size": 4, "encoder_size": 3, "controller_size": 3,
    "num_epochs": 1, "num_samples": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def fitted() -> LFADSEstimator:
    return LFADSEstimator(**TINY).fit(COUNTS)


@pytest.mark.parametrize(
    "check",
    [
        checks.check_no_attributes_set_in_init,
        checks.check_do_not_raise_errors_in_init_or_set_params,
        checks.check_get_params_invariance,
        checks.check_set_params,
        checks.check_estimator_cloneable,
        checks.check_estimator_repr,
        checks.check_estimator_tags_renamed,
        checks.check_valid_tag_types,
        checks.check_mixin_order,
    ],
    ids=lambda check: check.__name__,
)
def test_scikit_learns_checks_that_hand_in_no_two_axes(check):
    check("LFADSEstimator", LFADSEstimator())


def test_parameters_are_constructible_by_default():
    checks.check_parameters_default_constructible("LFADSEstimator", LFADSEstimator())


def test_fit_and_score_take_y(fitted):
    for function in (fitted.fit, fitted.score, fitted.fit_transform):
        assert list(signature(function).parameters)[:2] == ["X", "y"]


def test_tags_say_what_comes_in():
    tags = get_tags(LFADSEstimator())
    assert tags.input_tags.three_d_array
    assert not tags.input_tags.two_d_array
    assert tags.input_tags.positive_only
    assert tags.transformer_tags is not None
    assert not tags.target_tags.required


def test_representation_names_what_was_chosen():
    assert repr(LFADSEstimator(num_factors=8)) == "LFADSEstimator(num_factors=8)"


def test_shapes(fitted):
    assert fitted.transform(COUNTS).shape == (20, 9, 2)
    assert fitted.predict(COUNTS[:1]).shape == (1, 9, 4)
    assert np.isfinite(fitted.score(COUNTS))


def test_fit_changes_no_setting_and_gives_itself(fitted):
    before = LFADSEstimator(**TINY).get_params()
    assert fitted.get_params() == before
    copied = cast("LFADSEstimator", clone(fitted))
    assert copied.get_params() == before
    assert not hasattr(copied, "run_")


def test_results_change_nothing(fitted):
    before = dict(vars(fitted))
    counts = COUNTS.copy()
    for result in (fitted.transform, fitted.predict, fitted.score):
        result(counts)
    assert vars(fitted) == before
    np.testing.assert_array_equal(counts, COUNTS)


def test_fit_again_gives_the_same(fitted):
    again = cast("LFADSEstimator", clone(fitted)).fit(COUNTS)
    np.testing.assert_array_equal(again.transform(COUNTS), fitted.transform(COUNTS))
    np.testing.assert_array_equal(again.fit(COUNTS).predict(COUNTS), fitted.predict(COUNTS))


def test_trials_do_not_depend_on_each_other(fitted):
    whole = fitted.transform(COUNTS)
    np.testing.assert_allclose(fitted.transform(COUNTS[:3]), whole[:3], rtol=1e-4, atol=1e-5)


def test_neurons_are_counted_and_asked_for(fitted):
    assert fitted.n_features_in_ == 4
    with pytest.raises(UserError, match=r"must have the 4 neurons .* got \w+ \(20, 9, 3\)"):
        fitted.transform(COUNTS[:, :, :3])


@pytest.mark.parametrize(
    "values", [COUNTS.astype(float), np.asfortranarray(COUNTS), COUNTS.tolist()]
)
def test_counts_of_any_kind(fitted, values):
    np.testing.assert_array_equal(fitted.transform(values), fitted.transform(COUNTS))


def test_trials_of_unequal_length_are_a_list():
    trials = [trial[: 9 - k % 3] for k, trial in enumerate(COUNTS)]
    estimator = LFADSEstimator(**TINY).fit(trials)
    factors = estimator.transform(trials)
    assert factors.shape == (20, 9, 2)
    assert np.isnan(factors).all(axis=2).sum(axis=1).tolist() == [k % 3 for k in range(20)]
    assert np.isfinite(estimator.score(trials))
    with pytest.raises(UserError, match=r"must have the 4 neurons .* got \w+ \(1, 9, 3\)"):
        estimator.transform([trial[:, :3] for trial in trials])
    with pytest.raises(UserError, match="If these are 2 sessions, each session is a data set"):
        estimator.transform([trials, trials])


def test_pickles_hold_the_run(fitted):
    again = pickle.loads(pickle.dumps(fitted))
    assert again.get_params() == fitted.get_params()
    np.testing.assert_array_equal(again.transform(COUNTS), fitted.transform(COUNTS))
    unfitted = pickle.loads(pickle.dumps(LFADSEstimator(**TINY)))
    assert unfitted.get_params() == LFADSEstimator(**TINY).get_params()


@pytest.mark.parametrize("method", ["transform", "predict", "score"])
def test_results_before_fit(method):
    with pytest.raises(NotFittedError, match="not fitted yet: call `fit"):
        getattr(LFADSEstimator(), method)(COUNTS)
    with pytest.raises(UserError):
        getattr(LFADSEstimator(), method)(COUNTS)


def test_mistakes_are_named():
    with pytest.raises(UserError, match=r"LFADSEstimator: .*`num_factors` must be above 0; got 0"):
        LFADSEstimator(num_factors=0).fit(COUNTS)
    with pytest.raises(ValueError, match="Invalid parameter 'factors'"):
        LFADSEstimator().set_params(factors=3)
    with pytest.raises(UserError, match="`spikes` must"):
        LFADSEstimator().fit(COUNTS[:, :, 0])


def test_searches_and_cross_validation():
    rates = np.array([1e-3, 1e-2])
    search = GridSearchCV(LFADSEstimator(**TINY), {"learning_rate": rates}, cv=2).fit(COUNTS)
    assert search.best_params_["learning_rate"] in rates
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert np.isfinite(cross_val_score(LFADSEstimator(**TINY), COUNTS, cv=2)).all()


def test_folds_give_their_estimators():
    folds = cross_validate(LFADSEstimator(**TINY), COUNTS, cv=2, return_estimator=True)
    assert [e.transform(COUNTS[:1]).shape for e in folds["estimator"]] == [(1, 9, 2)] * 2


def test_last_step_of_a_pipeline():
    halves = FunctionTransformer(lambda counts: counts[:, :, :3])
    pipeline = make_pipeline(halves, LFADSEstimator(**TINY)).fit(COUNTS)
    assert pipeline.transform(COUNTS).shape == (20, 9, 2)
    assert np.isfinite(pipeline.score(COUNTS))
    assert "LFADSEstimator" in repr(pipeline)


def test_works_where_scikit_learn_is_not_installed(tmp_path):
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import lfads, numpy as np\n"
        "e = lfads.LFADSEstimator(num_factors=2)\n"
        "try: e.transform(np.zeros((2, 9, 4), int))\n"
        "except lfads.UserError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "not fitted yet" in done.stdout
