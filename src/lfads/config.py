"""Configuration: frozen dataclasses, merged from preset < file < flags, read from and written to TOML.

Fields that are None are derived from the data before training (`lfads.training.defaults`) and shown.
What a shape depends on lies here; what a population may search lies in `hyperparameters`.
"""

import dataclasses
import json
import math
import os
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from lfads.checks import Problems, UserError, suggestion
from lfads.hyperparameters import HyperParameterConfig

Table = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Sizes and form of the network.

    Parameters
    ----------
    num_factors
        Latent factors that the rates are read out from.
    generator_size
        Units of the generator.
    encoder_size
        Units of each encoder in each direction.
    controller_size
        Units of the controller.
    num_inferred_inputs
        Inputs that the controller infers; 0 makes the generator autonomous.
    causal
        The controller sees earlier bins only; needs `initial_condition_length`.
    initial_condition_size
        Dimensions of the initial-condition code.
    initial_condition_length
        The first bins feed the initial-condition encoder alone and are not modelled.
    controller_lag
        Bins that separate what the controller sees from the bin it drives: 1 hides the bin itself.
    external_inputs_to
        Measured inputs drive the generator, or are seen by the encoders.
    inferred_input_prior
        First-order autoregressive, or independent Gaussian in each bin.
    prior_correlation_bins
        Where the learned correlation time of that prior starts, in bins.
    prior_variance
        Where the learned innovation variance of that prior starts.
    initial_condition_prior_variance
        Fixed variance of the prior over the initial-condition code.
    posterior_variance_floor
        Added to the posterior variance of the initial-condition code.
    state_limit
        Recurrent states are clipped to ± this.
    """

    num_factors: int | None = None
    generator_size: int | None = None
    encoder_size: int | None = None
    controller_size: int | None = None
    num_inferred_inputs: int = 1
    causal: bool = False
    initial_condition_size: int | None = None
    initial_condition_length: int = 0
    controller_lag: int = 1
    external_inputs_to: Literal["generator", "encoders"] = "generator"
    inferred_input_prior: Literal["autoregressive", "gaussian"] = "autoregressive"
    prior_correlation_bins: float = 10.0
    prior_variance: float = 0.1
    initial_condition_prior_variance: float = 0.1
    posterior_variance_floor: float = 1e-4
    state_limit: float = 5.0

    def __post_init__(self) -> None:
        problems = Problems("[model]")
        check_fields(self, problems)
        may_be_zero = {
            "num_inferred_inputs", "initial_condition_length", "controller_lag",
            "posterior_variance_floor",
        }  # fmt: skip
        check_positive(self, problems, may_be_zero)
        if self.causal and self.initial_condition_length == 0:
            problems.add(
                "`causal` needs the bins that the initial condition is inferred from: "
                "set `initial_condition_length` above 0"
            )
        problems.raise_if_any()


@dataclass(frozen=True, kw_only=True)
class ObjectiveConfig:
    """How the terms of the objective combine.

    Parameters
    ----------
    loss_scale
        The loss is nats per scored sample (bin and neuron) times this. Gradient clipping and Adam's
        epsilon act on the scaled loss.
    rescale_coordinated_dropout
        Divide the scored likelihood by the fraction scored, so that a KL weight of 1 is the evidence
        lower bound at any coordinated dropout rate.
    """

    loss_scale: float = 1.0
    rescale_coordinated_dropout: bool = True

    def __post_init__(self) -> None:
        problems = Problems("[objective]")
        check_fields(self, problems)
        check_positive(self, problems, set())
        problems.raise_if_any()


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """The training run.

    Parameters
    ----------
    num_epochs
        Most epochs to train.
    batch_size
        Trials in a step.
    patience_epochs
        Stop after this many epochs without a better smoothed validation likelihood.
    ramp_epochs
        Epochs over which the weights of KL and L2 terms rise linearly to their values.
    learning_rate_schedule
        `cosine` falls over `decay_epochs`; `plateau` falls when the smoothed validation likelihood
        has not improved for `plateau_epochs`; `constant` stays.
    decay_epochs
        Epochs over which `cosine` falls.
    final_learning_rate_fraction
        Share of the learning rate that `cosine` ends at.
    plateau_factor
        What `plateau` multiplies the learning rate by.
    plateau_epochs
        Epochs without improvement that `plateau` waits for.
    weight_average_decay
        Per-step decay of the exponential average of the weights that is validated and kept; 0 keeps
        the weights themselves.
    score_smoothing
        Share of the previous smoothed score in the next.
    gradient_clip_norm
        Largest global norm of the gradient of the loss.
    adam_beta1
        Decay of AdamW's first moment.
    adam_beta2
        Decay of AdamW's second moment.
    adam_epsilon
        AdamW's epsilon.
    time_segments
        Stretches of time that the backward pass computes again one by one, to save memory; 1 keeps
        everything. Derived from memory if not set.
    num_shards
        CPU devices that share a batch; part of a run, so that it resumes bit for bit.
    checkpoint_epochs
        Epochs between checkpoints (one is written at the end in any case).
    max_hours
        Stop after this long.
    max_dropped_steps
        Consecutive steps with a non-finite gradient that stop the run.
    """

    num_epochs: int | None = None
    batch_size: int | None = None
    patience_epochs: int | None = None
    ramp_epochs: int | None = None
    learning_rate_schedule: Literal["cosine", "plateau", "constant"] = "cosine"
    decay_epochs: int | None = None
    final_learning_rate_fraction: float = 0.02
    plateau_factor: float = 0.95
    plateau_epochs: int = 6
    weight_average_decay: float = 0.98
    score_smoothing: float = 0.3
    gradient_clip_norm: float = 5.0
    adam_beta1: float = 0.9
    adam_beta2: float = 0.999
    adam_epsilon: float = 1e-8
    time_segments: int | None = None
    num_shards: int | None = None
    checkpoint_epochs: int = 10
    max_hours: float | None = None
    max_dropped_steps: int = 20

    def __post_init__(self) -> None:
        problems = Problems("[training]")
        check_fields(self, problems)
        may_be_zero = {
            "ramp_epochs", "weight_average_decay", "score_smoothing", "adam_beta1", "adam_beta2",
            "final_learning_rate_fraction", "num_epochs",
        }  # fmt: skip
        check_positive(self, problems, may_be_zero)
        for name in ("weight_average_decay", "score_smoothing", "adam_beta1", "adam_beta2"):
            value = getattr(self, name)
            if isinstance(value, float) and value >= 1:
                problems.add(f"`{name}` must be below 1; got {value}")
        problems.raise_if_any()


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Everything that, with the data, determines a run."""

    model: ModelConfig = field(default_factory=ModelConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    hyperparameters: HyperParameterConfig = field(default_factory=HyperParameterConfig)
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Nested dictionary of every setting that is not None."""
        tables: dict[str, Any] = {"seed": self.seed}
        for name, kind in tables_of_config().items():
            values = {
                f.name: getattr(getattr(self, name), f.name) for f in dataclasses.fields(kind)
            }
            tables[name] = {k: v for k, v in values.items() if v is not None}
        return tables

    def to_toml(self) -> str:
        """The configuration as TOML, with every setting that is not None."""
        return to_toml(self.to_dict())

    @classmethod
    def from_dict(cls, tables: Mapping[str, Any], where: str = "configuration") -> "RunConfig":
        """Make and check a configuration from nested dictionaries.

        Raises
        ------
        UserError
            Naming every table or field that is unknown (with a suggestion), of another type, or out
            of range.
        """
        problems = Problems(where)
        kinds = tables_of_config()
        parts: dict[str, Any] = {}
        for name, values in tables.items():
            if name == "seed":
                if problems.require(
                    isinstance(values, int)
                    and not isinstance(values, bool)
                    and 0 <= values < 2**32,
                    f"`seed` must be a whole number from 0 to 2**32 - 1; got {values!r}",
                ):
                    parts["seed"] = values
            elif name not in kinds:
                problems.add(
                    f"unknown table or setting `{name}`.{suggestion(name, [*kinds, 'seed'])}"
                )
            elif not isinstance(values, Mapping):
                problems.add(f"`{name}` must be a table ([{name}]); got {values!r}")
            else:
                known = {f.name for f in dataclasses.fields(kinds[name])}
                unknown = [key for key in values if key not in known]
                for key in unknown:
                    problems.add(f"[{name}] has no setting `{key}`.{_suggest_anywhere(key, name)}")
                given = {key: value for key, value in values.items() if key in known}
                try:
                    parts[name] = kinds[name](**given)
                except UserError as error:
                    problems.add(str(error))
        problems.raise_if_any()
        return cls(**parts)


def tables_of_config() -> dict[str, type]:
    """The tables of a configuration file and the dataclass of each."""
    return {
        "model": ModelConfig,
        "objective": ObjectiveConfig,
        "training": TrainingConfig,
        "hyperparameters": HyperParameterConfig,
    }


def _suggest_anywhere(key: str, table: str) -> str:
    """Suggest a field of the table, or the table where the field is."""
    for name, kind in tables_of_config().items():
        if name != table and key in {f.name for f in dataclasses.fields(kind)}:
            return f" It belongs to [{name}]."
    return suggestion(key, [f.name for f in dataclasses.fields(tables_of_config()[table])])


# --- checks of values ---------------------------------------------------------------------------


def check_fields(config: Any, problems: Problems) -> None:
    """Note every field whose value is not of the annotated type; whole numbers may be floats'."""
    hints = typing.get_type_hints(type(config))
    for f in dataclasses.fields(config):
        value = getattr(config, f.name)
        allowed = _alternatives(hints[f.name])
        if float in allowed and isinstance(value, int) and not isinstance(value, bool):
            object.__setattr__(config, f.name, float(value))
        elif not any(_is_of(value, kind) for kind in allowed):
            problems.add(f"`{f.name}` must be {_in_words(allowed)}; got {value!r}")


def check_positive(config: Any, problems: Problems, may_be_zero: set[str]) -> None:
    """Note every number that is not finite, negative, or zero without being allowed to."""
    for f in dataclasses.fields(config):
        value = getattr(config, f.name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if not math.isfinite(value) or value < 0 or (value == 0 and f.name not in may_be_zero):
            bound = "0 or more" if f.name in may_be_zero else "above 0"
            problems.add(f"`{f.name}` must be {bound}; got {value!r}")


def _alternatives(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)


def _is_of(value: Any, kind: Any) -> bool:
    if typing.get_origin(kind) is Literal:
        return value in typing.get_args(kind)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _in_words(kinds: tuple[Any, ...]) -> str:
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    options = [
        " or ".join(f'"{x}"' for x in typing.get_args(kind))
        if typing.get_origin(kind) is Literal
        else words.get(kind, "left out")
        for kind in kinds
    ]
    return " or ".join(options)


# --- files and merging --------------------------------------------------------------------------


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Tables of a TOML file.

    Raises
    ------
    UserError
        If the file is missing or is not TOML, with the line.
    """
    path = Path(path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"no configuration file {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read the configuration {path}: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise UserError(
            f"{path} is not valid TOML: {error}. Example:\n[model]\nnum_factors = 20"
        ) from error


def preset_names() -> list[str]:
    """Names of the recipes that come with the package."""
    folder = resources.files("lfads.presets")
    return sorted(
        p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml")
    )


def read_preset(name: str) -> dict[str, Any]:
    """Tables of a recipe that comes with the package."""
    if name not in preset_names():
        raise UserError(f"no preset `{name}`.{suggestion(name, preset_names())}")
    text = resources.files("lfads.presets").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Later layers win, setting by setting.

    >>> merge({"model": {"num_factors": 8}}, {"model": {"causal": False}}, {"seed": 1})
    {'model': {'num_factors': 8, 'causal': False}, 'seed': 1}
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        for name, value in layer.items():
            if isinstance(value, Mapping) and isinstance(merged.get(name), dict):
                merged[name].update(value)
            else:
                merged[name] = dict(value) if isinstance(value, Mapping) else value
    return merged


def load_config(
    path: str | os.PathLike[str] | None = None,
    preset: str | None = None,
    flags: Mapping[str, Any] | None = None,
) -> RunConfig:
    """Merge preset < file < flags and check the whole.

    Parameters
    ----------
    path
        TOML file with any of the tables `[model]`, `[objective]`, `[training]`,
        `[hyperparameters]`, and `seed`.
    preset
        Name of a recipe that comes with the package.
    flags
        Nested dictionary of the settings given on the command line.
    """
    layers = [
        read_preset(preset) if preset is not None else {},
        read_toml(path) if path is not None else {},
        flags or {},
    ]
    if path is not None:
        RunConfig.from_dict(layers[1], where=str(path))
    return RunConfig.from_dict(merge(*layers))


def to_toml(tables: Mapping[str, Any]) -> str:
    """TOML of scalars at the top and tables of scalars below."""

    def line(key: str, value: Any) -> str:
        return f"{key} = {json.dumps(value)}"

    top = [line(k, v) for k, v in tables.items() if not isinstance(v, Mapping)]
    blocks = ["\n".join(top)] if top else []
    for name, values in tables.items():
        if isinstance(values, Mapping) and values:
            blocks.append("\n".join([f"[{name}]", *(line(k, v) for k, v in values.items())]))
    return "\n\n".join(blocks) + "\n"
