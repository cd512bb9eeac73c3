"""Configuration: frozen dataclasses, merged from preset < file < flags, read from and written to TOML."""

from lfads.config.read import merge, preset_names, read_config, read_preset, read_toml
from lfads.config.run_config import (
    RunConfig,
    RunSettings,
    SearchSettings,
    tables_of_config,
    to_toml,
)
from lfads.config.search import DEFAULT_SPACE, SHAPES, SearchConfig, SearchRange
from lfads.config.settings import (
    ModelConfig,
    ModelSettings,
    ObjectiveConfig,
    TrainingConfig,
    TrainingSettings,
)

__all__ = [
    "DEFAULT_SPACE",
    "SHAPES",
    "ModelConfig",
    "ModelSettings",
    "ObjectiveConfig",
    "RunConfig",
    "RunSettings",
    "SearchConfig",
    "SearchRange",
    "SearchSettings",
    "TrainingConfig",
    "TrainingSettings",
    "merge",
    "preset_names",
    "read_config",
    "read_preset",
    "read_toml",
    "tables_of_config",
    "to_toml",
]
