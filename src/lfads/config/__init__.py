"""Configuration: frozen dataclasses, merged from preset < file < flags, read from and written to TOML."""

from lfads.config.read import merge, preset_names, read_config, read_preset, read_toml
from lfads.config.run import RunConfig, tables_of_config, to_toml
from lfads.config.search import SHAPES, SearchConfig, SearchRange
from lfads.config.settings import ModelConfig, ObjectiveConfig, TrainingConfig
from lfads.paths import best_folder

__all__ = [
    "SHAPES",
    "ModelConfig",
    "ObjectiveConfig",
    "RunConfig",
    "SearchConfig",
    "SearchRange",
    "TrainingConfig",
    "best_folder",
    "merge",
    "preset_names",
    "read_config",
    "read_preset",
    "read_toml",
    "tables_of_config",
    "to_toml",
]
