"""What a wheel holds besides the package: the toolbox for MATLAB, and the SBOM that `make dist` wrote.

`lfads matlab path` finds the toolbox. An editable install finds it in the checkout: copies would grow old.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("+lfads", "run_manager", "examples")
SBOM = "build/release/lfads.cdx.json"


class Beside(BuildHookInterface):
    """Hatchling calls this before it builds a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name what goes into the wheel besides the package."""
        if version == "standard":
            folders = {f"matlab/{name}": f"lfads/matlab/toolbox/{name}" for name in FOLDERS}
            build_data["force_include"].update(folders)
            if (Path(self.root) / SBOM).is_file():
                build_data.setdefault("sbom_files", []).append(SBOM)
