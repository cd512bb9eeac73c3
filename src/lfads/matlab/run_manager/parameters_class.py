"""`+LFADS/Parameters.m`, made from the list of settings, so that neither drifts from the other.

`python -m lfads.matlab.run_manager.parameters_class` writes it in a checkout.
"""

import textwrap
from pathlib import Path

from lfads.config.run_manager import Parameter, Value, parameters
from lfads.files import write_text
from lfads.matlab.toolbox import toolbox_folder

FILE = Path("run_manager", "+LFADS", "Parameters.m")
WIDTH = 108


def parameters_class() -> str:
    """The text of the class."""
    lines = [
        "classdef Parameters",
        "%PARAMETERS  Settings with names and defaults of lfads-run-manager, and what they are here.",
        "%",
    ]
    for one in parameters():
        lines += _help(one)
    lines += [
        "%",
        "%   Settings of the optimiser are carried over where you change them: the numbers of another",
        "%   optimiser would mislead this one. Those without a counterpart are refused if you change them.",
        "%",
        "%   This file is made from lfads.config.run_manager; change that.",
        "",
        "  properties",
        *(f"    {one.name} = {_value(one.default)};" for one in parameters()),
        "  end",
        "end",
    ]
    return "\n".join(lines) + "\n"


def _help(one: Parameter) -> list[str]:
    place = one.place or "no counterpart"
    unset = "" if one.always or not one.place else " Derived from the data unless you change it."
    text = textwrap.wrap(
        f"{place}: {one.text}{unset}".replace("`", "").replace("±", "+/-"), WIDTH - 10
    )
    return [f"%   {one.name} = {_value(one.default)}", *(f"%       {line}" for line in text)]


def _value(value: Value) -> str:
    """A value as MATLAB has it.

    >>> _value(True), _value("poisson"), _value(1e-4), _value(50)
    ('true', "'poisson'", '0.0001', '50')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}'" if isinstance(value, str) else f"{value:.12g}"


if __name__ == "__main__":
    write_text(toolbox_folder() / FILE, parameters_class())
