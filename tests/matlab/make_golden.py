"""Writes the golden files anew: `python tests/matlab/make_golden.py`. It needs Octave.

`octave_v7.mat` is what the toolbox sends of `expected_values.m`, `python_v7.mat` and `python_v73.mat` what
Python sends back. Tests hold that both sides go on reading these files as they do now.
"""

import subprocess
from pathlib import Path

from lfads.formats.matlab.file import read_matlab
from lfads.matlab.arrays import plain
from lfads.matlab.reply import write_version_7
from lfads.results.mat73 import write_version_73

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
OF_73 = (
    "double_matrix",
    "double_cube",
    "single_column",
    "int8_row",
    "int64_large",
    "uint16_matrix",
)
"""Numbers, which Octave reads from files of version 7.3."""


def main() -> None:
    """Write the three files."""
    GOLDEN.mkdir(exist_ok=True)
    script = (
        f"cd('{HERE}'); values = expected_values(); "
        "save('golden/octave_v7.mat', '-struct', 'values', '-v7')"
    )
    subprocess.run(["octave-cli", "--norc", "--eval", script], check=True)
    values = read_matlab(GOLDEN / "octave_v7.mat")
    write_version_7(
        {name: plain(value) for name, value in values.items()}, GOLDEN / "python_v7.mat"
    )
    write_version_73({name: values[name] for name in OF_73}, GOLDEN / "python_v73.mat")


if __name__ == "__main__":
    main()
