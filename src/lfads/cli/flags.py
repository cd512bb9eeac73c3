"""Flags for every setting, made from the configuration's dataclasses; only those given count."""

import dataclasses
import json
import os
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Group, Parameter, Token

from lfads.config import (
    ModelConfig,
    ObjectiveConfig,
    RunConfig,
    SearchConfig,
    SearchRange,
    TrainingConfig,
    merge,
    preset_names,
    read_config,
    read_preset,
    read_toml,
)
from lfads.config.settings import SETTINGS_OF_PARTS
from lfads.hyperparameters import HyperParameterConfig


def whole_number(kind: Any, tokens: Sequence[Token]) -> int:
    """The number a token stands for; 1.5 is refused, not rounded."""
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"expected a whole number; got {tokens[0].value}") from None


Whole = Annotated[int, Parameter(converter=whole_number)]

Switch = Annotated[bool, Parameter(negative="", show_default=False)]
"""A flag without a value: off unless it is given."""

# What several commands take alike, with what help says of it.
PlaceOfRun = Annotated[
    Path, Parameter(help="Folder of a run; or where it is kept, such as s3://bucket/run.")
]
DataFiles = Annotated[list[Path], Parameter(help="Data files.")]
DataOfRun = Annotated[
    list[Path] | None,
    Parameter(help="Data files of the same neurons; the training data by default."),
]
WIDTH = "Width of a bin in seconds, for files that do not say it"
BinWidth = Annotated[float | None, Parameter(help=f"{WIDTH}.")]
BinWidthOfRun = Annotated[float | None, Parameter(help=f"{WIDTH}; the run's by default.")]
Overwrite = Annotated[
    bool, Parameter(negative="", show_default=False, help="Replace a file that is there already.")
]


TRIALS_TABLE = "Table of intervals that holds the trials, where a file has several."
UNITS_TABLE = "Table that holds the units, where a file has several."
LAYOUT = "Which layout a file has, where several suit: the message that asks for it lists them."
TIME_UNIT = (
    "Unit of spike times, and of all others unless --trial-time-unit says another; s by default."
)
TRIAL_TIME_UNIT = "Unit of times of trials and events, where it differs from that of spikes."
RATE = "Samples per second, for times in samples and for rasters."
TimeUnits = Literal["s", "ms", "us", "samples"] | None

WithoutInputs = Annotated[
    Path | None,
    Parameter(
        help="Run on the same data with no inferred inputs (`--model.num-inferred-inputs 0`), to tell "
        "whether the data need inputs. The report uses what is found."
    ),
]

NoBaselines = Annotated[
    bool,
    Parameter(
        negative="",
        show_default=False,
        help="Leave out scores of smoothed spikes, PSTHs and constant rates, which stand beside.",
    ),
]


PLACE_OF_JOBS = "LFADS_JOBS"
USUAL_PLACE_OF_JOBS = Path("~/lfads-jobs")

FolderOfJobs = Annotated[
    Path | None,
    Parameter(help=f"Folder of the jobs; ${PLACE_OF_JOBS}, or {USUAL_PLACE_OF_JOBS}, by default."),
]


def place_of_jobs(given: Path | None) -> Path:
    """The folder of the jobs: the one that was given, the variable's, or the usual one."""
    return (given or Path(os.environ.get(PLACE_OF_JOBS, "") or USUAL_PLACE_OF_JOBS)).expanduser()


def further(title: str, place: int) -> Any:
    """A panel of the help behind that of the flags that people need first."""
    return Parameter(group=Group(title, sort_key=place))


SEVERAL_PROCESSES = further("Several machines, and who is told", 1)
RAY = further("Where it runs", 1)


NOT_DERIVED = (
    "max_hours", "members_at_once", "read_in_start", "start", "prior_correlation_s", *SETTINGS_OF_PARTS,
)  # fmt: skip
"""Settings that stay open where they are not given; all others without a default come from the data."""


def _flag_type(hint: Any, setting: dataclasses.Field[Any]) -> Any:
    """The type of a flag that need not be given; help says what holds then."""
    default = setting.default
    about = Parameter(
        show_default=_said(default, setting.name),
        negative=None if default is True else "",  # `--no-…` only of what can be on without a flag
    )
    if hint is int or int in typing.get_args(hint):
        return Annotated[int | None, about, Parameter(converter=whole_number)]
    return Annotated[hint | None, about]


def _said(default: Any, name: str) -> Any:
    """What help calls a default, as cyclopts asks for it; False where there is none."""
    if default in (dataclasses.MISSING, False) or (default is None and name in NOT_DERIVED):
        return False
    derived = "from the machine" if name == "recurrence" else "from the data"
    words = derived if default is None else str(default)
    return lambda _: words


def optional_fields(config: type, nested: Mapping[str, type] | None = None) -> type:
    """A dataclass with the fields and texts of `config`, each None unless given.

    Fields named in `nested` are of those types.
    """
    hints = typing.get_type_hints(config)
    kinds = {f.name: _flag_type(hints[f.name], f) for f in dataclasses.fields(config)}
    kinds |= {name: kind | None for name, kind in (nested or {}).items()}
    return _made(config.__name__, kinds, config.__doc__)


def _made(name: str, kinds: Mapping[str, Any], text: str | None) -> type:
    made = dataclasses.make_dataclass(
        f"{name}Flags", [(k, kind, None) for k, kind in kinds.items()], frozen=True, kw_only=True
    )
    made.__doc__ = text
    made.__module__ = __name__  # a class of the standard library would not be taken apart
    return made


def space_flags() -> type:
    """A field for each hyperparameter, of the fields of a range. Help leaves the fifty flags out."""
    range_ = Annotated[optional_fields(SearchRange) | None, Parameter(show=False)]
    kinds = {f.name: range_ for f in dataclasses.fields(HyperParameterConfig)}
    return _made("Space", kinds, "Ranges of hyperparameters.")


if TYPE_CHECKING:
    ModelFlags = ModelConfig
    ObjectiveFlags = ObjectiveConfig
    TrainingFlags = TrainingConfig
    HyperParameterFlags = HyperParameterConfig
    SearchFlags = SearchConfig
else:
    ModelFlags = optional_fields(ModelConfig)
    ObjectiveFlags = optional_fields(ObjectiveConfig)
    TrainingFlags = optional_fields(TrainingConfig)
    HyperParameterFlags = optional_fields(HyperParameterConfig)
    SearchFlags = optional_fields(SearchConfig, {"space": space_flags()})


SearchGroup = Annotated[
    SearchFlags | None, further("Search: the population, and what it searches", 2)
]
ModelGroup = Annotated[ModelFlags | None, further("Model: sizes and form of the network", 3)]
TrainingGroup = Annotated[TrainingFlags | None, further("Training: the training run", 4)]
HyperParameterGroup = Annotated[
    HyperParameterFlags | None, further("Hyperparameters: rates and weights", 5)
]
ObjectiveGroup = Annotated[ObjectiveFlags | None, further("Objective: how the terms combine", 6)]
Preset = Annotated[
    str | None,
    Parameter(
        help=f"A recipe that comes with lfads: {', '.join(preset_names())}. Those that begin with nlb_ "
        "were published for data sets of the Neural Latents Benchmark, and not tuned by us."
    ),
]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the settings of a training come from.

    Parameters
    ----------
    config
        TOML file of settings. Flags win over it, and it wins over a preset.
    seed
        Of everything random.
    """

    config: Path | None = None
    preset: Preset = None
    seed: Whole | None = None
    model: ModelGroup = None
    objective: ObjectiveGroup = None
    training: TrainingGroup = None
    hyperparameters: HyperParameterGroup = None

    def given(self) -> dict[str, Any]:
        """The seed and the tables that were given as flags, as nested dictionaries."""
        return given_fields(dataclasses.replace(self, config=None, preset=None))

    def read(self, search: SearchFlags | None = None) -> tuple[RunConfig, dict[str, Any]]:
        """The configuration, with a further table for searches, and what was given of it."""
        flags = self.given() | ({} if search is None else {"search": given_fields(search)})
        preset = read_preset(self.preset) if self.preset else {}
        given = merge(preset, read_toml(self.config) if self.config else {}, flags)
        return read_config(self.config, self.preset, flags), given

    def say_preset(self) -> None:
        """On stderr what the preset sets, a search aside, unless a file or flag says otherwise."""
        if self.preset is None:
            return
        from lfads.terminal.saying import say

        others = merge(read_toml(self.config) if self.config else {}, self.given())
        words = [
            f"[{table}] {name} = {json.dumps(value)}"
            for table, values in read_preset(self.preset).items()
            if table != "search"
            for name, value in values.items()
            if name not in others.get(table, {})
        ]
        if words:
            say(f"preset {self.preset}: {'; '.join(words)}")


AnySettings = Annotated[Settings, Parameter(name="*")]


def given_fields(flags: Any) -> dict[str, Any]:
    """The fields that are not None, and so within them."""
    values = {f.name: getattr(flags, f.name) for f in dataclasses.fields(flags)}
    return {
        key: given_fields(value) if dataclasses.is_dataclass(value) else value
        for key, value in values.items()
        if value is not None
    }
