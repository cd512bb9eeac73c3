"""Demixed principal components: what time, conditions and their factors explain of population activity."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from lfads.analysis.analysis import refuse_rates_of_conditions
from lfads.analysis.around import (
    Around,
    WindowS,
    around,
    column_of,
    event_in_words,
    left_out_in_words,
)
from lfads.analysis.behavior import Names, as_names
from lfads.analysis.demixing import (
    Grid,
    Normalised,
    axes_of,
    chosen_penalty,
)
from lfads.analysis.dpca_figure import draw_dpca
from lfads.analysis.dpca_left_out import r2_left_out, told_apart
from lfads.analysis.dpca_result import labelled
from lfads.analysis.trial_columns import without_label
from lfads.checks import UserError, first_of, many, require_whole
from lfads.data.companions import in_order
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.numerics.means import groups_of_labels
from lfads.numerics.threads import one_thread
from lfads.plots.conditions import Angles

FEWEST_CONDITIONS = 2


@dataclass(frozen=True)
class DPCA:
    """Axes that tell apart what is common to all conditions and what conditions differ in.

    Averages of conditions X (softly normalised: each neuron by its range and 5 spikes/s; of signals, and a
    tenth of the median range) are the sum of parts: `time`, their mean over conditions, and `condition`,
    the rest; or one part for each of several factors, and each combination. For every part X_φ, axes
    minimise ‖X_φ - F D X‖² + λ‖D‖² over single trials: scatter about the averages counts as noise that
    decoders D are to avoid. λ is chosen by trials that are left out. Decoders of different parts need not
    be orthogonal.

    Parameters
    ----------
    window_s
        Start and end in seconds from the event; by default the whole trial.
    align_to
        The trial column with the time of the event; by default time zero.
    factors
        Trial columns whose combinations are the conditions, such as `direction` and `bend`, all of which
        must be there; by default the conditions themselves. Trials without a value are left out.
    num_components
        Of each part.
    num_folds
        Of trials, for the penalty, for left-out averages and for classification; as many as the smallest
        condition has trials, but two at least, if these are fewer. R² of left-out averages is not known
        where a condition has one trial only.
    num_shuffles
        Times that labels of trials are shuffled and all is fitted again, for the significance of
        components; 0 for none.
    signal
        `rates`, or `factors`.
    angles
        Directions of conditions in degrees, by label or in their order, for colours.
    seed
        Of the shuffles.

    References
    ----------
    Kobak et al. (2016), eLife 5:e10989, Figs. 3 to 6, and on regularisation and significance.
    Kaufman et al. (2016), eNeuro 3(4), and Pandarinath et al. (2018), Nature Methods 15:805-815, Fig. 4:
    the condition-independent signal.

    Examples
    --------
    >>> from lfads.baselines.smoothing import Smoothing
    >>> from lfads.simulate.reaching import simulate_reaching
    >>> dataset = simulate_reaching(num_neurons=30, trials_per_condition=5)
    >>> rates = Smoothing(widths_s=(0.04,), penalties=(0.1,)).fit(dataset).infer(dataset).dataset
    >>> result = DPCA(num_shuffles=0).compute(rates, dataset.session)
    >>> result["part"].values.tolist(), bool(result["r2_left_out"].values[0, 0] > 0.9)
    (['time', 'condition'], True)
    """

    window_s: WindowS = None
    align_to: str | None = None
    factors: Names = None
    num_components: int = 3
    num_folds: int = 5
    num_shuffles: int = 100
    signal: str = "rates"
    angles: Angles | None = None
    seed: int = 0

    title = "Demixed principal components"
    height_in = 5.6
    in_report = False

    def __post_init__(self) -> None:
        for name, least in (("num_components", 1), ("num_folds", 2), ("num_shuffles", 0)):
            require_whole("dpca", f"{name}=", getattr(self, name), least)

    @property
    def needs(self) -> tuple[str, ...]:
        """The signal, and conditions."""
        return (self.signal, "condition")

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """Components of each part: axes, courses, variance, and whether single trials tell classes apart.

        Raises
        ------
        UserError
            If there is no such window or column, a combination of factors has no trial, or rates were
            made from the conditions.
        """
        refuse_rates_of_conditions("dpca", posterior)
        found = around(
            posterior, session, "dpca",
            window_s=self.window_s, align_to=self.align_to, signal=self.signal, fewest=FEWEST_CONDITIONS,
        )  # fmt: skip
        if found.rates.shape[2] < self.num_components:
            raise UserError(
                f"dpca: `num_components=` must be at most {found.rates.shape[2]}, as many as there are "
                f"neurons or factors; got {self.num_components}"
            )
        found, grid = self._crossed(found)
        # Every fold needs trials of every condition, for averages of left-out trials to be of all.
        num_folds = max(2, min(self.num_folds, int(found.num_trials.min())))
        trials = Normalised.of(found, num_folds)
        with one_thread():
            penalty = chosen_penalty(trials.sums, grid, self.num_components)
            axes = axes_of(trials.averages, grid, self.num_components, penalty)
            r2 = r2_left_out(trials.sums, grid, self.num_components, penalty)
            told = told_apart(
                trials,
                grid,
                self.num_components,
                penalty,
                num_shuffles=self.num_shuffles,
                seed=self.seed,
            )
        result = labelled(trials, grid, axes, r2, told, found)
        about = {"align_to": self.align_to or "", "penalty": penalty, "signal": self.signal}
        about |= {"num_folds": num_folds, **found.left_out(posterior)}
        edges = [found.time_s[0], found.time_s[-1]] + np.array([-0.5, 0.5]) * found.bin_width_s
        return result.assign_attrs(window_s=edges.tolist(), **about)

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """Variance and R² of left-out averages of each component, and when it tells classes apart."""
        rows = [
            ("component", "share of variance", "R², left-out trials", "tells classes apart (s)")
        ]
        for p, part in enumerate(result["part"].values.astype(str)):
            for k in range(result.sizes["component"]):
                share, r2 = (float(result[n][p, k]) for n in ("variance", "r2_left_out"))
                told = "–" if part == "time" or not result.sizes["shuffle"] else None
                if told is None:
                    told = f"{float(result['significant'][p, k].sum()) * result.attrs['bin_width_s']:.2f}"
                rows.append((f"{part} {k + 1}", in_words(share), in_words(r2), told))
        for p, part in enumerate(result["part"].values.astype(str)):
            share, noise = (float(result[n][p]) for n in ("part_variance", "part_noise"))
            rows.append((f"all of {part}", f"{share:.4f}, {noise:.4f} of it noise", "", ""))
        return rows

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        start, stop = result.attrs["window_s"]
        parts = result["part"].values.astype(str)
        text = (
            f"Demixed principal components of averages of {many(result.sizes['condition'], 'condition')}, "
            f"{start:g} to {stop:g} s from {event_in_words(result.attrs['align_to'] or None)}. "
            f"Parts: {first_of(parts)}; {parts[0]} is common to all conditions. A row for each part: "
            "averages of conditions along its first components, with their share of the variance, and R² "
            f"at which averages of left-out trials repeat ({_folds_in_words(result)}); 0 or less is noise. "
            "Left: shares of the parts in "
            "the variance of averages; hatched: estimated noise, what single trials scatter over their "
            f"number. The penalty {result.attrs['penalty']:g} was chosen by left-out trials."
        )
        if result.sizes["shuffle"]:
            text += (
                " Black bars: the class of left-out single trials is found more often than in any of "
                f"{many(result.sizes['shuffle'], 'fit')} to shuffled labels, for at least 100 ms."
            )
        return text + left_out_in_words(result)

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """Courses of the first components of each part, and shares of the parts."""
        draw_dpca(figure, result, self.angles)

    def _crossed(self, found: Around) -> tuple[Around, Grid]:
        """Conditions as they are, or as combinations of factors."""
        if self.factors is None:
            return found, Grid(("condition",), (len(found.labels),))
        names = as_names(self.factors)
        columns = [_factor(found.session, name) for name in names]
        known = ~np.any([without_label(column) for column in columns], axis=0)
        if not known.any():
            raise UserError(
                f"dpca: no trial has a value of each of `factors=` {first_of(names)}. Choose other factors"
            )
        levels, places = [], []
        for column in columns:
            words = np.asarray(column).astype(str)[known]
            levels.append(np.array(in_order(np.unique(words).tolist())))
            places.append(groups_of_labels(words, levels[-1]))
        grid = Grid(names, tuple(map(len, levels)))
        group = np.ravel_multi_index(tuple(places), grid.shape)
        crossed = np.unravel_index(np.arange(grid.num), grid.shape)
        labels = np.array([
            ", ".join(level[place] for level, place in zip(levels, each, strict=True))
            for each in zip(*crossed, strict=True)
        ])  # fmt: skip
        lacking = labels[np.bincount(group, minlength=grid.num) == 0]
        if len(lacking):
            raise UserError(
                f"dpca: every combination of `factors=` {first_of(names)} needs trials; "
                f"{first_of(lacking, 5)} has none. Choose other factors"
            )
        return found.take(known)._replace(group=group, labels=labels), grid


def _factor(session: Session, name: str) -> np.ndarray:
    """A trial column of numbers or text."""
    column = session.trial_table.get(name)
    if column is None or column.dtype.kind not in "iufbUS":
        return column_of(session, name, "dpca")  # which raises
    return np.asarray(column)


def _folds_in_words(result: xr.Dataset) -> str:
    """How many there are, and why there may be no R²."""
    if int(result["num_trials"].min()) < 2:
        return "not known, since a condition has one trial only"
    return many(int(result.attrs["num_folds"]), "fold")
