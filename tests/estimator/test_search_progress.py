from lfads.config import SHAPES
from lfads.estimator.search_progress import SHORT
from lfads.search.record import HYPERPARAMETERS


def test_everything_that_can_be_searched_has_a_short_name():
    assert set(SHORT) == {*SHAPES, *HYPERPARAMETERS}
