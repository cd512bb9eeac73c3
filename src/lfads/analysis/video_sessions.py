"""A video of several sessions in one space, by several methods (Supplementary Video 3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from lfads.analysis.animated import coloured
from lfads.analysis.common_trajectories import common_trajectories
from lfads.analysis.methods_of_sessions import Results, labels_of_all, results_of, shared_bins
from lfads.analysis.video_sessions_figure import animate_parts, draw_parts
from lfads.checks import UserError, many
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.numerics.threads import one_thread
from lfads.plots.conditions import Angles
from lfads.plots.examples import method_of
from lfads.plots.video import Animation, Pace

_NAME = "video_sessions"


@dataclass(frozen=True)
class VideoSessions:
    """Condition averages of factors of several sessions, one session and then all, by one method or three.

    Factors of one network for all sessions mean the same in all, so that its own are shown as they are,
    along the first three principal components of the mean over sessions: these are the common trajectories
    z. Factors of a session by itself, of a network of its own or of GPFA, mean nothing in another: each
    session is mapped to the common trajectories, z = x W + b, by ridge regression. Of results that are
    themselves of sessions one by one, such as those of a baseline, the common trajectories are the first
    principal components of all sessions' factors together.

    Half of each condition's trials give z and the maps, the other half is shown. R² is that of what tells
    conditions apart in it (less the mean over conditions, of z and of what is shown), so that noise gives 0
    or less, whatever all conditions have in common.

    Parameters
    ----------
    alone
        Results of sessions one by one: folders of runs that hold `posterior.nc`, such files, or posteriors.
    gpfa
        The same of GPFA (`lfads baseline gpfa …`).
    session
        The session that is shown by itself; by default the first.
    penalty
        Of ridge regression, of factors of which each session's have mean square 1.
    by
        Trial column that colours tell, which must be the same within a condition; by default that of
        directions, else the conditions.
    seconds, frames_per_s
        Of the video.
    angles
        Directions of the values of `by` in degrees, for their colours, by label or in their order.

    References
    ----------
    Pandarinath et al. (2018), Nature Methods 15:805-815, Fig. 4 and Supplementary Video 3.

    Examples
    --------
    >>> VideoSessions(gpfa="runs/gpfa", alone=("runs/first", "runs/second")).penalty
    1.0
    """

    alone: Results | Sequence[Results] | None = None
    gpfa: Results | Sequence[Results] | None = None
    session: str | None = None
    penalty: float = 1.0
    by: str | None = None
    seconds: float = 12.0
    frames_per_s: int = 25
    angles: Angles | None = None

    title = "Sessions in one space"
    needs = ("factors", "condition")
    height_in = 7.6
    video_height_in = 5.6
    in_report = False

    def __post_init__(self) -> None:
        Pace(_NAME, self.seconds, self.frames_per_s)
        if not 0 < self.penalty < np.inf:
            raise UserError(f"{_NAME}: `penalty=` must be above 0; got {self.penalty!r}")

    def compute_together(
        self, posteriors: Mapping[str, xr.Dataset], sessions: Mapping[str, Session]
    ) -> xr.Dataset:
        """Trajectories of each method, session and condition in the common space, and their R².

        Raises
        ------
        UserError
            If there are fewer than two sessions, results of another method lack one, or sessions share
            fewer than two conditions with two trials, or fewer than three bins.
        """
        names = list(posteriors)
        if len(names) < 2:
            raise UserError(
                f"{_NAME} shows several sessions; got {many(len(names), 'session')}: give a run of several"
            )
        if self.session is not None and self.session not in names:
            raise UserError(
                f"{_NAME}: `session=` must be one of {', '.join(names)}; got {self.session!r}"
            )
        methods = self._methods(posteriors)
        labels = labels_of_all(methods)
        time_s, bins = shared_bins(methods)
        own = list(methods)[-1]
        with one_thread():
            found = common_trajectories(
                methods, labels, bins, own, _is_of_each(posteriors), self.penalty
            )
        of_labels = _colours_of(self.by, sessions, labels)
        one, au = {"units": "1"}, {"units": "a.u."}
        result = xr.Dataset(
            {
                "path": (
                    ("method", "session", "condition", "time", "axis"),
                    found.paths.astype(np.float32), au,
                ),
                "r2": (("method", "session"), found.r2, one),
                "own_maps": ("method", found.own_maps.astype(np.int8), one),
            },
            {
                "method": list(methods),
                "session": names,
                "condition": labels,
                "label": ("condition", of_labels[1]),
                "time": ("time", time_s, {"units": "s"}),
                "axis": found.axes,
            },
        )  # fmt: skip
        return result.assign_attrs(by=of_labels[0], shown=self.session or names[0])

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """R² between conditions of each session, by method."""
        methods = result["method"].values.astype(str).tolist()
        rows = [("R² of what tells conditions apart, in other trials", *methods)]
        r2 = result["r2"].values
        for k, name in enumerate(result["session"].values.astype(str).tolist()):
            rows.append((name, *(in_words(float(value)) for value in r2[:, k])))
        rows.append(("mean over sessions", *(in_words(float(value)) for value in r2.mean(1))))
        return rows

    def caption(self, result: xr.Dataset) -> str:
        """What is shown, how it was made, and how well sessions agree."""
        methods = result["method"].values.astype(str).tolist()
        told = ", ".join(
            f"{name} {in_words(float(r2))}"
            for name, r2 in zip(methods, result["r2"].values.mean(1), strict=True)
        )
        mapped = [m for m, own in zip(methods, result["own_maps"].values, strict=True) if own]
        maps = (
            f" Factors of {' and of '.join(mapped)} mean nothing in another session: each session has a "
            "map of its own by ridge regression onto the common trajectories."
            if mapped
            else " All sessions have the same axes, and no map of their own."
        )
        return (
            f"Averages of {many(result.sizes['condition'], 'condition')} in "
            f"{many(result.sizes['session'], 'session')}, one session and then all, along three principal "
            f"components of their common trajectories.{maps} Half of the trials give these and the maps, "
            "the other half is shown. R² of what tells conditions apart in these, mean over sessions: "
            f"{told}; of noise it is 0 or less. A dot is the start."
        )

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """A column for each method: one session above all sessions."""
        draw_parts(figure, result, self.angles)

    def animate(self, figure: Any, result: xr.Dataset) -> Animation:
        """Part by part time runs, while the space turns."""
        pace = Pace(_NAME, self.seconds, self.frames_per_s)
        return animate_parts(figure, result, self.angles, pace)

    def _methods(self, posteriors: Mapping[str, xr.Dataset]) -> dict[str, Mapping[str, xr.Dataset]]:
        """By name, the results in hand last."""
        first = method_of(next(iter(posteriors.values())))
        own = first if _is_of_each(posteriors) else f"stitched {first}"
        found: dict[str, Mapping[str, xr.Dataset]] = {}
        for name, parameter, given in (
            ("GPFA", "gpfa", self.gpfa), ("single-session LFADS", "alone", self.alone),
        ):  # fmt: skip
            if given is not None:
                found[name] = results_of(given, list(posteriors), f"{_NAME}: `{parameter}=`")
        return {**found, own: posteriors}


def _is_of_each(posteriors: Mapping[str, xr.Dataset]) -> bool:
    """Whether factors are of each session by itself: those of baselines are."""
    return any("baseline" in of.attrs for of in posteriors.values())


def _colours_of(
    by: str | None, sessions: Mapping[str, Session], labels: Sequence[str]
) -> tuple[str, np.ndarray]:
    """What colours tell, and its value for each condition."""
    session = next(iter(sessions.values()))
    column = coloured(session, by)
    assert session.condition is not None  # which the analysis needs
    text = session.condition.astype(str)
    values = []
    for label in labels:
        found = np.unique(column.labels[text == label])
        if len(found) != 1 and by is not None:
            raise UserError(
                f"{_NAME}: `by=` must name a column that is the same in all trials of a condition; `{by}` "
                f"has {len(found)} values in condition {label}"
            )
        if len(found) != 1:
            return "condition", np.array(labels)
        values.append(found[0])
    return column.name, np.array(values)
