"""The pictures of the page on MATLAB: the Lorenz example of the toolbox, run and drawn by GNU Octave.

    python docs/matlab_pictures.py [FOLDER]

runs `matlab/examples/lorenz.m` in a folder, by default `runs/matlab-lorenz`, goes on with what an earlier
call left there, and writes `docs/_static/matlab_*.webp`. It needs Octave with gnuplot and Ghostscript.
PNGs of gnuplot have lines of less than half their width, so that lines are drawn wider for them.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("training", "trial", "psth", "factors", "inputs")
WIDTH = 800
QUALITY = 80

SCRIPT = """
warning('off', 'all');
graphics_toolkit('gnuplot');
set(0, 'defaultfigurevisible', 'off');
addpath(getenv('LFADS_TOOLBOX'));
folder = getenv('LFADS_FOLDER');
run(fullfile(getenv('LFADS_TOOLBOX'), 'examples', 'lorenz.m'));
names = strsplit(getenv('LFADS_PICTURES'), ' ');
drawn = sort(get(0, 'children'));
assert(numel(drawn) == numel(names));
for k = 1:numel(names)
  lines = findall(drawn(k), 'type', 'line');
  for j = 1:numel(lines)
    set(lines(j), 'linewidth', 2.5 * get(lines(j), 'linewidth'));
  end
  print(drawn(k), '-dpng', '-r110', fullfile(folder, [names{k} '.png']));
end
"""


def main() -> None:
    """Run the example, and keep its figures for the page."""
    octave = shutil.which("octave-cli") or sys.exit("octave-cli is not there: install GNU Octave")
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "runs" / "matlab-lorenz").absolute()
    toolbox = ROOT / "matlab"
    environment = {
        **os.environ, "LFADS_TOOLBOX": str(toolbox), "LFADS_FOLDER": str(folder),
        "LFADS_PYTHON": sys.executable, "LFADS_PICTURES": " ".join(NAMES),
    }  # fmt: skip
    script = [octave, "--no-gui", "--norc", "--eval", SCRIPT]
    subprocess.run(script, check=True, env=environment)
    for name in NAMES:
        picture = Image.open(folder / f"{name}.png").convert("RGB")
        height = round(picture.height * WIDTH / picture.width)
        smaller = picture.resize((WIDTH, height), Image.Resampling.LANCZOS)
        smaller.save(ROOT / "docs" / "_static" / f"matlab_{name}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
