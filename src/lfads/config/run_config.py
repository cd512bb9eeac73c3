"""The whole configuration of a run: made from nested dictionaries, checked, and written as TOML."""

import dataclasses
import json
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Self

from lfads.bounds import alternatives
from lfads.checks import Problems, is_whole, suggestion
from lfads.config.search import SearchConfig
from lfads.config.settings import (
    NOT_WRITTEN,
    ModelConfig,
    ModelSettings,
    ObjectiveConfig,
    TrainingConfig,
    TrainingSettings,
)
from lfads.format_versions import UPDATE
from lfads.hyperparameters import HyperParameterConfig, HyperParameterSettings
from lfads.tables import Table, html_of


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Everything that, with the data, determines a run. `search` is None for a single training.

    Examples
    --------
    >>> config = lfads.RunConfig(model=lfads.ModelConfig(num_factors=8), seed=1)
    >>> config.model.num_factors, config.training.num_epochs
    (8, None)
    >>> lfads.RunConfig.from_dict(config.to_dict()) == config
    True
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    hyperparameters: HyperParameterConfig = field(default_factory=HyperParameterConfig)
    search: SearchConfig | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        problems = Problems("configuration")
        hints = typing.get_type_hints(type(self))
        for name, kind in tables_of_config(type(self)).items():
            value = getattr(self, name)
            problems.require(
                isinstance(value, hints[name]),
                f"`{name}` must be a `{kind.__name__}`; got {value!r}: "
                "`lfads.config.read_config(flags={...})` makes a configuration from dictionaries",
            )
        seed = _seed(self.seed, problems)
        problems.raise_if_any()
        object.__setattr__(self, "seed", seed)

    def __repr__(self) -> str:
        chosen = [f"[{name}] {words}".rstrip() for name, words in _chosen(self)]
        others = "all else by default" if chosen else "everything by default"
        return f"{type(self).__name__}({'; '.join([f'seed {self.seed}', *chosen, others])})"

    def _repr_html_(self) -> str:
        rows = [("seed", str(self.seed))] + [(f"[{name}]", words) for name, words in _chosen(self)]
        others = "Settings that are not listed have their defaults; `to_toml()` writes all."
        return html_of(type(self).__name__, lambda: [Table(rows), others])

    def to_dict(self) -> dict[str, Any]:
        """Nested dictionary of every setting that is not None."""
        tables: dict[str, Any] = {"seed": self.seed}
        for name in tables_of_config():
            if getattr(self, name) is not None:
                tables[name] = _as_table(getattr(self, name))
        return tables

    def to_toml(self) -> str:
        """The configuration as TOML, with every setting that is not None."""
        return to_toml(self.to_dict())

    @classmethod
    def from_dict(cls, tables: Mapping[str, Any], where: str = "configuration") -> Self:
        """Make and check a configuration from nested dictionaries.

        Raises
        ------
        UserError
            Naming every table or field that is unknown (with a suggestion), of another type, or out
            of range.
        """
        problems = Problems(where)
        kinds = tables_of_config(cls)
        parts: dict[str, Any] = {}
        tables = _with_one_observation(tables, problems)
        for name, values in {"model": {}, "training": {}, **tables}.items():
            if name == "seed":
                parts["seed"] = _seed(values, problems)
            elif name not in kinds:
                hint = _suggest_anywhere(name, None) or suggestion(name, [*kinds, "seed"])
                problems.add(f"unknown table or setting `{name}`.{_or_of_later(hint)}")
            elif not isinstance(values, Mapping):
                problems.add(f"`{name}` must be a table ([{name}]); got {values!r}")
            else:
                known = {f.name for f in dataclasses.fields(kinds[name])}
                for key in (key for key in values if key not in known):
                    hint = _or_of_later(_suggest_anywhere(key, name))
                    problems.add(f"[{name}] has no setting `{key}`.{hint}")
                given = {key: value for key, value in values.items() if key in known}
                parts[name] = problems.attempt(kinds[name], **given)
        problems.raise_if_any()
        return cls(**parts)


@dataclass(frozen=True, kw_only=True, repr=False)
class RunSettings(RunConfig):
    """Everything that, with the data, determines a run, with every setting known.

    Examples
    --------
    >>> isinstance(run.config, lfads.RunSettings), run.config.model.num_factors
    (True, 2)
    """

    model: ModelSettings = field(default_factory=ModelSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    hyperparameters: HyperParameterSettings = field(default_factory=HyperParameterSettings)


@dataclass(frozen=True, kw_only=True, repr=False)
class SearchSettings(RunSettings):
    """Everything that, with the data, determines a search, with every setting known.

    Examples
    --------
    >>> issubclass(lfads.SearchSettings, lfads.RunSettings)
    True
    """

    search: SearchConfig = field(default_factory=SearchConfig)


def tables_of_config(config: type = RunConfig) -> dict[str, Any]:
    """The tables of a configuration file and the dataclass of each."""
    hints = typing.get_type_hints(config).items()
    return {name: alternatives(hint)[0] for name, hint in hints if name != "seed"}


def _chosen(config: RunConfig) -> list[tuple[str, str]]:
    """Each table of a configuration with the settings in it that differ from their defaults, in words."""
    tables = {name: getattr(config, name) for name in tables_of_config()}
    found = {name: _differing(table) for name, table in tables.items() if table is not None}
    return [(name, ", ".join(words)) for name, words in found.items() if words or name == "search"]


def _differing(table: Any) -> list[str]:
    words = []
    for one in dataclasses.fields(table):
        value, default = getattr(table, one.name), one.default
        if isinstance(one.default_factory, Callable):
            default = one.default_factory()
        if value != default:
            of = ", ".join(value) if isinstance(value, Mapping) else value
            words.append(f"{one.name} = {of}")
    return words


def _as_table(value: Any) -> Any:
    """A dataclass as a dictionary of every field that is not None, and so within it."""
    if dataclasses.is_dataclass(value):
        fields = {
            f.name: getattr(value, f.name) for f in dataclasses.fields(value) if _is_set(f, value)
        }
        return {k: _as_table(v) for k, v in fields.items() if v is not None}
    if isinstance(value, Mapping):
        return {k: _as_table(v) for k, v in value.items()}
    return value


def _is_set(one: dataclasses.Field[Any], table: Any) -> bool:
    """Whether a field is written: all are but those `NOT_WRITTEN` that have their default."""
    return one.metadata != NOT_WRITTEN or getattr(table, one.name) != one.default


def _with_one_observation(tables: Mapping[str, Any], problems: Problems) -> Mapping[str, Any]:
    """The same; a table `[model.observations]` as the text of the setting `observation`."""
    model = tables.get("model")
    given = model.get("observations") if isinstance(model, Mapping) else None
    if not isinstance(model, Mapping) or given is None:
        return tables
    others = {key: value for key, value in model.items() if key != "observations"}
    if not isinstance(given, Mapping) or not all(isinstance(one, str) for one in given.values()):
        problems.add(
            "[model] `observations` must be a table of modalities with names of observations, such as "
            f'`emg = "gamma"`; got {given!r}'
        )
        return {**tables, "model": others}
    problems.require(
        "observation" not in others,
        "[model] give `observation`, or the table `observations`, one of the two; got both",
    )
    text = " + ".join(f"{modality}={name}" for modality, name in given.items())
    return {**tables, "model": {**others, "observation": text}}


def _seed(value: Any, problems: Problems) -> int:
    """A seed as an `int`, from any kind of whole number."""
    if not (is_whole(value) and 0 <= value < 2**32):
        problems.add(f"`seed` must be a whole number from 0 to 2**32 - 1; got {value!r}")
        return 0
    return int(value)


def _suggest_anywhere(key: str, table: str | None) -> str:
    """Suggest the table where the field is, or a field of the table."""
    for name, kind in tables_of_config().items():
        if name != table and key in {f.name for f in dataclasses.fields(kind)}:
            return f" It belongs to [{name}]."
    if table is None:
        return ""
    return suggestion(key, [f.name for f in dataclasses.fields(tables_of_config()[table])])


def _or_of_later(hint: str) -> str:
    """A hint; what is like nothing that is known may be of a later version."""
    if "Did you mean" in hint or "It belongs to" in hint:
        return hint
    return f"{hint} This is lfads {version('lfads')}; a later version may have it. {UPDATE}"


def to_toml(tables: Mapping[str, Any]) -> str:
    """TOML of scalars, and of tables of scalars and tables.

    >>> print(to_toml({"seed": 0, "search": {"population": 5, "space": {"learning_rate": {"low": 1e-4}}}}))
    seed = 0
    <BLANKLINE>
    [search]
    population = 5
    <BLANKLINE>
    [search.space.learning_rate]
    low = 0.0001
    <BLANKLINE>
    """
    return "\n\n".join(_blocks(tables, "")) + "\n"


def _blocks(table: Mapping[str, Any], name: str) -> list[str]:
    """A table's own lines, then the blocks of the tables in it."""
    own = [f"{k} = {json.dumps(v)}" for k, v in table.items() if not isinstance(v, Mapping)]
    heading = [f"[{name}]"] if name else []
    blocks = ["\n".join(heading + own)] if own else []
    for key, value in table.items():
        if isinstance(value, Mapping):
            blocks += _blocks(value, f"{name}.{key}" if name else key)
    return blocks
