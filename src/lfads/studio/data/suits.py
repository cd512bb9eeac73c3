"""What would be derived for a training on a file, as JSON: a process of its own, since data may be large.

`python -m lfads.studio.data.suits FILE [--bin-width-s WIDTH] [FILE …]`
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.config import RunConfig
from lfads.data.dataset import Dataset
from lfads.devices import usable_cores
from lfads.formats.read import read
from lfads.jobs.predict import predicted
from lfads.training.defaults import resolve_defaults
from lfads.training.sizes import sizes_of, this_machine

MISTAKE = 2


def suits(dataset: Dataset) -> dict[str, Any]:
    """Derived settings of a training and of a search, by table and name, and what they take."""
    sizes, machine = sizes_of(dataset), this_machine()
    found: dict[str, Any] = {}
    for command, tables in (("train", {}), ("search", {"search": {}})):
        config = RunConfig.from_dict(tables)
        takes = predicted(dataset, config, usable_cores())
        _, derived = resolve_defaults(config, sizes, machine)
        found[command] = {
            "settings": {f"{d.table}.{d.name}": [d.value, d.reason] for d in derived},
            "minutes": takes.minutes,
            "memory_bytes": takes.memory_bytes,
        }
    return found


def main(arguments: Sequence[str]) -> int:
    """Print what suits a file; 2 and a message if it cannot be trained on."""
    files, width = list(arguments), None
    if "--bin-width-s" in files:
        at = files.index("--bin-width-s")
        width = float(files[at + 1])
        del files[at : at + 2]
    try:
        found = suits(read([Path(file) for file in files], bin_width_s=width))
    except UserError as error:
        sys.stderr.write(f"lfads: error: {error}\n")
        return MISTAKE
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
