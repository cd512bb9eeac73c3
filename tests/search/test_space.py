"""The space: from tables and flags, in this library's units, mistakes refused by name."""

import dataclasses
import tomllib

import numpy as np
import pytest

from lfads.checks import UserError
from lfads.config import (
    ModelConfig,
    RunConfig,
    SearchConfig,
    SearchRange,
    TrainingConfig,
    read_config,
)
from lfads.data.dataset import Dataset
from lfads.hyperparameters import HyperParameterConfig, HyperParameterSettings
from lfads.search.resolve import (
    check_space,
    first_values,
    in_own_units,
    own_space,
    resolve_search,
)


def search(**space):
    return read_config(flags={"search": {"space": space}}).search


def test_tables_name_what_is_searched():
    config = search(learning_rate={"low": 1e-4, "high": 1e-2}, dropout_rate={"high": 0.4})
    assert config is not None
    assert set(config.space) == {"learning_rate", "dropout_rate"}
    assert config.space["learning_rate"] == SearchRange(low=1e-4, high=1e-2)
    assert config.space["dropout_rate"].law == "uniform"
    assert config.space["dropout_rate"].high == 0.4


def test_a_search_survives_toml():
    config = RunConfig(
        search=SearchConfig(
            population=3, space={"weight_decay": SearchRange(low=0.1, high=1.0, width=0.8)}
        )
    )
    for each in (config, RunConfig(search=SearchConfig())):
        assert RunConfig.from_dict(tomllib.loads(each.to_toml())) == each


def test_a_single_training_has_no_search():
    assert RunConfig().search is None
    assert "search" not in RunConfig().to_toml()


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ({"learning_rat": {"low": 1}}, ["`learning_rat`", "Did you mean `learning_rate`"]),
        (
            {"num_factors": {"low": 1, "high": 9}},
            ["`num_factors` of [model]", "fixes a shape", "`search.method='random'`"],
        ),
        ({"causal": {"low": 0, "high": 1}}, ["`causal` of [model] cannot change"]),
        ({"learning_rate": {"lo": 1e-4}}, ["no setting `lo`", "Did you mean `low`"]),
        ({"weight_decay": {"low": 0.1}}, ["[search.space.weight_decay]", "needs `low` and `high`"]),
        ({"learning_rate": {"low": 3, "high": 1}}, ["`low` must be below `high`"]),
        ({"learning_rate": {"low": 0, "high": 1}}, ["log_uniform", "above 0"]),
        ({}, ["something to search"]),
        ({"learning_rate": 3}, ["must be a table"]),
        ({"learning_rate": {"low": 1e-4, "high": 1e-3, "start": 1.0}}, ["`start`", "between"]),
        ({"learning_rate": {"low": 1e-4, "high": 1e-3, "law": "normal"}}, ["`law`"]),
    ],
)
def test_mistakes_are_named(space, words):
    with pytest.raises(UserError) as raised:
        search(**space)
    for word in words:
        assert word in str(raised.value)


def test_limits_must_be_values_of_the_hyperparameter():
    with pytest.raises(UserError, match=r"dropout_rate. `high`: .*in \[0, 1\)"):
        check_space({"dropout_rate": SearchRange(law="uniform", low=0.1, high=1.5)})
    with pytest.raises(UserError, match="needs enforced limits"):
        check_space({"dropout_rate": SearchRange(law="uniform", low=0.1, high=0.5, enforced=False)})


def test_ranges_per_sample_become_nats_per_trial():
    """A weight of 1 / (bins * neurons) in the convention of AutoLFADS is a weight of 1 here."""
    given = SearchRange(low=1e-6, high=1e-4, start=1e-5, per_sample=True)
    own = in_own_units({"inferred_input_kl_weight": given}, 5000.0)["inferred_input_kl_weight"]
    assert (own.low, own.high, own.start) == pytest.approx((5e-3, 0.5, 0.05))
    assert not own.per_sample
    assert in_own_units({"x": own}, 5000.0)["x"] == own


def test_every_hyperparameter_of_every_member_has_a_first_value():
    fixed = HyperParameterSettings(weight_decay=0.5)
    space = {"learning_rate": SearchRange(low=1e-4, high=1e-2)}
    values = first_values(space, fixed, 4, np.random.default_rng(0))
    assert set(values) == set(vars(fixed))
    np.testing.assert_array_equal(values["weight_decay"], [0.5] * 4)
    assert len(set(values["learning_rate"])) == 4


def test_the_autolfads_preset_is_that_of_the_paper():
    config = read_config(preset="autolfads")
    assert config.search is not None
    space = config.search.space
    assert (config.search.population, config.search.epochs_per_generation) == (20, 25)
    assert config.training.ramp_epochs == 80
    assert (space["learning_rate"].low, space["learning_rate"].high) == (1e-5, 5e-3)
    assert space["learning_rate"].start == 4e-3
    assert space["coordinated_dropout_rate"].start == 0.5
    assert (space["dropout_rate"].law, space["dropout_rate"].high) == ("uniform", 0.6)
    for name, high in (("initial_condition", 1e-3), ("inferred_input", 1e-4)):
        kl = space[f"{name}_kl_weight"]
        assert (kl.low, kl.high, kl.per_sample, kl.width) == (1e-6, high, True, 0.8)
    assert config.objective.loss_scale == 1e4
    assert not config.objective.rescale_coordinated_dropout
    assert config.training.gradient_clip_norm == 200


def test_samples_of_a_trial_are_those_that_are_modelled():
    model = ModelConfig(initial_condition_length=2)
    weight = SearchRange(low=1e-6, high=1e-4, per_sample=True)
    space = {"inferred_input_kl_weight": weight, "learning_rate": SearchRange(low=0.1, high=0.2)}
    data = Dataset.from_arrays(np.ones((10, 12, 5), int), bin_width_s=0.01)
    own = own_space(RunConfig(model=model, search=SearchConfig(space=space)), data)
    assert own["inferred_input_kl_weight"].high == pytest.approx(1e-4 * (12 - 2) * 5)
    assert own["learning_rate"].high == 0.2


def test_what_members_that_train_together_cannot_have_is_refused_for_them_alone():
    space = {"learning_rate": SearchRange(low=1e-4, high=1e-2)}
    data = Dataset.from_arrays(np.ones((10, 12, 5), int), bin_width_s=0.01)
    for training, word in (
        (TrainingConfig(learning_rate_schedule="plateau"), "plateau"),
        (TrainingConfig(length_buckets=2), "length_buckets must be 1 in a search.* got 2"),
    ):
        together = RunConfig(training=training, search=SearchConfig(population=2, space=space))
        with pytest.raises(UserError, match=word):
            resolve_search(together, data)
        apart = SearchConfig(method="random", population=2, space=space)
        resolved, derived = resolve_search(dataclasses.replace(together, search=apart), data)
        assert resolved.search.members_at_once is None
        assert "members_at_once" not in {one.name for one in derived}


def test_all_begin_with_the_dropout_that_a_training_of_these_data_has():
    data = Dataset.from_arrays(np.ones((10, 12, 5), int), bin_width_s=0.01)
    assert resolve_search(RunConfig(), data)[0].search.space["dropout_rate"].start == 0.6
    given = RunConfig(hyperparameters=HyperParameterConfig(dropout_rate=0.3))
    with pytest.warns(UserWarning, match=r"dropout_rate = 0\.3: the search does not begin there"):
        assert resolve_search(given, data)[0].search.space["dropout_rate"].start == 0.6
    own = SearchConfig(space={"dropout_rate": SearchRange(law="uniform", low=0.0, high=0.3)})
    resolved, _ = resolve_search(RunConfig(search=own), data)
    assert resolved.search.space["dropout_rate"].start is None
