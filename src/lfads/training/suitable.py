"""Settings that do not suit the data, the parts or the machine, refused before anything is written."""

from collections.abc import Mapping
from typing import Any

from lfads.augmentation.augmentation import augmentations_of
from lfads.checks import Problems, UserError
from lfads.config import ModelConfig, ModelSettings, RunConfig
from lfads.config.settings import SETTINGS_OF_PARTS
from lfads.model.generators.generator import generator_class
from lfads.model.num_weights import num_weights
from lfads.model.observations.chosen import observation_of
from lfads.model.observations.modalities import weights_of_modalities
from lfads.model.priors.prior import prior_of
from lfads.part_names import named
from lfads.training.sizes import DataSizes, Machine


def check_against_data(model: ModelSettings, config: RunConfig, sizes: DataSizes) -> None:
    """Refuse settings that the data cannot serve."""
    problems = Problems("settings do not fit the data")
    batch_size = config.training.batch_size
    if batch_size is not None and batch_size > sizes.num_training_trials:
        problems.add(
            f"[training] `batch_size` is {batch_size}, but there are only "
            f"{sizes.num_training_trials} training trials: choose at most that, or leave it out"
        )
    num_sessions, num_bins = len(sizes.shapes.sessions), sizes.shapes.num_bins
    decoded = sizes.shapes.num_encoded_bins - model.initial_condition_length
    if decoded < 2:
        problems.add(
            f"[model] `initial_condition_length` is {model.initial_condition_length}, which leaves "
            f"{max(decoded, 0)} of {num_bins} bins to model: choose a smaller one"
        )
    if num_sessions > 1 and model.read_in_size == 0:
        problems.add(
            f"[model] `read_in_size` is 0, but {num_sessions} sessions of different neurons share "
            "the network: leave it out, or give the number of components to map their neurons to"
        )
    problems.raise_if_any()


def check_parts(model: ModelSettings, config: RunConfig) -> None:
    """Refuse parts that are not there, or are no parts of their kind, before anything is written."""
    _check_augmentations(config.objective.augmentations, model.observation)
    weights_of_modalities(config.objective.modality_weights, model.observation)
    chosen = settings_of_parts(model)
    problems = Problems("[model]")
    for name in SETTINGS_OF_PARTS:
        if getattr(model, name) is not None and not any(name in own for own in chosen.values()):
            problems.add(f"`{name}` is no setting of {', '.join(chosen)}: leave it out")
    usual, inputs = vars(ModelConfig()), prior_of(model.inferred_input_prior, "inputs")
    code = prior_of(model.initial_condition_prior, "initial_condition")
    for prior, name in ((inputs, "prior_variance"), (code, "initial_condition_prior_variance")):
        if not prior.is_proper and getattr(model, name) != usual[name]:
            problems.add(f"`{name}` is of a prior, and `none` is chosen: leave it out")
    problems.raise_if_any()


def settings_of_parts(model: ModelConfig) -> dict[str, Mapping[str, Any]]:
    """Settings that generator and priors have of their own, with their defaults, by what the parts are."""
    code = prior_of(model.initial_condition_prior, "initial_condition")
    inputs = prior_of(model.inferred_input_prior, "inputs")
    return {
        f"generator `{model.generator}`": generator_class(model.generator).own_settings,
        f"prior of codes `{model.initial_condition_prior}`": code.own_settings,
        f"prior of inputs `{model.inferred_input_prior}`": inputs.own_settings,
    }


def check_correlation(model: ModelConfig) -> None:
    """Refuse a correlation time of a prior that has none."""
    own = prior_of(model.inferred_input_prior, "inputs").own_settings
    if "prior_correlation_bins" not in own:
        raise UserError(
            "[model] `prior_correlation_s` is no setting of prior of inputs "
            f"`{model.inferred_input_prior}`: leave it out, or choose `autoregressive`"
        )


def correlation_in_bins(model: ModelConfig, bin_width_s: float) -> float:
    """The correlation time of the inputs' prior that is given in seconds, in bins."""
    assert model.prior_correlation_s is not None
    bins = model.prior_correlation_s / bin_width_s
    if model.prior_correlation_bins not in (None, bins):
        raise UserError(
            f"[model] `prior_correlation_s` is {bins:g} bins here, but `prior_correlation_bins` is "
            f"{model.prior_correlation_bins:g}: leave one of the two out"
        )
    return bins


def check_memory(model: ModelSettings, sizes: DataSizes, machine: Machine) -> None:
    """Refuse a network whose weights, their average and moments fill the memory by themselves."""
    needed = 4 * 4 * num_weights(model, sizes.shapes)
    if needed > machine.memory_bytes:
        raise UserError(
            f"[model] is too large for this machine: training needs about {needed / 2**30:.1f} GiB for "
            f"the weights alone, of {machine.memory_bytes / 2**30:.1f} GiB that it may take: choose "
            "smaller sizes"
        )


def _check_augmentations(text: str, observation: str) -> None:
    real = observation_of(observation).kind != "counts"
    for (name, _), each in zip(named(text), augmentations_of(text), strict=True):
        if real and each.of_counts_alone:
            raise UserError(
                f"[objective] `augmentations` = `{text}`: {name} {each.of_counts_alone}, and the "
                f"observation is `{observation}`, of real values: leave it out"
            )
