"""Configuration from presets, files and flags: preset < file < flags."""

import os
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from lfads.checks import UserError, suggestion
from lfads.config.run_config import RunConfig
from lfads.guarded.messages import reason_of_parser
from lfads.guarded.texts import read_text
from lfads.paths import printable, regular_file


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Tables of a TOML file.

    Raises
    ------
    UserError
        If the file is missing, is no regular file or is not TOML, with the line.
    """
    file = regular_file(
        path, "expected a configuration in TOML", missing="there is no configuration file"
    )
    where = printable(file)
    try:
        return tomllib.loads(read_text(file, "expected a configuration in TOML"))
    except UnicodeDecodeError as error:
        raise UserError(
            f"{where} is not text, so not a configuration in TOML; data files are given without a flag"
        ) from error
    except OSError as error:
        raise UserError(f"cannot read the configuration {where}: {error.strerror}") from error
    except UserError:
        raise
    except (ValueError, RecursionError) as error:  # digits by the thousand, lists within lists
        raise UserError(
            f"{where} is not valid TOML: {reason_of_parser(error)}. Example: `model.num_factors = 20`"
        ) from error


def preset_names() -> list[str]:
    """Names of the recipes that come with the package."""
    folder = resources.files("lfads.presets")
    return sorted(
        p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml")
    )


def read_preset(name: str) -> dict[str, Any]:
    """Tables of a recipe that comes with the package."""
    if not isinstance(name, str):
        raise UserError(f"a preset is named as text; got {name!r}: {', '.join(preset_names())}")
    if name not in preset_names():
        raise UserError(
            f"no preset `{name}`; there is {', '.join(preset_names())}."
            f"{suggestion(name, preset_names())}"
        )
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
            if isinstance(value, Mapping):
                before = merged.get(name)
                merged[name] = merge(before if isinstance(before, Mapping) else {}, value)
            else:
                merged[name] = value
    return merged


def read_config(
    path: str | os.PathLike[str] | None = None,
    preset: str | None = None,
    flags: Mapping[str, Any] | None = None,
) -> RunConfig:
    """Merge preset < file < flags and check the whole.

    Parameters
    ----------
    path
        TOML file with any of the tables `[model]`, `[objective]`, `[training]`,
        `[hyperparameters]`, `[search]`, and `seed`.
    preset
        Name of a recipe that comes with the package.
    flags
        Nested dictionary of the settings given on the command line.

    Examples
    --------
    >>> config = lfads.read_config(preset="demo", flags={"model": {"num_factors": 8}})
    >>> config.training.num_epochs, config.model.num_factors
    (45, 8)
    """
    layers = [
        read_preset(preset) if preset is not None else {},
        read_toml(path) if path is not None else {},
        flags or {},
    ]
    if path is not None:
        RunConfig.from_dict(layers[1], where=printable(path))
    return RunConfig.from_dict(merge(*layers))
