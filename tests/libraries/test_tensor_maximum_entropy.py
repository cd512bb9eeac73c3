"""Maximum-entropy surrogates beside the Python package of that name; `make test-oracles` runs these."""

import numpy as np
import pytest

from lfads.numerics.maximum_entropy import marginal_variances

tme = pytest.importorskip("tensor_maximum_entropy.tme")

pytestmark = pytest.mark.filterwarnings("ignore")  # of the package and what it imports


def test_variances_are_those_of_its_lagrangians():
    """Of the same eigenvalues, up to what its gradient descent leaves."""
    rng = np.random.default_rng(0)
    values = tuple(np.sort(v / v.sum())[::-1] for v in (rng.uniform(0.2, 1, n) for n in (6, 5, 4)))
    covariances = [np.diag(v) for v in values]
    lagrangians = tme.fitMaxEntropy(covariances, np.zeros((6, 5, 4)))[0]
    first, second, third = (np.ravel(x) for x in lagrangians)
    theirs = 1 / (first[:, None, None] + second[:, None] + third)
    np.testing.assert_allclose(marginal_variances(values), theirs, rtol=1e-6)
