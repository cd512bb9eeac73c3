"""The form of a training or a search: a field for each setting, from the settings' own dataclasses.

Names, kinds, texts, advice and defaults stand where they always stood; nothing of them is written again.
"""

import dataclasses
import tomllib
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from lfads.bounds import alternatives
from lfads.config import tables_of_config
from lfads.config.texts import texts_of
from lfads.parts import Kind, parts

FIRST = (
    "model.num_factors", "model.num_inferred_inputs", "model.generator_size", "model.observation",
    "training.num_epochs", "training.batch_size", "hyperparameters.learning_rate",
    "hyperparameters.coordinated_dropout_rate", "search.population", "search.num_generations",
    "search.epochs_per_generation", "search.max_hours", "training.max_hours",
)  # fmt: skip
"""Settings that are shown without being asked for."""

PARTS: Mapping[str, Kind] = {
    "generator": "generators", "observation": "observations",
    "inferred_input_prior": "priors", "initial_condition_prior": "priors",
}  # fmt: skip

IN_WORDS = {
    "model": "Model: sizes and form of the network", "objective": "Objective: how terms combine",
    "training": "Training", "hyperparameters": "Hyperparameters: rates and weights",
    "search": "Search: the population",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One setting in a form.

    Parameters
    ----------
    name
        Table and setting, such as `model.num_factors`.
    kind
        Of its value.
    choices
        Words to choose from; empty if there are none.
    text, advice
        What it is, and when to change it.
    default
        What holds if it is not given, in words; `reason` says why if it is derived.
    """

    name: str
    kind: Literal["whole", "number", "switch", "text"]
    choices: tuple[str, ...]
    text: str
    advice: str
    default: str
    reason: str

    @property
    def label(self) -> str:
        """The setting in plain words."""
        return self.name.partition(".")[2].replace("num_", "number of ").replace("_", " ")

    @property
    def first(self) -> bool:
        """Whether it is shown without being asked for."""
        return self.name in FIRST


def form_fields(
    command: str, derived: Mapping[str, Sequence[Any]]
) -> list[tuple[str, list[FormField]]]:
    """Title and fields of each table.

    Parameters
    ----------
    command
        `train` or `search`.
    derived
        Value and reason of settings that are derived, by name.

    Examples
    --------
    >>> tables = form_fields("train", {"model.num_factors": [12, "for 12 neurons"]})
    >>> [(f.name, f.default, f.reason) for f in tables[0][1]][0]
    ('model.num_factors', '12', 'for 12 neurons')
    """
    tables = tables_of_config()
    search = {"search": tables.pop("search")}
    tables = {**(search if command == "search" else {}), **tables}
    return [
        (
            IN_WORDS[table],
            [_field(table, f, derived) for f in dataclasses.fields(kind) if f.name != "space"],
        )
        for table, kind in tables.items()
    ]


def by_name(command: str) -> dict[str, FormField]:
    """Every field of a form."""
    return {f.name: f for _, fields in form_fields(command, {}) for f in fields}


def _field(
    table: str, setting: dataclasses.Field[Any], derived: Mapping[str, Sequence[Any]]
) -> FormField:
    kind = tables_of_config()[table]
    name = f"{table}.{setting.name}"
    value, reason = derived.get(name, (setting.default, ""))
    of_value, choices = _kind_of(typing.get_type_hints(kind)[setting.name])
    if setting.name in PARTS:
        choices = tuple(parts(PARTS[setting.name]))
    return FormField(
        name=name, kind=of_value, choices=choices, text=texts_of(kind)[setting.name],
        advice=advice().get(table, {}).get(setting.name, ""), default=_in_words(value), reason=reason,
    )  # fmt: skip


def _kind_of(hint: Any) -> tuple[Literal["whole", "number", "switch", "text"], tuple[str, ...]]:
    kinds = alternatives(hint)
    for one in kinds:
        if typing.get_origin(one) is Literal:
            return "text", typing.get_args(one)
    if bool in kinds:
        return "switch", ("true", "false")
    if float in kinds:
        return "number", ()
    return ("whole", ()) if int in kinds else ("text", ())


def _in_words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


@cache
def advice() -> Mapping[str, Mapping[str, str]]:
    """When to change each setting, by table and name, without emphasis."""
    file = resources.files("lfads.config").joinpath("when_to_change.toml")
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return {
        table: {name: text.replace("*", "") for name, text in texts.items()}
        for table, texts in tables.items()
    }
