"""Predicted minutes are those that were measured, within a factor of two; memory within one of three."""

import json
from pathlib import Path

import numpy as np
import pytest

from lfads.config import RunConfig, SearchConfig, TrainingConfig
from lfads.data.dataset import Dataset
from lfads.jobs.predict import BASE_BYTES, COMPILING_S, predicted

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
MEASURED = json.loads((RESULTS / "how_long.json").read_text(encoding="utf-8"))
ROWS = MEASURED["results"]["trainings"]


def dataset_of(trials: int, bins: int, neurons: int) -> Dataset:
    counts = np.zeros((trials, bins, neurons), np.uint8)
    counts[:, 0] = 1
    return Dataset.from_arrays(counts, bin_width_s=0.01)


@pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: f"{row['trials']}-{row['bins']}-{row['neurons']}"
)
def test_minutes_are_right_within_a_factor_of_two(row):
    dataset = dataset_of(row["trials"], row["bins"], row["neurons"])
    config = RunConfig(training=TrainingConfig(num_epochs=row["epochs"]))
    took = row["minutes"] + row["seconds_before_the_second_epoch"] / 60
    assert 0.5 < predicted(dataset, config, MEASURED["cores"]).minutes / took < 2.0


def test_memory_is_right_within_a_factor_of_three():
    measured = json.loads((RESULTS / "memory.json").read_text(encoding="utf-8"))["results"]["paper"]
    sizes = measured["sizes"]
    config = RunConfig.from_dict({
        "model": {"generator_size": 200, "encoder_size": 128, "controller_size": 128},
        "training": {"batch_size": 128},
    })  # fmt: skip
    takes = predicted(dataset_of(sizes["trials"], sizes["bins"], sizes["neurons"]), config, 4)
    assert 1 / 3 < takes.memory_bytes / (measured["peak_mib"] * 2**20) < 3
    assert takes.memory_bytes > BASE_BYTES


def test_a_population_takes_as_long_as_its_members_and_a_limit_is_kept():
    dataset = dataset_of(100, 20, 10)
    search = SearchConfig(population=4, num_generations=10, epochs_per_generation=5)
    training = TrainingConfig(ramp_epochs=10, num_epochs=60)
    alone = predicted(dataset, RunConfig(training=training), 2)
    together = predicted(dataset, RunConfig(training=training, search=search), 2)
    start = COMPILING_S / 60
    assert together.minutes - start == pytest.approx(4 * (alone.minutes - start))
    limited = RunConfig(training=TrainingConfig(max_hours=0.001))
    assert predicted(dataset, limited, 2).minutes == pytest.approx(0.06)
