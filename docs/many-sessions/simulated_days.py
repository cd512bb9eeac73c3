"""Days of simulated reaches, written as MATLAB files: cubes of spikes/s around the hand's peak speed.

Names and axes are those of recordings that a well-known tutorial uses: `spikes_peakVel` (neuron × time ×
trial, spikes/s), `conditionID_peakVel` and `JoystickPos_peakVel` (2 × time × trial, metres). Time is from
0.4 s before to 0.2 s after the peak, in bins of 20 ms. Trials that end before are NaN, as trials that were
cut off are there.
"""

from pathlib import Path

import numpy as np
import scipy.io

import lfads

BIN_S = 0.02
FROM_S, NUM_BINS = -0.4, 30
PER_BIN = 2  # bins of the simulation, of 10 ms


def write_days(
    folder: Path, *, num_days: int, num_neurons: int, trials_per_condition: int
) -> list[Path]:
    """Write a file a day, and say where."""
    simulated = lfads.simulate_reaching(
        seed=0,
        num_sessions=num_days,
        num_neurons=num_neurons,
        trials_per_condition=trials_per_condition,
    )
    paths = []
    for number, session in enumerate(simulated.sessions):
        path = folder / f"day_{number + 1:02d}.mat"
        scipy.io.savemat(path, cubes(session), do_compression=True)
        paths.append(path)
    return paths


def cubes(session: lfads.Session) -> dict[str, np.ndarray]:
    """Variables of one day."""
    speed = np.linalg.norm(session.behavior["hand_velocity"], axis=2)
    first = speed.argmax(1) + round(FROM_S / 0.01)
    spikes = (
        around(session.spikes.astype(float), first)
        .reshape(len(first), NUM_BINS, PER_BIN, -1)
        .sum(2)
    )
    position = around(session.behavior["hand_position"], first)[:, ::PER_BIN]
    _, code = np.unique(session.condition, return_inverse=True)
    return {
        "spikes_peakVel": (spikes / BIN_S).transpose(2, 1, 0),
        "conditionID_peakVel": code[:, None] + 1.0,
        "JoystickPos_peakVel": position.transpose(2, 1, 0),
    }


def around(values: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The same number of bins of each trial, NaN where they do not all lie in it."""
    length = NUM_BINS * PER_BIN
    inside = (first >= 0) & (first + length <= values.shape[1])
    cut = [v[f : f + length] for v, f in zip(values, np.where(inside, first, 0), strict=True)]
    return np.where(inside[:, None, None], cut, np.nan)
