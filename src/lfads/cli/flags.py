"""Flags for every setting, made from the configuration's dataclasses; only those given count."""

import dataclasses
import typing
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, Token

from lfads.config import ModelConfig, ObjectiveConfig, TrainingConfig
from lfads.hyperparameters import HyperParameterConfig


def whole_number(kind: Any, tokens: Sequence[Token]) -> int:
    """The number a token stands for; 1.5 is refused, not rounded."""
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"expected a whole number; got {tokens[0].value}") from None


Whole = Annotated[int, Parameter(converter=whole_number)]


def _flag_type(hint: Any) -> Any:
    """The type of a flag that need not be given."""
    is_whole = hint is int or int in typing.get_args(hint)
    return Annotated[int | None, Parameter(converter=whole_number)] if is_whole else hint | None


def optional_fields(config: type) -> type:
    """A dataclass with the fields and texts of `config`, each None unless given."""
    hints = typing.get_type_hints(config)
    made = dataclasses.make_dataclass(
        f"{config.__name__}Flags",
        [(f.name, _flag_type(hints[f.name]), None) for f in dataclasses.fields(config)],
        frozen=True,
        kw_only=True,
    )
    made.__doc__ = config.__doc__
    made.__module__ = __name__  # a class of the standard library would not be taken apart
    return made


if TYPE_CHECKING:
    ModelFlags = ModelConfig
    ObjectiveFlags = ObjectiveConfig
    TrainingFlags = TrainingConfig
    HyperParameterFlags = HyperParameterConfig
else:
    ModelFlags = optional_fields(ModelConfig)
    ObjectiveFlags = optional_fields(ObjectiveConfig)
    TrainingFlags = optional_fields(TrainingConfig)
    HyperParameterFlags = optional_fields(HyperParameterConfig)


def given_settings(tables: dict[str, Any], seed: int | None) -> dict[str, Any]:
    """The settings given as flags, as nested dictionaries."""
    given: dict[str, Any] = {} if seed is None else {"seed": seed}
    for name, flags in tables.items():
        if flags is not None:
            values = {f.name: getattr(flags, f.name) for f in dataclasses.fields(flags)}
            given[name] = {key: value for key, value in values.items() if value is not None}
    return given
