"""Averages by condition and single trials of neurons, by several methods side by side.

Supplementary Data 1 of Pandarinath et al. 2018. The page of every neuron is `lfads.report.psth_page`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from lfads.analysis.psth_figure import draw_psths
from lfads.analysis.psth_methods import (
    averages,
    check_smoothing,
    groups_of,
    rates_by_method,
    sides_of,
)
from lfads.checks import many, require_whole
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.evaluation.matching import bin_width_of, matched
from lfads.numerics.correlations import correlations
from lfads.numerics.evenly import evenly
from lfads.numerics.smoothing import SMOOTHING_S
from lfads.plots.choices import chosen_neurons
from lfads.plots.conditions import Angles, labelled
from lfads.plots.rates import most_modulated


@dataclass(frozen=True)
class PSTHs:
    """Averages over the trials of each condition, and single trials, of every neuron by several methods.

    Methods are smoothed spikes, the rates of this result, and others that are handed in. Averages are over
    training trials; the correlation beside them is with smoothed spikes of trials that were left out, which
    no method was fitted to: it is what noise cannot have. Without trials left out two halves of each
    condition's trials are compared, and the caption says that both have trials that were fitted.

    Parameters
    ----------
    neurons
        Which the figure shows, by number or name; by default those whose averages vary most, unlike each
        other's. The result holds all.
    num_neurons
        How many the figure shows otherwise.
    smoothing_s
        Standard deviation of the Gaussian that smooths spikes, in seconds.
    trials_per_condition
        Single trials that are kept of each condition that is drawn.
    max_conditions
        At most this many conditions are drawn, evenly spread over all.
    others
        Results of other methods of the same session, by name.
    angles
        Directions of conditions in degrees, for their colours, by label or in their order.

    References
    ----------
    Pandarinath et al. (2018), Nature Methods 15:805-815, Fig. 2 and Supplementary Data 1.

    Examples
    --------
    >>> PSTHs(neurons=[3, 7], trials_per_condition=2).num_neurons
    4
    """

    neurons: int | str | Sequence[int | str] | None = None
    num_neurons: int = 4
    smoothing_s: float = SMOOTHING_S
    trials_per_condition: int = 3
    max_conditions: int = 8
    others: Mapping[str, xr.Dataset] = field(default_factory=dict)
    angles: Angles | None = None

    title = "Averages and single trials by method"
    needs = ("rates",)
    height_in = 5.6
    in_report = False  # whose figure of averages stands there already

    def __post_init__(self) -> None:
        for name in ("num_neurons", "trials_per_condition", "max_conditions"):
            require_whole("psth", name, getattr(self, name), 1)
        check_smoothing("psth", self.smoothing_s)

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """Averages of all neurons and conditions, a few single trials, and cross-validated correlations.

        Raises
        ------
        UserError
            If there is no such neuron, no condition has two trials, or another result does not fit.
        """
        data, width_s = matched(session, posterior), bin_width_of(posterior)
        labels, group = groups_of(data)
        sides = sides_of(data, group)
        bins = self.smoothing_s / width_s
        scale = 1 / width_s if data.kind == "counts" else 1.0
        spikes = scale * data.values.astype(np.float64)
        truth = averages(spikes, data, group, len(labels), sides.truth, bins)
        rates = rates_by_method(posterior, data, self.others, self.smoothing_s)
        there = np.unique(group[sides.method])
        some = np.array(labels)[there] if len(there) > 1 else None
        drawn = there[labelled(some, 1, self.max_conditions).chosen]
        shown = np.concatenate([self._some(group, sides.method, k) for k in drawn.tolist()])
        average, single, told = [], [], []
        for name, values in rates.items():
            raw = name.startswith("smoothed ")
            found = averages(
                spikes if raw else values,
                data,
                group,
                len(labels),
                sides.method,
                bins if raw else 0.0,
            )
            average.append(found)
            single.append(values[shown])
            flat = (each.reshape(-1, each.shape[-1]) for each in (truth, found))
            told.append(correlations(*flat, axis=0))
        wanted = [self.neurons] if isinstance(self.neurons, int | str) else self.neurons
        neurons = chosen_neurons(
            posterior, wanted, np.sort(most_modulated(average[1], self.num_neurons, None))
        )
        in_figure = np.isin(np.arange(data.num_neurons), neurons.positions)
        unit = {"units": str(posterior["rates"].attrs.get("units", "spikes/s"))}
        kept = {n: posterior[n] for n in ("name", "area", "held_out") if n in posterior.coords}
        result = xr.Dataset(
            {
                "average": (
                    ("signal", "condition", "time", "neuron"),
                    np.stack(average).astype(np.float32),
                    unit,
                ),
                "single": (
                    ("signal", "shown", "time", "neuron"),
                    np.stack(single).astype(np.float32),
                    unit,
                ),
                "correlation": (("signal", "neuron"), np.stack(told), {"units": "1"}),
            },
            {
                "signal": list(rates),
                "condition": labels,
                "time": posterior["time"],
                "condition_of_shown": ("shown", group[shown]),
                "trial_of_shown": ("shown", data.trial_index[shown]),
                "drawn": ("drawn_condition", drawn),
                "in_figure": ("neuron", in_figure.astype(np.int8)),
                **kept,
            },
        )  # fmt: skip
        return result.assign_attrs(
            bin_width_s=width_s,
            smoothing_s=self.smoothing_s,
            sides=sides.words,
            of_noise=sides.of_noise,
        )

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """Correlations with smoothed spikes of other trials: mean, and the neurons of the figure."""
        methods = result["signal"].values.astype(str).tolist()
        rows = [("correlation with averages of other trials", *methods)]
        told = result["correlation"].values
        means = [float(np.nanmean(each)) if np.isfinite(each).any() else np.nan for each in told]
        rows.append(("mean over neurons", *(in_words(value) for value in means)))
        for neuron in np.flatnonzero(result["in_figure"].values):
            rows.append(
                (f"neuron {neuron}", *(in_words(float(value)) for value in told[:, neuron]))
            )
        return rows

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        return (
            "Averages by condition (above) and single trials (below) of "
            f"{many(int(result['in_figure'].sum()), 'neuron')} "
            f"by method, {many(result.sizes['shown'], 'trial')} that averages are over. Spikes are "
            "smoothed with a "
            f"Gaussian of {1000 * result.attrs['smoothing_s']:g} ms. r: over conditions and time, "
            "of the average "
            "with that of smoothed spikes of other trials. Smoothed spikes and the method are of "
            f"{result.attrs['sides']}: {result.attrs['of_noise']}. The page of every neuron is made by "
            "`lfads psths`."
        )

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """A column for each neuron; averages above single trials for each method."""
        draw_psths(figure, result, self.angles)

    def _some(self, group: np.ndarray, trials: np.ndarray, condition: int) -> np.ndarray:
        of = np.flatnonzero((group == condition) & trials)
        return of[evenly(len(of), self.trials_per_condition)]
