"""The estimator in the style of scikit-learn."""

import numpy as np
import pytest
from tests.small import tiny_dataset

from lfads.checks import UserError
from lfads.sklearn import LFADSEstimator


def test_scikit_learn_style():
    counts = tiny_dataset(20).session.spikes
    estimator = LFADSEstimator(
        num_factors=2,
        generator_size=4,
        encoder_size=3,
        controller_size=3,
        num_epochs=1,
        num_samples=2,
    )
    assert estimator.set_params(num_epochs=2).get_params()["num_epochs"] == 2
    factors = estimator.fit_transform(counts)
    assert factors.shape == (20, 9, 2)
    rates = estimator.predict(counts[:1])
    assert rates.shape == (1, 9, 4)
    assert np.isfinite(estimator.score(counts))


def test_scikit_learn_style_mistakes():
    with pytest.raises(UserError, match="not fitted yet"):
        LFADSEstimator().transform(np.zeros((2, 9, 4)))
    with pytest.raises(UserError, match="no setting"):
        LFADSEstimator().set_params(factors=3)
