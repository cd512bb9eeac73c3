"""Inferred inputs around an event: averages of groups, single trials, whether and when groups differ.

Trials are aligned by whole bins: the bin that holds the event is bin 0. What lies outside a trial is
missing, and counted. Whether groups differ is asked of trials that the answer was not fitted on, and of
shuffled labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from lfads.analysis.aligned import (
    Aligned,
    aligned_to,
    along_difference,
    cells_outside,
    in_blocks,
    reached_by_half,
)
from lfads.analysis.inputs_around_events_figure import draw_inputs_around_events
from lfads.analysis.inputs_around_events_words import BAND, caption_of, numbers_of
from lfads.analysis.trial_columns import (
    column_of,
    compacted,
    group_places,
    levels_of,
    likely_events,
    require_shared_values,
    times_of,
)
from lfads.checks import UserError, first_of, require_whole
from lfads.data.session import Session
from lfads.evaluation.matching import bin_width_of, matched, values_of
from lfads.numerics.means import mean_of_known
from lfads.numerics.separation import (
    Separation,
    explained_by_groups,
    separation,
    shuffled_within,
)
from lfads.numerics.threads import one_thread
from lfads.plots.averages import mean_and_error
from lfads.plots.conditions import Angles
from lfads.quality.measures import FEWEST_OF_A_GROUP


@dataclass(frozen=True)
class InputsAroundEvents:
    """Inferred inputs around an event, by groups of trials: whether they differ, from when on, how strong.

    For each bin, the share of the inputs' variance that groups explain, Σ n_g ‖m_g - m‖² / Σ ‖u - m‖², is
    compared with its largest value over the window for shuffled labels: the first bin above 99 % of these
    is when the groups begin to differ. How well the group of a trial is told from its inputs after the
    event is the accuracy of a regularised discriminant on trials that were left out, beside that for
    shuffled labels.

    Parameters
    ----------
    event
        Numeric column of the trials, a time in seconds on the clock of `time`, NaN where there is no event.
        By default the only column that may be one; else time 0 if it lies in the trials, else their start.
    by
        Column whose values group the trials; by default their conditions, if they bear any. `""` makes one
        group of all.
    within
        Column within whose values groups are compared, such as the direction of a reach, in whose frame a
        perturbation acts: each value has means of its own. By default the condition, where `by` is another
        column and each condition has two trials or more of each group; `""` compares over all.
    window_s
        What is cut out around the event, in seconds.
    score_s
        The window after the event in which groups are told apart, in seconds.
    num_shuffles
        Of labels.
    angles
        Directions of groups in degrees, for their colours, by label or in their order.

    References
    ----------
    Pandarinath et al. (2018), Nature Methods 15:805-815, Fig. 5: inferred inputs after a perturbation.

    Examples
    --------
    >>> InputsAroundEvents(event="jump_time", by="jump_side", within="direction").window_s
    (-0.2, 0.4)
    """

    event: str | None = None
    by: str | None = None
    within: str | None = None
    window_s: Sequence[float] = (-0.2, 0.4)
    score_s: Sequence[float] = (0.0, 0.3)
    num_shuffles: int = 200
    angles: Angles | None = None

    title = "Inferred inputs around an event"
    needs = ("inferred_inputs",)
    height_in = 5.0
    in_report = False  # which event is the user's question

    def __post_init__(self) -> None:
        for name in ("window_s", "score_s"):
            pair = np.ravel(getattr(self, name)).tolist()
            if len(pair) != 2 or not (np.isfinite(pair).all() and pair[0] < pair[1]):
                raise UserError(
                    f"inputs_around_events: `{name}` must be two times in seconds around the event, the "
                    f"earlier first, such as (-0.2, 0.4); got {tuple(pair)}"
                )
        require_whole("inputs_around_events", "num_shuffles", self.num_shuffles, 20)

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """Aligned inputs, averages of groups, and how groups differ.

        Raises
        ------
        UserError
            If there is no such column, or no trial whose event lies in it.
        """
        data, width_s = matched(session, posterior), bin_width_of(posterior)
        inputs = values_of(posterior, "inferred_inputs", "input").astype(np.float64)
        time_s = posterior["time"].to_numpy()
        event, when, others = self._event(data, time_s, width_s)
        aligned = aligned_to(inputs, when, time_s[0], width_s, self.window_s)
        if not len(aligned.trials):
            raise UserError(
                f"`event=`: no trial of session `{data.name}` holds its `{event}`. Trials are from "
                f"{time_s[0]:g} to {time_s[-1] + width_s:g} s; give a column of times on that clock"
            )
        by, labels, group = self._groups(data)
        trials = aligned.trials[group[aligned.trials] >= 0]
        enough = np.bincount(group[trials], minlength=1) >= min(FEWEST_OF_A_GROUP, len(trials))
        trials = trials[enough[group[trials]]]
        if not len(trials):
            raise UserError(
                f"`by=`: no group of `{by}` has {FEWEST_OF_A_GROUP} trials in session `{data.name}`: name "
                "a column with fewer values"
            )
        kept = np.isin(aligned.trials, trials)
        aligned = aligned._replace(values=aligned.values[kept], trials=trials)
        labels, group = compacted(labels, group[trials])
        within, level = self._levels(data, by, trials, group)
        result = self._result(aligned, labels, group, level, width_s)
        kept_coords = {
            name: ("trial", posterior[name].to_numpy()[trials])
            for name in ("trial_index", "condition")
            if name in posterior.coords
        }
        result = result.assign_coords({**kept_coords, "event_s": ("trial", when[trials])})
        result["event_s"].attrs["units"] = "s"
        return result.assign_attrs(
            bin_width_s=width_s, event=event, by=by, within=within, other_events=", ".join(others),
            trials_left_out=int(len(inputs) - len(trials)), cells_outside=cells_outside(aligned.values),
        )  # fmt: skip

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """How many trials, how well groups are told apart, from when on they differ, and strength."""
        return numbers_of(result)

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        return caption_of(result)

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """Averages above, single trials below, differences at the right."""
        draw_inputs_around_events(figure, result, self.angles)

    def _event(
        self, data: Session, time_s: np.ndarray, width_s: float
    ) -> tuple[str, Float[np.ndarray, " trial"], list[str]]:
        """Its name, its time in each trial, and other columns that may be events."""
        stop_s = float(time_s[-1]) + width_s
        likely = likely_events(data, float(time_s[0]), stop_s)
        if self.event is not None:
            when = times_of(data, self.event, "event")
            return self.event, when, [name for name in likely if name != self.event]
        if len(likely) == 1:
            return likely[0], times_of(data, likely[0], "event"), []
        inside = time_s[0] < 0 < stop_s
        at = 0.0 if inside else float(time_s[0])
        name = "time 0" if inside else "the start of the trial"
        return name, np.full(data.num_trials, at), likely

    def _groups(self, data: Session) -> tuple[str, list[str], Int[np.ndarray, " trial"]]:
        name = (
            self.by if self.by is not None else ("condition" if data.condition is not None else "")
        )
        if not name:
            return "", ["all trials"], np.zeros(data.num_trials, np.int64)
        return name, *group_places(data, name, "by", FEWEST_OF_A_GROUP)

    def _levels(
        self, data: Session, by: str, trials: np.ndarray, group: np.ndarray
    ) -> tuple[str, Int[np.ndarray, " trial"]]:
        alone = np.zeros(len(trials), np.int64)
        if self.within == "" or (
            self.within is None and (data.condition is None or by == "condition")
        ):
            return "", alone
        name = self.within or "condition"
        column = column_of(data, name, "within")[trials]
        if self.within:
            require_shared_values(column, name, "within")
        level = levels_of(column)
        cells = np.bincount(
            level * (int(group.max()) + 1) + group, minlength=(level.max() + 1) * (group.max() + 1)
        )
        if self.within is None and cells.min() < 2:
            return "", alone
        return name, level

    def _result(
        self, aligned: Aligned, labels: list[str], group: np.ndarray, level: np.ndarray, width_s: float
    ) -> xr.Dataset:  # fmt: skip
        u, time_s = aligned.values, aligned.time_s
        courses = [
            [mean_and_error(u[group == g][..., k]) for k in range(u.shape[2])]
            for g in range(len(labels))
        ]
        mean, error = (
            np.stack([np.stack([each[part] for each in row], axis=-1) for row in courses])
            for part in (0, 1)
        )
        scored = (time_s >= self.score_s[0] - 1e-9) & (time_s < self.score_s[1] - 1e-9)
        strength = np.sqrt(
            [mean_of_known(u[:, part] ** 2, (0, 1)) for part in (time_s < -1e-9, scored)]
        )
        unit, one = {"units": "a.u."}, {"units": "1"}
        found: dict[str, Any] = {
            "inputs": (("trial", "time", "input"), u.astype(np.float32), unit),
            "mean": (("group", "time", "input"), mean, unit),
            "sem": (("group", "time", "input"), error, unit),
            "reached": ("time", reached_by_half(u).astype(np.int8), one),
            "strength": (("period", "input"), strength, {**unit, "long_name": "root mean square"}),
            "score_window_s": ("edge", np.asarray(self.score_s, float), {"units": "s"}),
        }
        if len(labels) > 1:
            difference, band = self._difference(u, group, level)
            found |= {
                "difference": ("time", difference, {**one, "long_name": "variance explained"}),
                "band": ((), band, one),
            }
            above = np.nan_to_num(difference, nan=-1.0) > band
            largest = time_s[np.nanargmax(difference)] if above.any() else np.nan
            first = time_s[above.argmax()] if above.any() else np.nan
            found |= {
                "first_s": ((), first, {"units": "s"}),
                "largest_s": ((), largest, {"units": "s"}),
            }
            told = self._told(u, group, level, scored)
            found |= {name: ((), value, one) for name, value in told._asdict().items()}
            if len(labels) == 2:
                along = along_difference(u, group, level, scored)
                found["along"] = (("trial", "time"), along.astype(np.float32), unit)
        return xr.Dataset(
            found,
            {
                "time": ("time", time_s, {"units": "s", "long_name": "from the start of the event's bin"}),
                "group": labels,
                "period": ["before", "after"],
                "group_of_trial": ("trial", group),
            },
        )  # fmt: skip

    def _difference(
        self, u: np.ndarray, group: np.ndarray, level: np.ndarray
    ) -> tuple[Float[np.ndarray, " time"], float]:
        """Of groups in each bin that most trials reach, and the band of shuffled labels."""
        reached = reached_by_half(u)
        rng = np.random.default_rng(0)
        with one_thread():
            found = np.where(reached, explained_by_groups(u, group, level), np.nan)
            most = [
                float(np.max(explained_by_groups(u[:, reached], other, level), initial=0.0))
                for other in (shuffled_within(rng, group, level) for _ in range(self.num_shuffles))
            ]
        return found, float(np.quantile(most, BAND)) if reached.any() else np.inf

    def _told(
        self, u: np.ndarray, group: np.ndarray, level: np.ndarray, scored: np.ndarray
    ) -> Separation:
        features, whole = in_blocks(u[:, scored])
        counts = np.bincount(group[whole], minlength=int(group.max()) + 1)
        if not scored.any() or (counts < FEWEST_OF_A_GROUP).any():
            raise UserError(
                f"`score_s=`: inputs {self.score_s[0]:g} to {self.score_s[1]:g} s after the event are "
                f"known in {first_of(counts)} trials of the groups; {FEWEST_OF_A_GROUP} of each are "
                "needed: choose a window that lies in the trials and in `window_s`"
            )
        with one_thread():
            num = min(self.num_shuffles, 100)
            return separation(features[whole], group[whole], level[whole], num_shuffles=num)
