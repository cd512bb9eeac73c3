"""What a form asks for, as settings; and the same run as a command, as Python, and as TOML."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lfads.checks import Problems, UserError
from lfads.config import RunConfig, merge, preset_names, read_preset, to_toml
from lfads.studio.runs.fields import FormField, by_name

Command = Literal["train", "search"]


@dataclass(frozen=True, kw_only=True)
class AskedRun:
    """A training or a search that was asked for.

    Parameters
    ----------
    command
        `train` or `search`.
    data
        The file.
    more
        Files of further sessions, which are trained together.
    bin_width_s
        For files that do not say it.
    preset
        Name of a recipe, or empty.
    given
        Settings that were given, by table.
    """

    command: Command
    data: Path
    more: tuple[Path, ...] = ()
    bin_width_s: float | None = None
    preset: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """All tables: those of the recipe, and over them what was given."""
        return merge(read_preset(self.preset) if self.preset else {}, self.given)

    @property
    def files(self) -> list[Path]:
        """Of all sessions."""
        return [self.data, *self.more]

    @property
    def options(self) -> list[str]:
        """Further words of the command."""
        return [] if self.bin_width_s is None else ["--bin-width-s", repr(self.bin_width_s)]

    def as_command(self) -> str:
        """One line for a terminal."""
        words = ["lfads", self.command, *map(str, self.files), "--out", "RUN", *self.options]
        words += ["--preset", self.preset] if self.preset else []
        for name, value in self.given.items():
            settings = value if isinstance(value, Mapping) else {"": value}
            for key, each in settings.items():
                words += _flag(f"{name}.{key}".rstrip("."), each)
        return shlex.join(words)

    def as_python(self) -> str:
        """Lines for a script or a notebook."""
        width = "" if self.bin_width_s is None else f", bin_width_s={self.bin_width_s!r}"
        layers = [
            *([f"preset={self.preset!r}"] if self.preset else []),
            *([f"flags={_plain(self._tables())!r}"] if self._tables() else []),
        ]
        files = [str(file) for file in self.files]
        run = "lfads.train" if self.command == "train" else "lfads.search_population"
        return "\n".join(
            [
                "import lfads",
                "",
                f"dataset = lfads.read({files if self.more else files[0]!r}{width})",
                f"config = lfads.read_config({', '.join(layers)})",
                f"run = {run}(dataset, config, out='RUN')",
            ]
        )

    def as_toml(self) -> str:
        """A file for the flag `config`."""
        return (
            to_toml(self.settings) if self.settings else "# everything is derived from the data\n"
        )

    def _tables(self) -> dict[str, Any]:
        search = {"search": {}} if self.command == "search" else {}
        return merge(search, self.given)


def asked_run(
    command: str,
    data: Path,
    words: Mapping[str, str],
    bin_width_s: float | None = None,
    more: Sequence[Path] = (),
) -> AskedRun:
    """What a form asks for.

    Parameters
    ----------
    command
        `train` or `search`.
    data
        The file.
    words
        Texts of the form's fields by name; empty ones are not given. `preset` and `seed` are among them.
    bin_width_s
        For files that do not say it.
    more
        Files of further sessions.

    Raises
    ------
    UserError
        Naming every setting that cannot be read, is out of range, or is none.
    """
    if command not in ("train", "search"):
        raise UserError(f"a form asks for a training or a search; got {command}")
    known, problems = by_name(command), Problems("settings")
    tables: dict[str, Any] = {}
    if words.get("seed", "").strip():
        seed = FormField(
            name="seed", kind="whole", choices=(), text="", advice="", default="0", reason=""
        )
        tables["seed"] = problems.attempt(_value, seed, words["seed"].strip())
    for name, text in words.items():
        if name not in known or not text.strip():
            continue
        table, _, key = name.partition(".")
        value = problems.attempt(_value, known[name], text.strip())
        tables.setdefault(table, {})[key] = value
    preset = words.get("preset", "")
    problems.require(not preset or preset in preset_names(), f"there is no preset `{preset}`")
    problems.raise_if_any()
    asked = AskedRun(
        command=command, data=data, more=tuple(more), bin_width_s=bin_width_s, preset=preset,
        given=tables,
    )  # fmt: skip
    RunConfig.from_dict(merge({"search": {}} if command == "search" else {}, asked.settings))
    return asked


def width_of(text: str) -> float | None:
    """The width of a bin that was typed; None if nothing was.

    Raises
    ------
    UserError
        If it is no width.
    """
    if not text.strip():
        return None
    try:
        width = float(text)
    except ValueError:
        width = 0.0
    if not 0 < width < 1e3:
        raise UserError(
            f"the width of a bin is a number of seconds, such as 0.01; got {text[:40]!r}"
        )
    return width


def _value(setting: FormField, text: str) -> Any:
    """The value that a text stands for; whether it is in range is for the settings to say."""
    try:
        match setting.kind:
            case "whole":
                return int(text)
            case "number":
                return float(text)
            case "switch":
                return {"true": True, "false": False}[text]
            case "text":
                return text
    except (ValueError, KeyError):
        kind = {"whole": "a whole number", "number": "a number", "switch": "true or false"}
        raise UserError(
            f"`{setting.name}` must be {kind[setting.kind]}; got {text[:40]!r}"
        ) from None


def _flag(name: str, value: Any) -> list[str]:
    flag = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        table, _, setting = flag.removeprefix("--").rpartition(".")
        return [flag] if value else [f"--{table}.no-{setting}"]
    return [flag, value if isinstance(value, str) else repr(value)]


def _plain(tables: Mapping[str, Any]) -> dict[str, Any]:
    return {k: dict(v) if isinstance(v, Mapping) else v for k, v in tables.items()}
