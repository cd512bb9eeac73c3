"""The benchmark's metrics equal those of its own package, for all seven data sets."""

import copy

import numpy as np
import pytest
from tests.nlb.made import made

from lfads.nlb.datasets import DATASETS
from lfads.nlb.scores import scored

evaluation = pytest.importorskip("nlb_tools.evaluation")


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize("seed", range(3))
def test_scores_are_theirs(name, seed):
    submission, targets = made(name, seed)
    theirs = evaluation.evaluate({name: copy.deepcopy(targets)}, {name: copy.deepcopy(submission)})
    (split,) = theirs[0].values()
    expected = {key.rpartition("] ")[2]: value for key, value in split.items()}
    found = scored(name, submission, targets).named()
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, rtol=0, atol=1e-9, err_msg=key)
