"""What trials look like beside each other: PCA and t-SNE of initial conditions, inferred inputs, states.

t-SNE draws clusters even of noise. So the figure says how well the condition of a trial is told from those
of its neighbours in the full space, beside shuffled conditions; and, where conditions are angles, how well
the angle is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from lfads.analysis.analysis import refuse_rates_of_conditions
from lfads.analysis.embedding_figure import draw_embedding
from lfads.analysis.embedding_words import (
    ERRORS_OF_ANGLE,
    NUM_COMPONENTS,
    SOURCES,
    caption_of,
    numbers_of,
)
from lfads.analysis.trial_columns import column_of, levels_of, require_shared_values, times_of
from lfads.analysis.tsne import tsne
from lfads.checks import UserError, require_whole
from lfads.data.session import Session
from lfads.evaluation.matching import bin_width_of, holds, matched, values_of
from lfads.numerics.circular import angles_told, errors_rad, median_errors_of_shuffled
from lfads.numerics.components import principal_components
from lfads.numerics.evenly import evenly
from lfads.numerics.neighbors import votes
from lfads.numerics.separation import balanced_folds
from lfads.numerics.threads import one_thread
from lfads.plots.angles import turn_of
from lfads.plots.conditions import Angles


@dataclass(frozen=True)
class Embedding:
    """PCA and t-SNE of trials, by condition, with a number that says whether conditions are apart at all.

    The number is the accuracy of the vote of a trial's nearest neighbours in the first principal
    components, itself left out, each condition counting the same, beside that for shuffled conditions.
    Where a column is an angle, it is told by ridge regression of its cosine and sine, of trials that were
    left out, with the median of the error in degrees, beside that for shuffled angles.

    Parameters
    ----------
    of
        `initial_conditions`, `inferred_inputs` (all bins of a window), `state` (factors, or rates where
        there are none, at `at_s`), one or several; by default the first two, or the state where there is
        neither.
    window_s
        From when to when inferred inputs are taken, in seconds; by default all.
    at_s
        When the state is taken, in seconds; by default time 0, or the start of trials that do not hold it.
    by
        Column whose values are coloured and told apart; by default conditions.
    angle
        Numeric column that is an angle, in degrees, or in radians if it says so by its values. By default
        what is coloured, else `direction`, `angle` or `target`, whichever is an angle by its values.
    perplexity
        Of t-SNE: about how many neighbours a trial has.
    num_neighbors
        Of a trial, that vote for its condition.
    most_trials
        Of more trials than these, evenly chosen ones are drawn.
    seed
        Of t-SNE and shuffles.
    angles
        Directions of conditions in degrees, for their colours, by label or in their order.

    References
    ----------
    Van der Maaten & Hinton (2008), J. Mach. Learn. Res. 9:2579-2605. Pandarinath et al. (2018), Nature
    Methods 15:805-815, Figs 2 and 5: t-SNE of initial conditions and of inferred inputs.

    Examples
    --------
    >>> Embedding(of="state", at_s=0.0, angle="direction").num_neighbors
    10
    """

    of: str | Sequence[str] | None = None
    window_s: Sequence[float] | None = None
    at_s: float | None = None
    by: str | None = None
    angle: str | None = None
    perplexity: float = 30.0
    num_neighbors: int = 10
    most_trials: int = 1500
    seed: int = 0
    angles: Angles | None = None

    title = "Trials beside each other"
    needs = ("rates",)
    height_in = 4.6
    in_report = False  # t-SNE of a thousand trials takes long

    def __post_init__(self) -> None:
        known = tuple(SOURCES)
        for name in self._wanted() or ():
            if name not in known:
                raise UserError(
                    f"embedding: `of` must be of {', '.join(f'`{k}`' for k in known)}; got {name!r}"
                )
        for name, least in (("num_neighbors", 1), ("most_trials", 10)):
            require_whole("embedding", name, getattr(self, name), least)
        if self.window_s is not None:
            pair = np.ravel(self.window_s).tolist()
            if len(pair) != 2 or not pair[0] < pair[1]:
                raise UserError(
                    "embedding: `window_s` must be two times in seconds, the earlier first, such as "
                    f"(0.0, 0.3); got {tuple(pair)}"
                )
        if not 1 <= self.perplexity < np.inf:
            raise UserError(f"embedding: `perplexity` must be 1 or more; got {self.perplexity!r}")

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """Places of trials, accuracy of their neighbours' votes, and errors of angles.

        Raises
        ------
        UserError
            If what is asked for is not there, there are fewer than 10 trials without gaps, or rates were
            made from the conditions.
        """
        refuse_rates_of_conditions("embedding", posterior)
        data = matched(session, posterior)
        chosen = evenly(data.num_trials, self.most_trials)
        by, group = self._groups(data, chosen)
        angle_name, angle = self._angle(data, by)
        found: list[dict[str, Any]] = []
        for name, values in self._sources(posterior, chosen):
            known = np.asarray(np.isfinite(values).all(1))
            if known.sum() < 10:
                raise UserError(
                    f"embedding: {SOURCES[name]} of session `{data.name}` are known in "
                    f"{int(known.sum())} trials; "
                    "10 are needed: choose a window, or a time, that most trials reach"
                )
            with one_thread():
                found.append({"name": name, **self._embedded(values, known, group)})
                found[-1] |= self._told(values, known, angle[chosen] if len(angle) else angle)
        result = _labelled(found, group)
        coords: dict[str, Any] = {"trial_index": ("trial", data.trial_index[chosen])}
        if by:
            coords["label"] = ("trial", column_of(data, by, "by")[chosen])
        return result.assign_coords(coords).assign_attrs(
            by=by, angle=angle_name, num_neighbors=self.num_neighbors, perplexity=self.perplexity,
            with_tsne=int("tsne" in result), trials_left_out=int(data.num_trials - len(chosen)),
        )  # fmt: skip

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """Of each source: how well conditions are told by neighbours, and angles by regression."""
        return numbers_of(result)

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows, how it was made, and what t-SNE does to noise."""
        return caption_of(result)

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """A row for each source."""
        draw_embedding(figure, result, SOURCES, self.angles)

    def _wanted(self) -> tuple[str, ...] | None:
        return (
            (self.of,) if isinstance(self.of, str) else None if self.of is None else tuple(self.of)
        )

    def _groups(self, data: Session, chosen: np.ndarray) -> tuple[str, Int[np.ndarray, " trial"]]:
        by = self.by if self.by is not None else ("condition" if data.condition is not None else "")
        if not by:
            return "", np.zeros(len(chosen), np.int64)
        column = column_of(data, by, "by")[chosen]
        if self.by:
            require_shared_values(column, by, "by")
        return by, levels_of(column)

    def _angle(self, data: Session, by: str) -> tuple[str, Float[np.ndarray, " trial"]]:
        """A column of angles in radians, NaN where unknown; none if no column is one."""
        for name in (self.angle,) if self.angle else (by, "direction", "angle", "target"):
            if not name or (name not in data.trial_table and name != "condition"):
                if self.angle:
                    column_of(data, self.angle, "angle")  # says what there is
                continue
            column = column_of(data, name, "angle")
            if column.dtype.kind not in "iuf":
                if self.angle:
                    times_of(data, name, "angle")
                continue
            turn = turn_of(np.unique(column[np.isfinite(column)]))
            if turn is None and not self.angle:
                continue
            return name, column.astype(np.float64) * 2 * np.pi / (turn or 360.0)
        return "", np.zeros(0)

    def _sources(
        self, posterior: xr.Dataset, chosen: np.ndarray
    ) -> Iterator[tuple[str, Float[np.ndarray, "trial feature"]]]:
        wanted = self._wanted()
        if wanted is None:
            of = (
                ("initial_conditions", "initial_condition_mean"),
                ("inferred_inputs", "inferred_inputs"),
            )
            wanted = tuple(name for name, variable in of if holds(posterior, variable)) or (
                "state",
            )
        time_s, width_s = posterior["time"].to_numpy(), bin_width_of(posterior)
        for name in wanted:
            if name == "initial_conditions":
                yield (
                    name,
                    values_of(posterior, "initial_condition_mean", "latent")[chosen].astype(float),
                )
            elif name == "inferred_inputs":
                inside = self._inside(time_s, width_s)
                inputs = values_of(posterior, "inferred_inputs", "input")[chosen][:, inside]
                yield name, inputs.reshape(len(chosen), -1).astype(float)
            else:
                at = self._bin(time_s, width_s)
                of = ("factors", "factor") if holds(posterior, "factors") else ("rates", "neuron")
                yield name, values_of(posterior, *of)[chosen][:, at].astype(float)

    def _inside(self, time_s: np.ndarray, width_s: float) -> np.ndarray:
        if self.window_s is None:
            return np.ones(len(time_s), bool)
        start, stop = self.window_s
        inside = (time_s >= start - 1e-9) & (time_s < stop - 1e-9)
        if not inside.any():
            raise UserError(
                f"`window_s=`: no bin lies in {start:g} to {stop:g} s; trials are from {time_s[0]:g} to "
                f"{time_s[-1] + width_s:g} s"
            )
        return inside

    def _bin(self, time_s: np.ndarray, width_s: float) -> int:
        at_s = (
            self.at_s
            if self.at_s is not None
            else (0.0 if time_s[0] <= 0 <= time_s[-1] else time_s[0])
        )
        place = int(np.floor((at_s - time_s[0]) / width_s + 1e-6))
        if not 0 <= place < len(time_s):
            raise UserError(
                f"`at_s=`: {at_s:g} s lies in no bin; trials are from {time_s[0]:g} to "
                f"{time_s[-1] + width_s:g} s"
            )
        return place

    def _embedded(self, values: np.ndarray, known: np.ndarray, group: np.ndarray) -> dict[str, Any]:
        scores = principal_components(
            values[known], min(NUM_COMPONENTS, *values[known].shape)
        ).scores
        found: dict[str, Any] = {"pca": _placed(scores[:, :2], known)}
        if (plane := tsne(scores, self.perplexity, self.seed)) is not None:
            found["tsne"] = _placed(plane, known)
        return found | votes(scores, group[known], self.num_neighbors, self.seed)._asdict()

    def _told(self, values: np.ndarray, known: np.ndarray, angle: np.ndarray) -> dict[str, float]:
        """Median error of the angle, of shuffled ones, and their lower 5 %."""
        known = known & np.isfinite(angle) if len(angle) else known & False
        if known.sum() < 20:
            return dict.fromkeys(ERRORS_OF_ANGLE, np.nan)
        x, true = values[known], angle[known]
        fold = balanced_folds(levels_of(true), 5, self.seed)
        error = np.median(errors_rad(angles_told(x, true, fold), true))
        chance = median_errors_of_shuffled(x, true, fold, seed=self.seed)
        each = np.degrees([error, np.median(chance), np.quantile(chance, 0.05)]).tolist()
        return dict(zip(ERRORS_OF_ANGLE, each, strict=True))


def _placed(places: np.ndarray, known: np.ndarray) -> Float[np.ndarray, "trial 2"]:
    found = np.full((len(known), 2), np.nan)
    found[known, : places.shape[1]] = places
    return found


def _labelled(found: Sequence[dict[str, Any]], group: np.ndarray) -> xr.Dataset:
    unit, one = {"units": "a.u."}, {"units": "1"}
    variables: dict[str, Any] = {
        name: (("source", "trial", "axis"), np.stack([each[name] for each in found]), unit)
        for name in ("pca", "tsne")
        if all(name in each for each in found)
    }
    for name in ("accuracy", "chance", "chance_high", "p"):
        variables[name] = ("source", [each[name] for each in found], one)
    for name in ERRORS_OF_ANGLE:
        variables[name] = ("source", [each[name] for each in found], {"units": "degrees"})
    return xr.Dataset(
        variables, {"source": [each["name"] for each in found], "group": ("trial", group)}
    )
