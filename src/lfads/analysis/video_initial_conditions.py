"""A video of initial conditions that turn in three dimensions (Supplementary Video 1)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lfads.analysis.animated import chance_in_words, coloured, refuse_other_words
from lfads.analysis.trial_columns import column_of, levels_of
from lfads.analysis.tsne import tsne
from lfads.analysis.video_initial_conditions_figure import animate_dots, draw_dots
from lfads.checks import UserError, many
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.evaluation.matching import matched, values_of
from lfads.numerics.components import principal_components
from lfads.numerics.evenly import evenly
from lfads.numerics.neighbors import votes
from lfads.numerics.threads import one_thread
from lfads.plots.conditions import Angles
from lfads.plots.factors import component_names
from lfads.plots.video import Animation, Pace

MOST_MARKS = 4
_NAME = "video_initial_conditions"
_NUM_NEIGHBORS = 10
_NUM_COMPONENTS = 30
_FEWEST = 10


@dataclass(frozen=True)
class VideoInitialConditions:
    """Posterior means of initial conditions in three dimensions, which turn: a dot is a trial.

    Beside colours and marks stands how often the ten nearest neighbours of a trial, in the first principal
    components of all dimensions, vote for its colour and its mark, each value counting the same, with p by
    shuffled trials. In noise the neighbours tell nothing, whatever the picture looks like.

    Parameters
    ----------
    by
        Trial column that colours tell; by default that of directions (`direction`, `angle` or `target`, if
        its values are angles), else the conditions.
    marks
        Trial column that the form of a dot tells, such as how curved a reach is; numbers of more than four
        values are divided in thirds. By default all dots are alike.
    space
        `pca`, the first principal components, or `tsne`, which needs scikit-learn and draws clusters even
        of noise.
    most_trials
        Of more trials, evenly chosen ones are drawn.
    seconds, frames_per_s
        Of the video, in which the space turns once.
    seed
        Of t-SNE and shuffles.
    angles
        Directions of the values of `by` in degrees, for their colours, by label or in their order.

    References
    ----------
    Pandarinath et al. (2018), Nature Methods 15:805-815, Fig. 2 and Supplementary Video 1.

    Examples
    --------
    >>> VideoInitialConditions(by="direction", marks="bend").seconds
    10.0
    """

    by: str | None = None
    marks: str | None = None
    space: str = "pca"
    most_trials: int = 500
    seconds: float = 10.0
    frames_per_s: int = 25
    seed: int = 0
    angles: Angles | None = None

    title = "Initial conditions in three dimensions"
    needs = ("initial_condition_mean",)
    height_in = 4.4
    video_height_in = 5.6
    in_report = False

    def __post_init__(self) -> None:
        refuse_other_words(_NAME, "space", self.space, ("pca", "tsne"))
        Pace(_NAME, self.seconds, self.frames_per_s)

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """Places of trials, their colours and marks, and how well neighbours tell both.

        Raises
        ------
        UserError
            If there is no such column, or initial conditions of fewer than ten trials are known.
        """
        data = matched(session, posterior)
        means = values_of(posterior, "initial_condition_mean", "latent").astype(np.float64)
        known = np.flatnonzero(np.isfinite(means).all(1))
        if len(known) < _FEWEST:
            raise UserError(
                f"{_NAME}: initial conditions of session `{data.name}` are known in {len(known)} trials; "
                f"{_FEWEST} are needed"
            )
        chosen = known[evenly(len(known), self.most_trials)]
        column = coloured(data, self.by)
        labels = column.labels[chosen]
        form, forms = _forms(data, self.marks, chosen)
        with one_thread():
            places, names = _places(means[chosen], self.space, self.seed)
            scores = principal_components(
                means[chosen], min(_NUM_COMPONENTS, *means[chosen].shape)
            ).scores
            told = [votes(scores, g, _NUM_NEIGHBORS, self.seed) for g in (levels_of(labels), form)]
        one = {"units": "1"}
        result = xr.Dataset(
            {
                "place": (("trial", "axis"), places, {"units": "a.u."}),
                "mark": ("trial", form, one),
                "accuracy": ("told", [each.accuracy for each in told], one),
                "chance": ("told", [each.chance for each in told], one),
                "p": ("told", [each.p for each in told], one),
            },
            {
                "trial_index": ("trial", data.trial_index[chosen]),
                "label": ("trial", labels),
                "axis": names,
                "mark_name": forms,
                "told": ["colour", "mark"],
            },
        )
        left = int(data.num_trials - len(chosen))
        return result.assign_attrs(
            by=column.name, marks=self.marks or "", space=self.space, trials_left_out=left
        )

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """How often neighbours vote for what colours and marks tell."""
        rows = [("told by neighbours", "accuracy", "of shuffled trials", "p")]
        for k, name in enumerate((result.attrs["by"], result.attrs["marks"])):
            if name:
                told, chance, p = (
                    in_words(float(result[n][k])) for n in ("accuracy", "chance", "p")
                )
                rows.append((name, told, chance, p))
        if len(rows) == 1:
            rows.append(("no column was named", "–", "–", "–"))
        return rows

    def caption(self, result: xr.Dataset) -> str:
        """What is shown, how it was made, and whether neighbours are alike."""
        words = "first three principal components" if self.space == "pca" else "three axes of t-SNE"
        text = (
            f"A dot is one of {many(result.sizes['trial'], 'trial')}: the posterior mean of its initial "
            f"condition, along the {words}."
        )
        for k, (name, told) in enumerate(
            ((result.attrs["by"], "Colours"), (result.attrs["marks"], "Marks"))
        ):
            if name:
                accuracy, chance, p = (float(result[n][k]) for n in ("accuracy", "chance", "p"))
                text += (
                    f" {told} tell {name}: {_NUM_NEIGHBORS} nearest neighbours vote for it in "
                    f"{100 * accuracy:.0f} % of trials, in {100 * chance:.0f} % of shuffled ones "
                    f"({chance_in_words(p)})."
                )
        if self.space == "tsne":
            text += " t-SNE draws clusters even of noise: believe the numbers, not the picture."
        if left := int(result.attrs["trials_left_out"]):
            text += f" {many(left, 'trial')} of the data are not drawn."
        return text

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """One view of the space."""
        draw_dots(figure, result, self.angles)

    def animate(self, figure: Any, result: xr.Dataset) -> Animation:
        """The space turns once."""
        pace = Pace(_NAME, self.seconds, self.frames_per_s)
        return animate_dots(figure, result, self.angles, pace)


def _places(
    means: Float[np.ndarray, "trial latent"], space: str, seed: int
) -> tuple[Float[np.ndarray, "trial 3"], list[str]]:
    """In three dimensions, 0 where there are fewer, and the names of the axes."""
    num = min(3, means.shape[1])
    found = principal_components(means, num)
    places, names = found.scores, component_names(found)
    if space == "tsne":
        scores = principal_components(means, min(_NUM_COMPONENTS, *means.shape)).scores
        by_tsne = tsne(scores, 30.0, seed, 3)
        if by_tsne is None:
            raise UserError(
                f"{_NAME}: `space=tsne` needs scikit-learn: `pip install 'lfads[paper]'`, or take "
                "`space=pca`"
            )
        return by_tsne, [f"t-SNE {k}" for k in (1, 2, 3)]
    none = ((0, 0), (0, 3 - num))
    return np.pad(places, none), names + [f"none ({k + 1})" for k in range(num, 3)]


def _forms(data: Session, marks: str | None, chosen: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The number of each trial's mark, and what marks mean."""
    if marks is None:
        return np.zeros(len(chosen), np.int64), ["all trials"]
    column = column_of(data, marks, "marks")[chosen]
    values = np.unique(column.astype(str) if column.dtype.kind not in "iuf" else column)
    if len(values) <= MOST_MARKS:
        names = [f"{v:g}" if column.dtype.kind in "iuf" else str(v) for v in values]
        return np.searchsorted(values, column.astype(values.dtype)), names
    if column.dtype.kind not in "iuf" or not np.isfinite(column).all():
        raise UserError(
            f"{_NAME}: `marks=` must name a column of numbers that are all known, or of at most "
            f"{MOST_MARKS} values; `{marks}` has {len(values)}"
        )
    edges = np.quantile(column, [1 / 3, 2 / 3])
    low, high = (f"{edge:.3g}" for edge in edges)
    return np.digitize(column, edges), [f"below {low}", f"{low} to {high}", f"above {high}"]
