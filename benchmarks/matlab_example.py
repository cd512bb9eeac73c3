"""What the Lorenz example of the MATLAB toolbox gives: its scores, and how near its rates are to the truth.

Reads the folder in which `docs/matlab_pictures.py FOLDER` ran `matlab/examples/lorenz.m`.
"""

from pathlib import Path

import _record
import numpy as np

import lfads


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder
    truth = lfads.read(folder / "simulated.h5").session.true_rates_hz
    posterior = lfads.open_posterior(folder / "run" / "posterior.nc").dataset
    valid = posterior["split"].to_numpy().astype(str) == "valid"
    assert truth is not None
    rates = posterior["rates"].to_numpy()
    of_truth = truth[posterior["trial_index"].to_numpy()]
    run = lfads.open_run(folder / "run")
    scores = run.evaluate(baselines=False, progress=False).splits["valid"]
    summary = run.summary
    found = {
        "valid_bits_per_spike": scores.bits_per_spike,
        "correlation_with_true_rates": float(
            np.corrcoef(rates[valid].ravel(), of_truth[valid].ravel())[0, 1]
        ),
        "epochs": summary["epochs"],
        "best_epoch": summary["best_epoch"],
        "seconds": summary["seconds"],
    }
    _record.record(found, arguments.out)


if __name__ == "__main__":
    main()
