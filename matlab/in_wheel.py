"""Puts the toolbox into the package when a wheel is built, where `lfads matlab path` finds it.

An editable install finds it in the checkout: copies there would grow old.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("+lfads", "run_manager", "examples")


class Toolbox(BuildHookInterface):
    """Hatchling calls this before it builds a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name what goes into the wheel besides the package."""
        if version == "standard":
            folders = {f"matlab/{name}": f"lfads/matlab/toolbox/{name}" for name in FOLDERS}
            build_data["force_include"].update(folders)
