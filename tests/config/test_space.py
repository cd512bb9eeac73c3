"""What a search searches, of what is named."""

from lfads.config.read import read_config
from lfads.config.search import DEFAULT_SPACE


def space_of(**ranges: dict[str, float]):
    config = read_config(flags={"search": {"space": ranges}})
    assert config.search is not None
    return config.search.space


def test_a_limit_alone_changes_its_range_and_leaves_the_others():
    found = space_of(learning_rate={"high": 0.02})
    assert found.keys() == DEFAULT_SPACE.keys()
    assert found["learning_rate"].high == 0.02
    assert found["learning_rate"].low == DEFAULT_SPACE["learning_rate"].low
    others = [name for name in found if name != "learning_rate"]
    assert all(found[name] == DEFAULT_SPACE[name] for name in others)


def test_a_range_with_both_limits_is_all_that_is_searched():
    assert [*space_of(learning_rate={"low": 1e-4, "high": 0.02})] == ["learning_rate"]
    both = space_of(learning_rate={"low": 1e-4, "high": 0.02}, dropout_rate={"high": 0.4})
    assert {*both} == {"learning_rate", "dropout_rate"}


def test_a_start_stays_within_a_limit_that_is_moved():
    assert space_of(learning_rate={"high": 0.005})["learning_rate"].start == 0.005
    assert space_of(learning_rate={"low": 0.009})["learning_rate"].start == 0.009
