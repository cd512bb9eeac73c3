"""Which condition a single trial was, told from rates, factors, initial conditions and spike counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from lfads.analysis.analysis import refuse_rates_of_conditions
from lfads.analysis.classification_figure import draw_classification
from lfads.analysis.classified import classified, highest_by_chance
from lfads.analysis.design import check_folds
from lfads.analysis.nested import folds_of
from lfads.analysis.trial_columns import without_label
from lfads.analysis.trial_features import features_of
from lfads.arrays import CHOP_COLUMNS
from lfads.checks import UserError, first_of, many, require_whole, suggestion
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.evaluation.matching import matched
from lfads.numerics.threads import one_thread


@dataclass(frozen=True)
class Classification:
    """Conditions of trials told apart by a regularised linear discriminant, in trials that were left out.

    Features are means of a signal over a window in time, or over equal parts of it. The covariance that
    conditions share is shrunk towards its mean variance, by an amount that is chosen within the other folds
    of trials; all conditions count as equally likely.

    Parameters
    ----------
    window_s
        Start and end in seconds, in the time of the results; by default the whole trial. Initial conditions
        are taken as they are.
    num_parts
        Of equal length that the window is divided into: more tell apart what differs in its time course.
    column
        Of the trial table, such as `direction`, whose values are told apart in place of conditions.
    num_folds
        Of trials: each is told once, by what was fitted to the others. Conditions with fewer trials than
        folds are left out.

    Raises
    ------
    UserError
        If a choice is out of its range.

    References
    ----------
    Pandarinath et al. (2018), Nature Methods 15:805-815, Fig. 2: what initial conditions tell of a trial.
    Friedman (1989), Journal of the American Statistical Association 84:165-175: the discriminant.

    Examples
    --------
    >>> from lfads.simulate.reaching import simulate_reaching
    >>> data = simulate_reaching(num_neurons=20, num_bends=1, trials_per_condition=10)
    >>> rates = ("trial", "time", "neuron"), data.session.true_rates_hz
    >>> posterior = xr.Dataset({"rates": rates}, attrs={"bin_width_s": 0.01})
    >>> posterior = posterior.assign_coords(time=np.arange(-30, 70) / 100)
    >>> found = Classification(window_s=(-0.1, 0.2)).compute(posterior, data.session)
    >>> bool(found["accuracy"].sel(signal="rates") > 0.9), round(float(found["chance"]), 3)
    (True, 0.125)
    """

    window_s: Sequence[float | int] | None = None
    num_parts: int = 1
    column: str | None = None
    num_folds: int = 5

    title = "Conditions of single trials"
    height_in = 3.4

    def __post_init__(self) -> None:
        check_folds("classification", self.num_folds)
        require_whole("classification", "num_parts", self.num_parts, 1)
        window = self.window_s
        if window is not None and not (len(window) == 2 and window[0] < window[1]):
            raise UserError(
                "classification: `window_s` must be the window's start and end in seconds, such as 0,0.3; "
                f"got {window}"
            )

    @property
    def needs(self) -> tuple[str, ...]:
        """Conditions, unless a column of the trial table stands for them."""
        return ("rates",) if self.column else ("rates", "condition")

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """The condition that each left-out trial was told to be, by signal; accuracy, chance, confusions.

        Raises
        ------
        UserError
            If there is no such column, fewer than two conditions have trials enough, no bin lies in the
            window, or rates were made from the conditions.
        """
        refuse_rates_of_conditions("classification", posterior)
        data = matched(session, posterior)
        labels, trials = self._labels(data)
        kinds, true = np.unique(labels, return_inverse=True)
        chopped = CHOP_COLUMNS[0] in posterior.coords
        fold = folds_of(len(trials), self.num_folds, blocks=chopped, group=true)
        features = features_of(posterior, data, trials, self.window_s, self.num_parts)
        with one_thread():
            found = {name: classified(values, true, fold) for name, values in features.items()}
        told = np.stack([one.told for one in found.values()])
        right = told == true
        confusion = np.zeros((len(found), len(kinds), len(kinds)))
        for place, own in enumerate(told):
            np.add.at(confusion[place], (true, own), 1)
        confusion /= confusion.sum(2, keepdims=True)
        chance = float(np.bincount(true).max() / len(true))
        of_folds = [[own[fold == n].mean() for n in range(int(fold.max()) + 1)] for own in right]
        one = {"units": "1"}
        index = posterior["trial_index"].values if "trial_index" in posterior.coords else None
        return xr.Dataset(
            {
                "accuracy": ("signal", right.mean(1), {**one, "long_name": "share of trials told right"}),
                "accuracy_of_folds": (("signal", "fold"), of_folds, one),
                "chance": ((), chance, {**one, "long_name": "share of the most frequent condition"}),
                "highest_by_chance": ((), highest_by_chance(chance, len(true)), one),
                "confusion": (("signal", "true_condition", "told_condition"), confusion, one),
                "told": (("signal", "trial"), kinds[told], {"units": "condition"}),
                "shrinkage": (("signal", "fold"), [one.shrinkage for one in found.values()], one),
            },
            {
                "signal": list(found),
                "true_condition": kinds,
                "told_condition": kinds,
                "true": ("trial", labels),
                "fold_of_trial": ("trial", fold),
                "trial_index": ("trial", trials if index is None else index[trials]),
            },
            {"trials_left_out": posterior.sizes["trial"] - len(trials)},
        )  # fmt: skip

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """Accuracy of each signal, beside chance and the highest that chance gives."""
        rows = [("trials told right", "share", "s.d. of folds")]
        for place, signal in enumerate(map(str, result["signal"].values)):
            spread = float(result["accuracy_of_folds"].values[place].std())
            value = float(result["accuracy"].values[place])
            rows.append((signal, in_words(value), in_words(spread)))
        rows.append(("chance", in_words(float(result["chance"])), "–"))
        rows.append(
            ("95 % of guesses are below", in_words(float(result["highest_by_chance"])), "–")
        )
        return rows

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        sizes = result.sizes
        when = "whole trials" if self.window_s is None else "{:g} to {:g} s".format(*self.window_s)
        parts = "" if self.num_parts == 1 else f", in {self.num_parts} equal parts"
        number = sizes["true_condition"]
        what = f"{number} values of {self.column}" if self.column else many(number, "condition")
        text = (
            f"{what} of {many(sizes['trial'], 'trial')}, told from means over {when}{parts}, by a linear "
            "discriminant with a shrunken covariance. Left: share of left-out trials told right, of each "
            "fold (small) and of all (large); dotted, the share of the most frequent one; grey, what 95 % "
            "of guesses stay below: a dot within it has told nothing. Right: what trials of each were told "
            "to be."
        )
        if (left := int(result.attrs["trials_left_out"])) > 0:
            why = f"of conditions with fewer than {self.num_folds} or without a condition"
            text += f" {many(left, 'trial')} are not used: {why}."
        return text

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """Accuracies beside chance, and the confusions of each signal."""
        draw_classification(figure, result, self.column or "condition")

    def _labels(self, data: Session) -> tuple[np.ndarray, np.ndarray]:
        """What is told apart, and the trials that have it."""
        given = data.condition
        if self.column is not None:
            there = dict(data.trial_table)
            if self.column not in there:
                raise UserError(
                    f"classification: the trials of session `{data.name}` have no column "
                    f"`{self.column}`.{suggestion(self.column, there)} There is "
                    f"{first_of(f'`{name}`' for name in there) or 'none'}"
                )
            given = np.asarray(there[self.column])
        if given is None:
            raise UserError(f"session `{data.name}` names no conditions of its trials")
        words = given.astype(str)
        kinds, number, count = np.unique(words, return_inverse=True, return_counts=True)
        trials = np.flatnonzero((count[number] >= self.num_folds) & ~without_label(given))
        if len(np.unique(words[trials])) < 2:
            raise UserError(
                f"classification needs two conditions or more with at least {self.num_folds} trials each; "
                f"session `{data.name}` has {many(len(kinds), 'condition')}, the largest of "
                f"{many(int(count.max()), 'trial')}: choose a `column` with fewer values, or `num_folds`"
            )
        return given[trials], trials
