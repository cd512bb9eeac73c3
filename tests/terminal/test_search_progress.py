from lfads.config import SHAPES
from lfads.search.record import HYPERPARAMETERS
from lfads.terminal.search_progress import SHORT


def test_everything_that_can_be_searched_has_a_short_name():
    assert set(SHORT) == {*SHAPES, *HYPERPARAMETERS}
