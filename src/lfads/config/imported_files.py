"""Configuration files of other implementations, as nested names and values; nothing in them is run."""

import itertools
import json
import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

from lfads.checks import UserError, reason_of
from lfads.paths import printable, regular_file

LARGEST_BYTES = 2**20


def read_foreign(path: Path) -> dict[str, Any]:
    """Names and values of a file: YAML (`.yaml`, `.yml`), JSON, or the flags of a command.

    Raises
    ------
    UserError
        If it is none of these, or too large to be a configuration.
    """
    file = regular_file(path, "expected a configuration", missing="there is no configuration file")
    shown = printable(file)
    if file.stat().st_size > LARGEST_BYTES:
        raise UserError(f"{shown} is too large for a configuration")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, OSError) as error:
        raise UserError(f"{shown} is no text, so no configuration") from error
    if file.suffix.lower() in (".yaml", ".yml"):
        values = _from_yaml(text, shown)
    elif text.lstrip().startswith("{"):
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{shown} is no JSON: {reason_of(error)}") from error
    else:
        values = flags_of(text)
    if not isinstance(values, dict) or not values:
        raise UserError(
            f"{shown} holds no settings: expected YAML, JSON, or flags such as --factors_dim=20"
        )
    return with_references(values)


REFERENCE = re.compile(r"\$\{([A-Za-z_][\w.]*)\}")
MOST_STEPS = 20
MOST_VALUES = 20_000
MOST_DEEP = 50
"""Of a configuration; anchors of YAML make more of few bytes, without an end where one holds itself."""


def with_references(values: dict[str, Any]) -> dict[str, Any]:
    """Settings in which `${model.fac_dim}` is what stands there, as Hydra reads them.

    References to what is not there stay as they are.

    >>> with_references({"model": {"fac_dim": 20, "readout": {"in_features": "${model.fac_dim}"}}})
    {'model': {'fac_dim': 20, 'readout': {'in_features': 20}}}
    """

    def place(path: str) -> Any:
        value: Any = values
        for key in path.split("."):
            if isinstance(value, dict) and key in value:
                value = value[key]
            elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
                value = value[int(key)]
            else:
                return None
        return None if isinstance(value, dict | list) else value

    seen = itertools.count()

    def meant(value: Any, deep: int) -> Any:
        if next(seen) > MOST_VALUES or deep > MOST_DEEP:
            raise UserError(
                f"expected a configuration of at most {MOST_VALUES} values, {MOST_DEEP} deep; got more: "
                "anchors (`&name`, `*name`) may repeat what they hold"
            )
        if isinstance(value, dict):
            return {key: meant(one, deep + 1) for key, one in value.items()}
        if isinstance(value, list):
            return [meant(one, deep + 1) for one in value]
        return said(value)

    def said(value: Any) -> Any:
        for _ in range(MOST_STEPS):
            found = REFERENCE.fullmatch(value) if isinstance(value, str) else None
            other = place(found[1]) if found else None
            if other is None:
                break
            value = other
        return value

    return meant(values, 0)


def flags_of(text: str) -> dict[str, Any]:
    """`--name=value` and `--name value` of a command line, as numbers where they are some.

    >>> flags_of("run_lfads.py --factors_dim=20 --keep_prob 0.95 --do_causal_controller=false")
    {'factors_dim': 20, 'keep_prob': 0.95, 'do_causal_controller': False}
    """
    try:
        words = shlex.split(text.replace("\\\n", " "), comments=True)
    except ValueError:
        return {}
    found: dict[str, Any] = {}
    for number, word in enumerate(words):
        if not word.startswith("--"):
            continue
        name, equals, value = word[2:].partition("=")
        following = words[number + 1] if number + 1 < len(words) else ""
        if not equals:
            value = "true" if following.startswith("--") or not following else following
        found[name] = value_of(value)
    return found


def value_of(text: str) -> Any:
    """A text as true, false or a number where it is one."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if re.fullmatch(r"[-+]?\d+", text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def _from_yaml(text: str, shown: str) -> Any:
    try:
        yaml = import_module("yaml")  # an extra: type checkers need not find it
    except ImportError:
        raise UserError("YAML needs PyYAML: pip install 'lfads[yaml]'") from None
    try:
        return yaml.load(text, Loader=_safe_loader(yaml))
    except (yaml.YAMLError, RecursionError) as error:
        raise UserError(f"{shown} is no YAML: {reason_of(error)}") from error


def _safe_loader(yaml: Any) -> Any:
    """The safe loader, which reads 1e-5 as a number, as later versions of YAML do."""

    class Loader(yaml.SafeLoader):
        pass

    number = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+")
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", number, list("-+0123456789"))
    return Loader
