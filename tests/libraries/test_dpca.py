"""Demixed components beside the package of their authors; `make test-oracles` runs these."""

import numpy as np
import pytest

from lfads.numerics.demixed import demixed, marginal_parts

dpca = pytest.importorskip("dPCA.dPCA")

pytestmark = pytest.mark.filterwarnings("ignore")  # of dPCA and what it imports

NUM = 3


def averages() -> np.ndarray:
    """Of five conditions, 30 bins and ten neurons, centred."""
    rng = np.random.default_rng(0)
    latents = rng.normal(size=(5, 30, 4)).cumsum(1) + rng.normal(size=(30, 4)).cumsum(0)
    found = latents @ rng.normal(size=(4, 10)) + 0.3 * rng.normal(size=(5, 30, 10))
    return found - found.mean((0, 1))


@pytest.mark.parametrize("penalty", [0.0, 1e-4])
def test_decoders_and_encoders_are_the_same(penalty):
    table = averages()
    theirs = dpca.dPCA(labels="st", join={"st": ["s", "st"]}, n_components=NUM)
    theirs.regularizer = (
        penalty  # times the sum of squares, squared, of which the table has a penalty
    )
    theirs.fit(table.transpose(2, 0, 1))
    rows = table.reshape(-1, table.shape[2])
    amount = (penalty * (rows**2).sum()) ** 2
    parts = {n: p.reshape(rows.shape) for n, p in marginal_parts(table, ["condition"]).items()}
    ours = demixed(parts, rows, NUM, amount * np.eye(rows.shape[1]))
    for name, key in (("time", "t"), ("condition", "st")):
        own = ours[name].decoder @ ours[name].encoder.T
        other = theirs.D[key] @ theirs.P[key].T
        np.testing.assert_allclose(own, other, atol=1e-6 * np.abs(own).max())
