"""What MATLAB asks that is no command: arrays go in or out. Each is imported when it is asked for.

A function takes `Given` arguments and arrays, and answers with a `Reply`.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from lfads.checks import UserError, suggestion
from lfads.matlab.reply import Reply

RUN_MANAGER = (
    "schema", "prepare", "align", "settings", "posterior_means", "fit_log", "trained", "export",
)  # fmt: skip
"""What the classes for users of lfads-run-manager ask for."""

FUNCTIONS: dict[str, str] = {
    "echo": "lfads.matlab.echo:echo",
    "write-trials": "lfads.matlab.staging:write_trials",
    "read-posterior": "lfads.matlab.reading:read_posterior",
    "read-data": "lfads.matlab.reading:read_data",
    "read-training": "lfads.matlab.reading:read_training",
    "read-analysis": "lfads.matlab.reading:read_analysis",
    **{
        f"run-manager {name.replace('_', '-')}": f"lfads.matlab.run_manager.commands:{name}"
        for name in RUN_MANAGER
    },
}
"""By the name under which the toolbox asks for them."""


class Given:
    """Arguments by name, each asked for in the form in which it is needed."""

    def __init__(self, arguments: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for name in arguments:
            if name not in known:
                raise UserError(f"there is no argument `{name}`.{suggestion(name, known)}")
        self._arguments = arguments

    def text(self, name: str, default: str | None = None) -> str | None:
        """A text."""
        value = self._arguments.get(name)
        if value is None or value == []:
            return default
        if not isinstance(value, str):
            raise UserError(f"`{name}=` must be text; got {value!r}")
        return value

    def needed(self, name: str) -> str:
        """A text that must be there."""
        value = self.text(name)
        if not value:
            raise UserError(f"`{name}=` is missing")
        return value

    def texts(self, name: str) -> list[str]:
        """Several texts, or one."""
        value = self._arguments.get(name, [])
        return [str(one) for one in value] if isinstance(value, list) else [str(value)]

    def number(self, name: str, default: float | None = None) -> float | None:
        """A number."""
        value = self._arguments.get(name)
        if value is None or value == []:
            return default
        try:
            return float(value)
        except (TypeError, ValueError):
            raise UserError(f"`{name}=` must be a number; got {value!r}") from None

    def switch(self, name: str) -> bool:
        """Whether it was given as true."""
        return self._arguments.get(name, False) in (True, "1", "true")


def function_named(name: str) -> Callable[[Mapping[str, Any], Mapping[str, Any]], Reply]:
    """The function behind a name."""
    module, _, function = FUNCTIONS[name].partition(":")
    return getattr(import_module(module), function)
