"""What is derived from the data, and what is refused."""

import dataclasses
from typing import Any

import pytest

from lfads.checks import UserError
from lfads.config import (
    ModelConfig,
    ObjectiveConfig,
    RunConfig,
    SearchConfig,
    TrainingConfig,
)
from lfads.config.settings import SETTINGS_OF_PARTS
from lfads.hyperparameters import HyperParameterConfig
from lfads.model.shapes import SessionShape, Shapes
from lfads.training.defaults import resolve_defaults
from lfads.training.sizes import DataSizes, Machine


def shapes_of(neurons, bins=100, encoded=None):
    return Shapes((SessionShape(neurons, tuple(range(encoded or neurons))),), bins, 0, 0)


SIZES = DataSizes(
    shapes_of(30), num_training_trials=1040, trial_bytes=3000, trial_lengths=(100,) * 1040
)
MACHINE = Machine(num_devices=4, memory_bytes=2**32, activation_bytes=2**29, data_bytes=2**30)


def resolve(config=None, sizes=SIZES, machine=MACHINE):
    return resolve_defaults(config or RunConfig(), sizes, machine)


def test_nothing_stays_open_and_everything_derived_has_a_reason():
    resolved, derived = resolve()
    for table in (resolved.model, resolved.training):
        open_fields = [k for k, v in vars(table).items() if v is None]
        open_fields = [name for name in open_fields if name not in SETTINGS_OF_PARTS]
        assert open_fields in (["read_in_start", "prior_correlation_s"], ["max_hours"])
    assert {d.name for d in derived} >= {"num_factors", "batch_size", "num_epochs", "ramp_epochs"}
    assert all(d.reason for d in derived)


@pytest.mark.parametrize(
    ("trials", "rate"), [(1, 0.6), (18, 0.6), (36, 0.42), (126, 0.12), (300, 0.05), (999, 0.05)]
)
def test_the_fewer_trials_the_more_is_dropped(trials, rate):
    sizes = dataclasses.replace(SIZES, num_training_trials=trials)
    resolved, derived = resolve(sizes=sizes)
    assert resolved.hyperparameters.dropout_rate == rate
    (found,) = (d for d in derived if d.name == "dropout_rate")
    assert found.reason == (
        "for 1 training trial" if trials == 1 else f"for {trials} training trials"
    )
    given = RunConfig(hyperparameters=HyperParameterConfig(dropout_rate=0.0))
    resolved, derived = resolve(given, sizes)
    assert resolved.hyperparameters.dropout_rate == 0.0
    assert "dropout_rate" not in {d.name for d in derived}


def test_settings_of_a_part_are_there_where_the_part_is():
    resolved, _ = resolve(RunConfig(model=ModelConfig(inferred_input_prior="gaussian")))
    assert all(getattr(resolved.model, name) is None for name in SETTINGS_OF_PARTS)
    resolved, _ = resolve(RunConfig(model=ModelConfig(inferred_input_prior="autoregressive")))
    assert resolved.model.prior_correlation_bins == 10
    given = ModelConfig(generator="low_rank_rnn", inferred_input_prior="student_t")
    resolved, derived = resolve(RunConfig(model=given))
    assert (resolved.model.generator_rank, resolved.model.prior_degrees_of_freedom) == (6, 3.0)
    (reason,) = (d.reason for d in derived if d.name == "generator_rank")
    assert reason == "default of the generator `low_rank_rnn`"


def test_a_correlation_time_in_seconds_becomes_bins():
    sizes = dataclasses.replace(SIZES, bin_width_s=0.02)
    given = ModelConfig(inferred_input_prior="autoregressive", prior_correlation_s=0.1)
    resolved, _ = resolve(RunConfig(model=given), sizes)
    assert resolved.model.prior_correlation_bins == pytest.approx(5)
    again, _ = resolve(resolved, sizes)
    assert again == resolved
    both = dataclasses.replace(given, prior_correlation_bins=7)
    with pytest.raises(UserError, match="is 5 bins here, but `prior_correlation_bins` is 7: leave"):
        resolve(RunConfig(model=both), sizes)


def test_settings_of_a_part_are_refused_where_it_is_not():
    given = ModelConfig(generator="low_rank_rnn", generator_hidden_size=9)
    with pytest.raises(
        UserError, match="`generator_hidden_size` is no setting of generator `low_ra"
    ):
        resolve(RunConfig(model=given))
    of_none: dict[str, Any] = {
        "inferred_input_prior": "none",
        "initial_condition_prior": "none",
    }
    refused: tuple[tuple[str, dict[str, Any]], ...] = (
        ("prior_correlation_s", {"inferred_input_prior": "gaussian", "prior_correlation_s": 0.1}),
        (
            "prior_correlation_bins",
            {"inferred_input_prior": "student_t", "prior_correlation_bins": 5},
        ),
        ("prior_variance", {**of_none, "prior_variance": 0.2}),
        ("initial_condition_prior_variance", {**of_none, "initial_condition_prior_variance": 1.0}),
    )
    for name, model in refused:
        with pytest.raises(UserError, match=f"`{name}` is"):
            resolve(RunConfig(model=ModelConfig(**model)))
    resolve(RunConfig(model=ModelConfig(**of_none)))
    with pytest.raises(UserError, match="`prior_degrees_of_freedom` must be above 2; got 2"):
        ModelConfig(prior_degrees_of_freedom=2)


def test_what_is_given_is_kept_and_not_called_derived():
    given = RunConfig(model=ModelConfig(num_factors=5), training=TrainingConfig(batch_size=7))
    resolved, derived = resolve(given)
    assert resolved.model.num_factors == 5
    assert resolved.training.batch_size == 7
    assert not {"num_factors", "batch_size"} & {d.name for d in derived}


def test_a_budget_changes_no_other_setting():
    short, _ = resolve(RunConfig(training=TrainingConfig(num_epochs=10)))
    long, _ = resolve(RunConfig(training=TrainingConfig(num_epochs=1000, max_hours=2.0)))
    for name in ("decay_epochs", "ramp_epochs", "batch_size", "patience_epochs"):
        assert getattr(short.training, name) == getattr(long.training, name)


def test_resolving_twice_changes_nothing():
    resolved, _ = resolve()
    again, derived = resolve(resolved)
    assert again == resolved
    assert derived == []


@pytest.mark.parametrize("trials", [2, 3, 15, 80, 300, 100_000])
def test_batches_never_exceed_the_trials(trials):
    sizes = dataclasses.replace(SIZES, num_training_trials=trials)
    resolved, _ = resolve(sizes=sizes)
    assert resolved.training.batch_size in range(1, trials + 1)


def test_few_neurons_get_no_more_factors_than_neurons():
    resolved, _ = resolve(sizes=DataSizes(shapes_of(6, encoded=5), 100, 600, (100,)))
    assert resolved.model.num_factors == 5


def test_time_is_cut_when_memory_is_short():
    scanned = RunConfig(training=TrainingConfig(recurrence="scan"))
    resolved, derived = resolve(
        scanned, machine=dataclasses.replace(MACHINE, num_devices=1, activation_bytes=2**25)
    )
    assert resolved.training.time_segments == 10
    assert any("MiB" in d.reason for d in derived if d.name == "time_segments")
    assert resolve()[0].training.time_segments == 1


def test_data_larger_than_a_share_of_memory_stream_from_the_host():
    assert resolve()[0].training.stream_steps == 0
    resolved, derived = resolve(machine=dataclasses.replace(MACHINE, data_bytes=2**21))
    batch_bytes = resolved.training.batch_size * SIZES.trial_bytes
    assert resolved.training.stream_steps == 4 * 2**21 // 4 // batch_bytes
    assert any("3 MiB; up to 2 MiB" in d.reason for d in derived if d.name == "stream_steps")


def test_trials_of_very_different_lengths_are_put_in_buckets():
    sizes = dataclasses.replace(SIZES, trial_lengths=(40,) * 520 + (100,) * 520)
    resolved, derived = resolve(sizes=sizes)
    assert resolved.training.length_buckets == 2
    assert any("70%" in d.reason for d in derived if d.name == "length_buckets")
    nearly = dataclasses.replace(SIZES, trial_lengths=(97, 98, 99, 100))
    assert resolve(sizes=nearly)[0].training.length_buckets == 1
    searched = RunConfig(search=SearchConfig())
    assert resolve(searched, sizes=sizes)[0].training.length_buckets == 1


def test_batch_larger_than_the_data():
    config = RunConfig(training=TrainingConfig(batch_size=2000))
    with pytest.raises(
        UserError, match="`batch_size` is 2000, but there are only 1040 training trials"
    ):
        resolve(config)


def test_initial_condition_that_leaves_no_bins():
    config = RunConfig(model=ModelConfig(initial_condition_length=99))
    with pytest.raises(UserError, match="leaves 1 of 100 bins to model"):
        resolve(config)


def test_networks_larger_than_the_machine():
    config = RunConfig(model=ModelConfig(num_inferred_inputs=99_999_999))
    with pytest.raises(UserError, match=r"\[model\] is too large for this machine"):
        resolve(config)


def test_spikes_alone_are_moved():
    given = RunConfig(objective=ObjectiveConfig(augmentations="spike_jitter"))
    resolve(given)
    signals = dataclasses.replace(SIZES, observation="gaussian")
    with pytest.raises(
        UserError, match="spike_jitter moves spikes, and the observation is `gaussian`"
    ):
        resolve(given, signals)
