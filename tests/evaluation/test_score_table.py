"""Scores as a table: a row for each, and nothing else is replaced."""

import csv

import pytest

from lfads.checks import UserError
from lfads.evaluation.score_table import rows_of, write_scores
from lfads.evaluation.scores import Scores

SCORES = {
    "session": "all 2 sessions",
    "splits": {"train": {"num_trials": 8, "bits_per_spike": 0.4}, "valid": {"bits_per_spike": None}},
    "areas": {"M1": {"train": {"bits_per_spike": 0.5}}},
    "decoding": {"hand": {"rates": {"x": 0.9, "y": float("nan")}}},
    "baselines": {"psth": {"splits": {"train": {"bits_per_spike": 0.1}}, "notes": []}},
    "sessions": {"monday": {"session": "monday", "splits": {"train": {"latent_r2": [0.7, 0.8]}}}},
}  # fmt: skip
EXPECTED = [
    ("this run", "all 2 sessions", "", "train", "num_trials", "", 8.0),
    ("this run", "all 2 sessions", "", "train", "bits_per_spike", "", 0.4),
    ("this run", "all 2 sessions", "M1", "train", "bits_per_spike", "", 0.5),
    ("this run", "all 2 sessions", "", "left out", "decoding_r2 of hand from rates", "x", 0.9),
    ("this run", "monday", "", "train", "latent_r2", "0", 0.7),
    ("this run", "monday", "", "train", "latent_r2", "1", 0.8),
    ("psth", "all 2 sessions", "", "train", "bits_per_spike", "", 0.1),
]


def test_a_row_for_each_score():
    assert [tuple(row) for row in rows_of(SCORES)] == EXPECTED


def test_csv_is_written_whole_and_replaces_its_like_alone(tmp_path):
    path = write_scores(rows_of(SCORES), tmp_path / "scores.csv")
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["value"]) for row in rows] == [row[-1] for row in EXPECTED]
    assert rows[3]["channel"] == "x"
    Scores(session="a", splits={}).save(path)
    assert path.read_text() == "method,session,area,split,score,channel,value\n"
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="is no table of scores"):
        write_scores([], tmp_path / "other.csv")
    with pytest.raises(UserError, match=r"scores are written as \.csv or \.parquet; got `\.xlsx`"):
        write_scores([], tmp_path / "scores.xlsx")


def test_parquet_is_asked_for_by_name_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"pip install 'lfads\[parquet\]'"):
        write_scores([], tmp_path / "scores.parquet")
