"""A video of single trials in the plane in which condition averages rotate (Supplementary Video 2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from lfads.analysis.animated import chance_in_words, coloured
from lfads.analysis.around import Around, around, event_in_words
from lfads.analysis.jpca import FEWEST_CONDITIONS, JPCA
from lfads.analysis.psth_methods import check_smoothing, rates_by_method
from lfads.analysis.video_rotations_figure import animate_planes, draw_planes
from lfads.checks import UserError, many, require_whole
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.evaluation.matching import matched
from lfads.numerics.evenly import evenly
from lfads.numerics.smoothing import SMOOTHING_S
from lfads.plots.conditions import Angles
from lfads.plots.examples import method_of
from lfads.plots.video import Animation, Pace

_NAME = "video_rotations"


@dataclass(frozen=True)
class VideoRotations:
    """Single trials in a plane of jPCA while time runs: of smoothed spikes first, then of this result.

    The plane is found once, in condition averages of this result (`jpca`), and the same trials are
    projected onto it from both: rates, softly normalised as there, less the mean over conditions of the
    averages of the same rates. So both panels have the same axes and scale, and smoothed spikes are shown
    in the plane that suits the method. Whether anything turns more than chance has it is told by p of jPCA,
    which stands in the frame: of noise it is not small, whatever the plane looks like.

    Parameters
    ----------
    window_s, align_to, num_components, num_surrogates
        As for `jpca`: choose a window over which one system holds.
    plane
        Number of the plane, 1 for the fastest.
    trials_per_condition
        Trials of each condition, evenly chosen.
    smoothing_s
        Standard deviation of the Gaussian that smooths spikes, in seconds.
    by
        Trial column that colours tell; by default that of directions, else the conditions.
    seconds, frames_per_s
        Of the video.
    angles
        Directions of the values of `by` in degrees, for their colours, by label or in their order.
    seed
        Of the surrogates.

    References
    ----------
    Pandarinath et al. (2018), Nature Methods 15:805-815, Fig. 3 and Supplementary Video 2.

    Examples
    --------
    >>> VideoRotations(window_s=(0.0, 0.3), align_to="reaction_time").plane
    1
    """

    window_s: Sequence[float] | None = None
    align_to: str | None = None
    num_components: int | None = None
    num_surrogates: int = 200
    plane: int = 1
    trials_per_condition: int = 4
    smoothing_s: float = SMOOTHING_S
    by: str | None = None
    seconds: float = 10.0
    frames_per_s: int = 25
    angles: Angles | None = None
    seed: int = 0

    title = "Rotations of single trials"
    needs = ("rates", "condition")
    height_in = 4.4
    video_height_in = 5.2
    in_report = False

    def __post_init__(self) -> None:
        for name in ("plane", "trials_per_condition"):
            require_whole(_NAME, f"{name}=", getattr(self, name), 1)
        check_smoothing(_NAME, self.smoothing_s)
        Pace(_NAME, self.seconds, self.frames_per_s)
        self._jpca()

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """States of trials in the plane by both methods, and frequency, R² and p of jPCA.

        Raises
        ------
        UserError
            If there is no such window, column or plane, or too few conditions or neurons.
        """
        found = self._jpca().compute(posterior, session)
        if self.plane > found.sizes["plane"]:
            raise UserError(
                f"{_NAME}: `plane=` must be at most {found.sizes['plane']}; got {self.plane}"
            )
        window_s = found.attrs["window_s"] or None
        axes = found["axes"].values[:, self.plane - 1] / found["scale"].values[:, None]
        data = matched(session, posterior)
        rates = rates_by_method(posterior, data, {}, self.smoothing_s)
        names = [next(iter(rates)), method_of(posterior)]
        own = around(
            posterior, session, _NAME,
            window_s=window_s, align_to=self.align_to, fewest=FEWEST_CONDITIONS,
        )  # fmt: skip
        smoothed = posterior.assign(rates=posterior["rates"].copy(data=rates[names[0]]))
        plain = around(
            smoothed, session, _NAME,
            window_s=window_s, align_to=self.align_to, fewest=FEWEST_CONDITIONS,
        )  # fmt: skip
        both = np.intersect1d(own.trials, plain.trials)
        chosen = _some(own.group[np.isin(own.trials, both)], both, self.trials_per_condition)
        states = np.stack([_turned(each, axes, chosen) for each in (plain, own)])
        column = coloured(data, self.by)
        one, hz = {"units": "1"}, {"units": "Hz"}
        result = xr.Dataset(
            {
                "state": (("signal", "trial", "time", "axis"), states.astype(np.float32), one),
                "frequency_hz": ((), float(found["frequency_hz"][self.plane - 1]), hz),
                "r2_skew": found["r2_skew"],
                "p_skew": found["p_skew"],
            },
            {
                "signal": names,
                "trial_index": ("trial", data.trial_index[chosen]),
                "label": ("trial", column.labels[chosen]),
                "time": ("time", own.time_s, {"units": "s"}),
            },
        )
        return result.assign_attrs(
            by=column.name, plane=self.plane, align_to=self.align_to or "",
            num_surrogates=self.num_surrogates, smoothing_s=self.smoothing_s,
            bin_width_s=own.bin_width_s,
        )  # fmt: skip

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """Frequency of the plane, R² of jPCA and its p."""
        hz, r2, p = (float(result[n]) for n in ("frequency_hz", "r2_skew", "p_skew"))
        return [
            ("rotations of condition averages", "value", "p"),
            (f"plane {result.attrs['plane']}: frequency (Hz)", in_words(hz), ""),
            ("R², skew-symmetric system", in_words(r2), in_words(p)),
        ]

    def caption(self, result: xr.Dataset) -> str:
        """What is shown, how it was made, and whether anything turns."""
        smooth, method = result["signal"].values.astype(str).tolist()
        r2, p = float(result["r2_skew"]), float(result["p_skew"])
        colored = f", coloured by {result.attrs['by']}" if result.attrs["by"] else ""
        return (
            f"{many(result.sizes['trial'], 'single trial')}{colored}, of {smooth} (Gaussian of "
            f"{1000 * result.attrs['smoothing_s']:g} ms) and of {method}, in plane "
            f"{result.attrs['plane']} of jPCA, which was fitted once, to condition averages of {method}: "
            f"R² of the skew-symmetric system {r2:.2f} ({chance_in_words(p)}, "
            f"{many(int(result.attrs['num_surrogates']), 'surrogate')}). Each is less its mean over "
            f"conditions. Time counts from {event_in_words(result.attrs['align_to'] or None)}; a dot is "
            "the state at the time that is shown."
        )

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """Whole courses in both panels."""
        draw_planes(figure, result, self.angles)

    def animate(self, figure: Any, result: xr.Dataset) -> Animation:
        """Time runs in the left panel, then in the right one, and both stand at the end."""
        pace = Pace(_NAME, self.seconds, self.frames_per_s)
        return animate_planes(figure, result, self.angles, pace)

    def _jpca(self) -> JPCA:
        return JPCA(
            window_s=self.window_s, align_to=self.align_to, num_components=self.num_components,
            num_surrogates=self.num_surrogates, seed=self.seed,
        )  # fmt: skip


def _turned(
    of: Around, axes: Float[np.ndarray, "neuron 2"], trials: Int[np.ndarray, " chosen"]
) -> Float[np.ndarray, "chosen time 2"]:
    """States of some trials of the posterior, less the mean over conditions."""
    common = of.averages().mean(0)
    places = np.searchsorted(of.trials, trials)
    return (of.rates[places] - common) @ axes


def _some(
    group: Int[np.ndarray, " trial"], trials: Int[np.ndarray, " trial"], each: int
) -> Int[np.ndarray, " chosen"]:
    """So many trials of each group, evenly chosen."""
    of_groups = (trials[group == g] for g in np.unique(group))
    return np.sort(np.concatenate([of[evenly(len(of), each)] for of in of_groups]))
