"""Tables of text beside a sorter's output, as spreadsheets and scripts write them."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.recordings.folders.text_tables import read_text_table


def table(tmp_path, text, name="trials.csv"):
    (tmp_path / name).write_text(text)
    return read_text_table(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("start_time;note\n1,5;a,b\n2;c\n", "t.csv"),
        ("start_time\tnote\n1.5\ta,b\n2\tc\n", "t.csv"),
        ('start_time,note\n1.5,"a,b"\n2,c\n', "t.tsv"),
        ('\n\n"start_time","note"\n1.5,"a,b"\n\n2,c\n', "t.csv"),
    ],
)
def test_the_first_line_tells_what_separates_columns(text, name, tmp_path):
    columns = table(tmp_path, text, name)
    assert columns["start_time"].tolist() == [1.5, 2.0]
    assert columns["note"].tolist() == ["a,b", "c"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a,b\n1,2\n3,"x\n5,6\n', "a quotation mark that opens in line 3 is never closed"),
        ('a,b\n1,"x"y\n', "line 2 cannot be read as a table"),
        ("go,go,b\n1,100,2\n", "`go` names more than one column: give each a name of its own"),
        ("a,,b\n1,7,2\n", "column 2 has values and no name: name it"),
        ("", r"trials\.csv: is empty; expected the names of columns in its first line"),
        ("\n \n", "is empty"),
        ("a,b\n1,2\n1\n", "names 2 columns, and line 3 has 1 value: are columns separated by com"),
        ("a;b\n1;2;3\n", "separated by semicolons"),
    ],
)
def test_tables_that_cannot_be_meant_so_are_refused(text, message, tmp_path):
    with pytest.raises(UserError, match=message):
        table(tmp_path, text)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("1 2", "i"), ("1 NaN", "f"), ("1 inf", "f"), ("1.5 2e-3", "f"), ("-1 99999999999999999999", "f"),
        ("1_0 2_0", "U"), ("1 1e400", "U"), ("1 " + "9" * 5000, "U"), ("1 0x10", "U"), ("True false", "b"),
        ("1.5 2;5", "U"),
    ],
)  # fmt: skip
def test_only_plain_numbers_are_numbers(words, kind, tmp_path):
    columns = table(tmp_path, "\n".join(["a", *words.split()]))
    assert columns["a"].dtype.kind == kind


def test_decimal_commas_are_those_of_all_values(tmp_path):
    columns = table(tmp_path, "a;b;c\n1,5;1.500,5;x\n;2,5;3,5\n")
    np.testing.assert_array_equal(columns["a"], [1.5, np.nan])
    assert columns["b"].tolist() == ["1.500,5", "2,5"]
    assert columns["c"].tolist() == ["x", "3,5"]


def test_empty_columns_without_a_name_are_no_columns(tmp_path):
    assert list(table(tmp_path, ",a,,\n0,1,,\n1,2,,\n")) == ["a"]
    assert table(tmp_path, "a,b\n")["a"].size == 0


def test_text_in_other_encodings(tmp_path):
    path = tmp_path / "trials.csv"
    path.write_bytes("start_time,side\n1,größer\n".encode("utf-16"))
    assert read_text_table(path)["side"].tolist() == ["größer"]
    path.write_bytes("start_time,side\n1,größer\n".encode("latin-1"))
    with pytest.raises(UserError, match=r"is no text in UTF-8 \(byte 20\): save it anew"):
        read_text_table(path)
