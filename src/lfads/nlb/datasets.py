"""The data sets of the benchmark, as its papers and files define them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class NLBDataset:
    """One data set of the benchmark.

    Parameters
    ----------
    name
        In files of the evaluation.
    align_to
        The event of a trial that its window is aligned to.
    window_s
        From and to, relative to it.
    lag_s
        Behaviour is decoded from rates so much earlier; below 0 later.
    kernel_s
        Deviation of the Gaussian that smooths spikes for condition averages.
    held_in, held_out
        Neurons that are encoded, and that are predicted.
    conditions
        Columns of the table of trials that make a condition; empty if there is none.
    """

    name: str
    align_to: str
    window_s: tuple[float, float]
    lag_s: float
    kernel_s: float
    held_in: int
    held_out: int
    conditions: tuple[str, ...] = ()

    @property
    def decodes_velocity(self) -> bool:
        """Whether the hand's velocity is decoded; else neural speed is compared with produced intervals."""
        return self.name != "dmfc_rsg"


FORWARD_S = 0.2
"""Predicted after the window."""

BIN_WIDTHS_S = (0.005, 0.02)

_MAZE = {
    "align_to": "move_onset_time", "window_s": (-0.25, 0.45),
    "conditions": ("trial_type", "trial_version"),
}  # fmt: skip
_ALL = (
    NLBDataset(name="mc_maze", lag_s=0.1, kernel_s=0.07, held_in=137, held_out=45, **_MAZE),
    NLBDataset(name="mc_maze_large", lag_s=0.12, kernel_s=0.05, held_in=122, held_out=40, **_MAZE),
    NLBDataset(name="mc_maze_medium", lag_s=0.12, kernel_s=0.05, held_in=114, held_out=38, **_MAZE),
    NLBDataset(name="mc_maze_small", lag_s=0.12, kernel_s=0.05, held_in=107, held_out=35, **_MAZE),
    NLBDataset(
        name="mc_rtt", align_to="start_time", window_s=(0.0, 0.6), lag_s=0.14, kernel_s=0.05,
        held_in=98, held_out=32,
    ),
    NLBDataset(
        name="area2_bump", align_to="move_onset_time", window_s=(-0.1, 0.5), lag_s=-0.02, kernel_s=0.04,
        held_in=49, held_out=16, conditions=("cond_dir", "ctr_hold_bump"),
    ),
    NLBDataset(
        name="dmfc_rsg", align_to="go_time", window_s=(-1.5, 0.0), lag_s=0.0, kernel_s=0.07,
        held_in=40, held_out=14, conditions=("is_eye", "theta", "is_short", "ts"),
    ),
)  # fmt: skip

DATASETS: Mapping[str, NLBDataset] = {one.name: one for one in _ALL}
"""By name."""


def group_of(name: str, bin_width_s: float) -> str:
    """The name of a data set in files: with `_20` behind it for bins of 20 ms.

    >>> group_of("mc_maze", 0.02)
    'mc_maze_20'
    """
    return f"{name}_20" if abs(bin_width_s - 0.02) < 1e-6 else name


def dataset_in(session: str) -> str | None:
    """The data set that a session is named after; None if after none.

    >>> dataset_in("mc_maze_large_train"), dataset_in("mc_maze-5ms"), dataset_in("monday")
    ('mc_maze_large', 'mc_maze', None)
    """
    found = [name for name in DATASETS if session.lower().startswith(name)]
    return max(found, key=len, default=None)
