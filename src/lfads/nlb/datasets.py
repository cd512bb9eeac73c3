"""The data sets of the benchmark, as its papers and files define them.

Windows, lags, kernels, conditions and names of columns are those of `nlb_tools` 0.0.4 (MIT).
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class NLBDataset:
    """One data set of the benchmark.

    Parameters
    ----------
    name
        In files of the evaluation.
    dandiset
        Where its NWB files are in the DANDI archive.
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
    behavior
        The series that is decoded; empty where columns of trials are compared.
    behavior_columns
        These columns.
    conditions
        Columns of the table of trials that make a condition; empty if there is none.
    decoders
        The column that says which trials share a decoder; empty if all do.
    scored_from
        The event from which held-out spikes are scored; empty for the whole window.
    """

    name: str
    dandiset: str
    align_to: str
    window_s: tuple[float, float]
    lag_s: float
    kernel_s: float
    held_in: int
    held_out: int
    behavior: str = ""
    behavior_columns: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    decoders: str = ""
    scored_from: str = ""

    @property
    def decodes_velocity(self) -> bool:
        """Whether the hand's velocity is decoded; else neural speed is compared with produced intervals."""
        return bool(self.behavior)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the table of training trials must have."""
        more = ("is_outlier",) if self.behavior_columns else ()
        named = (*self.conditions, self.decoders, self.scored_from, *self.behavior_columns, *more)
        return tuple(dict.fromkeys(name for name in ("split", self.align_to, *named) if name))


FORWARD_S = 0.2
"""Predicted after the window."""

BIN_WIDTHS_S = (0.005, 0.02)

_MAZE = {
    "align_to": "move_onset_time", "window_s": (-0.25, 0.45), "behavior": "hand_vel",
    "conditions": ("trial_type", "trial_version"),
}  # fmt: skip
_SCALED = {**_MAZE, "lag_s": 0.12, "kernel_s": 0.05}
_ALL = (
    NLBDataset(
        name="mc_maze", dandiset="000128", lag_s=0.1, kernel_s=0.07, held_in=137, held_out=45, **_MAZE
    ),
    NLBDataset(name="mc_maze_large", dandiset="000138", held_in=122, held_out=40, **_SCALED),
    NLBDataset(name="mc_maze_medium", dandiset="000139", held_in=114, held_out=38, **_SCALED),
    NLBDataset(name="mc_maze_small", dandiset="000140", held_in=107, held_out=35, **_SCALED),
    NLBDataset(
        name="mc_rtt", dandiset="000129", align_to="start_time", window_s=(0.0, 0.6), lag_s=0.14,
        kernel_s=0.05, held_in=98, held_out=32, behavior="finger_vel",
    ),
    NLBDataset(
        name="area2_bump", dandiset="000127", align_to="move_onset_time", window_s=(-0.1, 0.5),
        lag_s=-0.02, kernel_s=0.04, held_in=49, held_out=16, behavior="hand_vel",
        conditions=("cond_dir", "ctr_hold_bump"), decoders="ctr_hold_bump",
    ),
    NLBDataset(
        name="dmfc_rsg", dandiset="000130", align_to="go_time", window_s=(-1.5, 0.0), lag_s=0.0,
        kernel_s=0.07, held_in=40, held_out=14, conditions=("is_eye", "theta", "is_short", "ts"),
        behavior_columns=("is_eye", "theta", "is_short", "ts", "tp"), scored_from="set_time",
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
