"""The discriminant against scikit-learn's rule, written out, and what it refuses."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.numerics.discriminant import fit_discriminant


def test_it_takes_the_nearest_mean_in_the_shrunken_metric():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    values = rng.normal(size=(60, 4)) + np.eye(4)[labels] * 2
    others = rng.normal(size=(20, 4)) + 1
    means = np.stack([values[labels == kind].mean(0) for kind in range(3)])
    within = np.cov((values - means[labels]).T, bias=True)
    shrunk = 0.7 * within + 0.3 * np.trace(within) / 4 * np.eye(4)
    away = others[:, None] - means
    distance = np.einsum("tkf,fg,tkg->tk", away, np.linalg.inv(shrunk), away)
    found = fit_discriminant(values, labels, 0.3)(others)
    np.testing.assert_array_equal(found, distance.argmin(1))


@pytest.mark.parametrize("shrinkage", [0.0, 1.1])
def test_shrinkage_out_of_range_is_refused(shrinkage):
    with pytest.raises(UserError, match="`shrinkage` must be above 0 and at most 1"):
        fit_discriminant(np.ones((4, 2)), np.array([0, 0, 1, 1]), shrinkage)


def test_one_kind_is_refused():
    with pytest.raises(UserError, match="trials of two kinds or more"):
        fit_discriminant(np.ones((4, 2)), np.zeros(4), 0.1)
