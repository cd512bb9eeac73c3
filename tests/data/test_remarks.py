"""Remarks on data that open: axes that look turned."""

import numpy as np

from lfads.data.dataset import Dataset
from lfads.data.remarks import remarks_on


def test_axes_that_are_reversed_are_remarked_on():
    rng = np.random.default_rng(0)
    rates = rng.gamma(2.0, 0.2, (12, 1, 1)) * np.ones((12, 40, 30))
    turned = Dataset.from_arrays(rng.poisson(rates), bin_width_s=0.01)
    assert any(
        "as if the axes were neuron, time, trial" in one for one in remarks_on(turned.sessions)
    )
    right = Dataset.from_arrays(rng.poisson(rates).transpose(2, 1, 0), bin_width_s=0.01)
    assert not any("as if the axes" in one for one in remarks_on(right.sessions))
