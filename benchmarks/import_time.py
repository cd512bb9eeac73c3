"""Seconds that a fresh interpreter takes to import the package, and to print the command's help.

The floor is an interpreter that does nothing; medians over several starts.
"""

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import _record


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    arguments = parser.parse_args()
    command = shutil.which("lfads", path=Path(sys.executable).parent)
    if command is None:
        raise SystemExit("no `lfads` beside this interpreter: install the package first")
    commands = {
        "interpreter": [sys.executable, "-c", "pass"],
        "import": [sys.executable, "-c", "import lfads"],
        "import_and_train_function": [sys.executable, "-c", "import lfads; lfads.train"],
        "help": [command, "--help"],
    }
    seconds = {name: median_seconds(line, arguments.repeats) for name, line in commands.items()}
    floor = seconds["interpreter"]
    _record.record(
        {
            "seconds": seconds,
            "ratio_to_floor": {name: value / floor for name, value in seconds.items()},
            "repeats": arguments.repeats,
        },
        arguments.out,
    )


def median_seconds(command: list[str], repeats: int) -> float:
    """Median wall time of a command; the first start, which fills caches, does not count."""
    times = []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


if __name__ == "__main__":
    main()
