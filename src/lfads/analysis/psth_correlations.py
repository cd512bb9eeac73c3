"""Correlations of condition averages: rates of training trials against smoothed spikes of trials left out.

No method was fitted to the trials that it is compared with, so that noise gives 0 (Pandarinath et al. 2018,
Supplementary Data 2, 3).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from lfads.analysis.psth_methods import (
    averages,
    check_smoothing,
    groups_of,
    rates_by_method,
    sides_of,
)
from lfads.checks import many
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.evaluation.matching import bin_width_of, matched
from lfads.numerics.correlations import correlations
from lfads.numerics.means import mean_of_known, std_of_known
from lfads.numerics.smoothing import SMOOTHING_S
from lfads.plots import style

COLORS = (style.VERMILLION, style.BLUE, style.GREEN, "#CC79A7", "#E69F00", style.INK)
"""Of methods: smoothed spikes first, this result second, others behind."""


@dataclass(frozen=True)
class PSTHCorrelations:
    """Temporal and neural correlations of condition averages, between different trials, by method.

    For each neuron the correlation, over conditions and time, of the average of a method's rates in
    training trials with that of smoothed spikes in trials that were left out (temporal); for each condition
    and time the same over neurons, each about its own mean, without which noise correlates by the neurons'
    mean rates (neural). Smoothed spikes of training trials stand beside: what averages reach without a
    model. Without trials left out two halves of each condition's trials are compared; both have trials that
    a method was fitted to, and a method that copies them correlates in noise, too. Conditions that have
    trials on one side alone are left out.

    Parameters
    ----------
    smoothing_s
        Standard deviation of the Gaussian that smooths spikes, in seconds.
    others
        Results of other methods of the same session, by name.

    References
    ----------
    Pandarinath et al. (2018), Nature Methods 15:805-815, Supplementary Data 2 and 3.

    Examples
    --------
    >>> PSTHCorrelations(smoothing_s=0.05).needs
    ('rates',)
    """

    smoothing_s: float = SMOOTHING_S
    others: Mapping[str, xr.Dataset] = field(default_factory=dict)

    title = "Correlations of condition averages"
    needs = ("rates",)
    height_in = 3.2

    def __post_init__(self) -> None:
        check_smoothing("psth_correlations", self.smoothing_s)

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """Correlations of each neuron, and of each condition and time.

        Raises
        ------
        UserError
            If no condition has two trials, or another result does not fit.
        """
        data, width_s = matched(session, posterior), bin_width_of(posterior)
        labels, group = groups_of(data)
        sides = sides_of(data, group)
        scale = 1 / width_s if data.kind == "counts" else 1.0
        spikes = scale * data.values.astype(np.float64)
        bins = self.smoothing_s / width_s
        truth = averages(spikes, data, group, len(labels), sides.truth, bins)
        temporal, neural = {}, {}
        for name, values in rates_by_method(posterior, data, self.others, self.smoothing_s).items():
            raw = name.startswith("smoothed ")
            found = averages(
                spikes if raw else values,
                data,
                group,
                len(labels),
                sides.method,
                bins if raw else 0.0,
            )
            temporal[name] = correlations(*(_by_neuron(each) for each in (truth, found)), axis=0)
            neural[name] = correlations(*(_about_mean(each) for each in (truth, found)), axis=2)
        one = {"units": "1"}
        each = np.stack(list(temporal.values()))
        mean, spread = mean_of_known(each, 1), std_of_known(each, 1)
        number = np.isfinite(each).sum(1)
        result = xr.Dataset(
            {
                "temporal": (("signal", "neuron"), each, one),
                "neural": (("signal", "condition", "time"), np.stack(list(neural.values())), one),
                "temporal_mean": ("signal", mean, one),
                "temporal_sem": ("signal", spread / np.sqrt(np.maximum(number, 1)), one),
                "neural_mean": (
                    "signal",
                    [mean_of_known(of, (0, 1)) for of in neural.values()],
                    one,
                ),
            },
            {"signal": list(temporal), "condition": labels, "time": posterior["time"]},
        )  # fmt: skip
        left = len(labels) - len(np.unique(group[sides.method]))
        return result.assign_attrs(
            conditions_left_out=left,
            sides=sides.words,
            of_noise=sides.of_noise,
            bin_width_s=width_s,
            smoothing_s=self.smoothing_s,
        )

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """Mean correlations by method; with trials left out, noise lies within two standard errors of 0."""
        rows = [
            ("correlation of averages", "over time (neurons, mean ± s.e.m.)", "over neurons (mean)")
        ]
        for k, name in enumerate(result["signal"].values.astype(str).tolist()):
            mean, error, neural = (
                float(result[n].values[k]) for n in ("temporal_mean", "temporal_sem", "neural_mean")
            )
            rows.append((name, f"{in_words(mean)} ± {error:.2g}", in_words(neural)))
        return rows

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        sizes, left = result.sizes, int(result.attrs["conditions_left_out"])
        text = (
            f"Correlations of averages over the trials of {many(sizes['condition'] - left, 'condition')}, "
            "between "
            f"{result.attrs['sides']}: smoothed spikes ({1000 * result.attrs['smoothing_s']:g} ms) "
            "on the one side, each method on the other; "
            f"{result.attrs['of_noise']}. Left: of "
            f"each of {many(sizes['neuron'], 'neuron')} over conditions and time, as shares of "
            "neurons below. "
            "Right: over neurons, each about its own mean, in each bin: mean over conditions. "
            "Smoothed spikes show what averages of the same trials reach without a model."
        )
        return text + (
            f" {many(left, 'condition')} with trials on one side alone: left out." if left else ""
        )

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """Distributions over neurons, and correlations over neurons in time."""
        left, right = figure.subplots(1, 2)
        time_s = result["time"].to_numpy() + 0.5 * float(result.attrs["bin_width_s"])
        for k, name in enumerate(result["signal"].values.astype(str).tolist()):
            color = COLORS[k % len(COLORS)]
            values = np.sort(result["temporal"].values[k])
            values = values[np.isfinite(values)]
            share = (np.arange(len(values)) + 1) / max(len(values), 1)
            mean = float(result["temporal_mean"].values[k])
            left.step(
                values,
                share,
                where="post",
                color=color,
                linewidth=1.5,
                label=f"{name} ({mean:.2f})",
            )
            course = mean_of_known(result["neural"].values[k], 0)
            right.plot(time_s, course, color=color, linewidth=1.5, label=name)
        for axes in (left, right):
            axes.legend(loc="upper left" if axes is left else "best")
        left.axvline(0, color=style.GREY, linewidth=0.7, linestyle=style.DOTTED)
        left.set(
            xlim=(-1.02, 1.02),
            ylim=(0, 1.02),
            xlabel="correlation over conditions and time",
            ylabel="share of neurons below",
        )
        right.axhline(0, color=style.GREY, linewidth=0.7, linestyle=style.DOTTED)
        right.set(ylim=(-1.02, 1.02), ylabel="correlation over neurons")
        left.set_title("Temporal, each neuron")
        right.set_title("Neural, each bin")
        style.tidy(left)
        style.over_time(right, result["time"].to_numpy())


def _by_neuron(values: np.ndarray) -> np.ndarray:
    return values.reshape(-1, values.shape[-1])


def _about_mean(values: np.ndarray) -> np.ndarray:
    return values - mean_of_known(values, (0, 1))
