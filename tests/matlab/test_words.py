"""Arguments by name become words that the command line takes as they were meant."""

import pytest

from lfads.checks import UserError
from lfads.cli.commands import BY_NAME
from lfads.cli.main import flags_of, make_app
from lfads.matlab.words import words_of


def parsed(command, arguments):
    """The arguments that the command line finds in the words."""
    words = words_of(BY_NAME[command], flags_of(command), arguments)
    _, bound, _ = make_app().parse_args([command, *words], exit_on_error=False, print_error=False)
    return bound.arguments


def test_choices_of_an_analysis_are_given_each():
    found = parsed(
        "analyse", {"run": "r", "name": "decoding", "choose": ["num_folds=10", "behavior=hand"]}
    )
    assert found["choose"] == ["num_folds=10", "behavior=hand"]
    assert (str(found["run"]), found["name"]) == ("r", "decoding")
    assert "data" not in found


def test_pairs_stand_together_and_negative_numbers_are_no_flags():
    given = {
        "source": "-odd.nwb", "out": "x.h5", "bin_width_s": "0.01", "window_s": ["-0.2", "0.6"],
        "conditions": ["side", "speed"], "min_rate_hz": "-1", "units": "area == 'M1'",
    }  # fmt: skip
    found = parsed("prepare", given)
    assert found["window_s"] == (-0.2, 0.6)
    assert found["conditions"] == ["side", "speed"]
    assert (str(found["source"]), found["min_rate_hz"]) == ("-odd.nwb", -1)
    assert found["units"] == "area == 'M1'"


def test_settings_are_found_by_table_by_struct_and_by_their_own_names():
    given = {
        "data": ["a.h5", "b.h5"], "out": "r", "num_epochs": "3", "model.num_factors": "4",
        "hyperparameters": {"dropout_rate": "0.1"}, "rescale_coordinated_dropout": False,
        "resume": False,
    }  # fmt: skip
    found = parsed("train", given)
    settings = found["settings"].given()
    assert settings == {
        "training": {"num_epochs": 3}, "model": {"num_factors": 4},
        "hyperparameters": {"dropout_rate": 0.1},
        "objective": {"rescale_coordinated_dropout": False},
    }  # fmt: skip
    assert [str(path) for path in found["data"]] == ["a.h5", "b.h5"]
    assert not found.get("resume")


def test_a_name_that_several_settings_end_with_is_asked_for_in_full():
    with pytest.raises(UserError, match=r"several arguments `max_hours`"):
        words_of(
            BY_NAME["train"], {"--training.max-hours", "--search.max-hours"}, {"max_hours": "1"}
        )
