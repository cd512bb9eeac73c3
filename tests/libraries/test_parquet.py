"""Tables in parquet, as ONE (Open Neurophysiology Environment) has them; `make test-oracles` runs these."""

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.evaluation.score_table import Row, rows_of, write_scores
from lfads.recordings.reading import Reading
from lfads.recordings.sources import opened_recording

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def test_trials_and_clusters(tmp_path):
    np.save(tmp_path / "spikes.times.npy", np.array([0.1, 0.2, 0.3]))
    np.save(tmp_path / "spikes.clusters.npy", np.array([1, 0, 1]))
    trials = {"intervals_0": [0.0, 1.0], "intervals_1": [1.0, 2.0], "goCue_times": [0.5, None]}
    trials["path"] = [[1.0, 2.0], [3.0]]
    parquet.write_table(pyarrow.table(trials), tmp_path / "_ibl_trials.table.pqt")
    clusters = {"cluster_id": [1, 0], "label": [1.0, 0.5], "ks2_label": ["good", "mua"]}
    parquet.write_table(pyarrow.table(clusters), tmp_path / "clusters.metrics.pqt")
    with opened_recording(tmp_path, Reading()) as recording:
        assert recording.trials["start_time"].tolist() == [0.0, 1.0]
        assert recording.times_of_trials("goCue_times")[0] == 0.5
        assert np.isnan(recording.times_of_trials("goCue_times")[1])
        assert recording.units["ks2_label"].tolist() == ["mua", "good"]
        assert recording.units["label"].tolist() == [0.5, 1.0]
        assert recording.left_out == ("`trials.path` (lists: one value a row is needed)",)
    (tmp_path / "_ibl_trials.table.pqt").write_bytes(b"PAR1 cut short")
    with opened_recording(tmp_path, Reading()) as recording:
        assert "cannot be read as a table in parquet" in recording.left_out[0]


def test_tables_of_scores(tmp_path):
    from tests.evaluation.test_score_table import EXPECTED, SCORES

    path = write_scores(rows_of(SCORES), tmp_path / "scores.parquet")
    table = parquet.read_table(path)
    assert table.column_names == list(Row._fields)
    assert [tuple(row.values()) for row in table.to_pylist()] == EXPECTED
    write_scores([], path)  # its like is replaced
    (tmp_path / "other.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match="is no table of scores"):
        write_scores([], tmp_path / "other.parquet")
