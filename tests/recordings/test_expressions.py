"""Filters over columns: what they keep, and that nothing else is accepted."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfads.checks import UserError
from lfads.recordings.expressions import joined_labels, select

COLUMNS = {
    "area": np.array(["M1", "PMd", "M1", "V1"]),
    "rate": np.array([5.0, 0.5, np.nan, 2.0]),
    "good": np.array([True, False, True, True]),
    "depth (um)": np.array([10, 20, 30, 40]),
}


@pytest.mark.parametrize(
    ("expression", "kept"),
    [
        ('area == "M1"', [0, 2]),
        ("area != 'M1'", [1, 3]),
        ("rate > 1", [0, 3]),
        ("1 < rate <= 5", [0, 3]),
        ("rate != 5", [1, 2, 3]),
        ("good", [0, 2, 3]),
        ("not good", [1]),
        ("good and rate < 3", [3]),
        ("rate < 1 or area == 'V1'", [1, 3]),
        ("not (rate < 1 or area == 'V1') and good", [0, 2]),
        ("area in ['M1', 'V1']", [0, 2, 3]),
        ("area not in ('M1', 'V1')", [1]),
        ("`depth (um)` >= 20 and `depth (um)` < 40", [1, 2]),
        ("rate > -1.5", [0, 1, 3]),
    ],
)
def test_what_is_kept(expression, kept):
    assert np.flatnonzero(select(expression, COLUMNS, "`units=`")).tolist() == kept


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("aera == 'M1'", "no column `aera`. Did you mean `area`?"),
        ("area == 1", "compares text"),
        ("rate == '5'", "compares text"),
        ("area ==", "a filter is made of"),
        ("area = 'M1'", "a filter is made of"),
        ("rate", "no column of true and false"),
        ("1 < 2", "compares no column"),
        ("area in 'M1'", "needs a list"),
        ("__import__('os').system('true')", "a filter is made of"),
        ("rate.__class__ == 1", "a filter is made of"),
        ("[x for x in rate]", "a filter is made of"),
        ("(lambda: 1)() == rate", "a filter is made of"),
        ("rate ** 9 ** 9 ** 9 > 1", "a filter is made of"),
        ("", "a filter is made of"),
        ("(" * 900 + "good" + ")" * 900, "a filter is made of"),
        ("good and " * 300 + "good", "at most 2000 characters"),
        ("rate > 1\0", "a filter is made of"),
        ("rate is 5", "a filter is made of"),
    ],
)
def test_anything_else_is_refused(expression, message):
    with pytest.raises(UserError) as told:
        select(expression, COLUMNS, "`units=`")
    assert message in str(told.value)


@given(st.text(max_size=60))
def test_any_text_gives_a_mask_or_a_message(text):
    try:
        mask = select(text, COLUMNS, "`units=`")
    except UserError:
        return
    assert mask.shape == (4,)
    assert mask.dtype == bool


def test_labels_of_several_columns():
    columns = {"a": np.array(["a", "b", "b"]), "b": np.array([0.5, 2.0, np.nan])}
    assert joined_labels(columns, ROWS).tolist() == ["a, 0.5", "b, 2", "b, nan"]


def test_labels_of_one_column():
    whole, fractions = np.array([1.0, 2.0, 3.0]), np.array([0.0625, 1.0, 0.25])
    assert joined_labels({"a": whole}, ROWS) is whole
    assert joined_labels({"a": fractions}, ROWS).tolist() == ["0.0625", "1", "0.25"]


@pytest.mark.parametrize(("name", "written"), [("left", "left"), ("on left", "`on left`")])
def test_trials_without_a_label_are_named_with_the_filter_that_leaves_them_out(name, written):
    left, right = np.array([0.5, np.nan, np.nan]), np.array([np.nan, 0.5, np.nan])
    message = (
        f"`conditions=`: `{name}` and `right` are NaN in 1 of 3 trials: 8 (rows of the table, from 0). "
        f"Leave these out, `trials='{written} == {written}'`"
    )
    with pytest.raises(UserError, match=re.escape(message)):
        joined_labels({name: left, "right": right}, ROWS)
    with pytest.raises(UserError, match=r"`a` is NaN in 2 of 3 trials: 6, 8"):
        joined_labels({"a": left}, ROWS)
    kept = select(f"{written} == {written}", {name: left}, "`trials=`")
    assert kept.tolist() == [True, False, False]


ROWS = np.array([4, 6, 8])
