"""A posterior in the format of MATLAB, written by a process of its own.

`python -m lfads.studio.results.as_mat POSTERIOR.nc FILE.mat`
"""

import sys
from collections.abc import Sequence

from lfads.checks import UserError
from lfads.results.posterior import open_posterior

MISTAKE = 2


def main(arguments: Sequence[str]) -> int:
    """Write the file; 2 and a message if the posterior cannot be read."""
    try:
        open_posterior(arguments[0]).save(arguments[1], "mat", overwrite=True)
    except (UserError, OSError) as error:
        sys.stderr.write(f"lfads: error: {error}\n")
        return MISTAKE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
