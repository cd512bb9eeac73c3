"""The figure of coherence: over frequency, of each neuron, and what a single trial looks like."""

from typing import Any

import numpy as np
import xarray as xr

from lfads.numerics.means import mean_of_known
from lfads.plots import style

TRACE_S = 0.5
"""Of the single trial that is shown: fast oscillations are to be seen."""

LOWEST_TOP = 0.1


def color_of(method: str) -> str:
    """Of a method, alike in all panels."""
    if method.startswith("smoothed"):
        return style.VERMILLION
    named = {"spikes": style.GREY, "signals": style.GREY, "true rates": style.INK}
    return named.get(method, style.BLUE)


def draw_coherence(figure: Any, result: xr.Dataset) -> None:
    """Three panels, one key."""
    curves, dots, trial = figure.subplots(1, 3, width_ratios=(1.4, 0.9, 1.2))
    _draw_curves(curves, result)
    _draw_neurons(dots, result)
    _draw_trial(trial, result)
    figure.legend(*curves.get_legend_handles_labels(), loc="outside upper left", ncols=5)


def _draw_curves(axes: Any, result: xr.Dataset) -> None:
    frequency = result["frequency"].to_numpy()[1:]
    for k, method in enumerate(result["signal"].values.astype(str).tolist()):
        color = color_of(method)
        axes.plot(frequency, result["mean"].values[k, 1:], color=color, linewidth=1.5, label=method)
        axes.plot(
            frequency,
            result["chance"].values[k, 1:],
            color=color,
            linewidth=0.9,
            linestyle=style.DOTTED,
        )
    axes.axhspan(0, float(result["band"].max()), color=style.PALE, alpha=0.6, linewidth=0, zorder=0)
    axes.set(
        xlabel="frequency (Hz)", ylabel=f"coherence with {style.as_label(result.attrs['behavior'])}"
    )
    axes.set_xlim(0, frequency[-1])
    axes.set_ylim(0, _top(result["mean"].values[:, 1:], result["band"].values))
    style.tidy(axes)


def _draw_neurons(axes: Any, result: xr.Dataset) -> None:
    at = int(np.abs(result["frequency"].to_numpy() - float(result["compared_at_hz"])).argmin())
    rng = np.random.default_rng(0)
    methods = result["signal"].values.astype(str).tolist()
    for k, method in enumerate(methods):
        values = result["coherence"].values[k, at]
        beside = k + rng.uniform(-0.25, 0.25, len(values))
        axes.scatter(beside, values, s=8, color=color_of(method), linewidths=0, alpha=0.7)
        axes.plot(
            [k - 0.35, k + 0.35],
            [float(mean_of_known(values, 0))] * 2,
            color=style.INK,
            linewidth=1.4,
        )
    axes.set_xticks(range(len(methods)), [name.replace(" ", "\n") for name in methods])
    axes.set_ylim(0, _top(result["coherence"].values[:, at]))
    axes.set_title(f"at {float(result['compared_at_hz']):.3g} Hz, each neuron")
    style.tidy(axes)


def _draw_trial(axes: Any, result: xr.Dataset) -> None:
    width_s = float(result.attrs["bin_width_s"])
    time_s = result["time"].to_numpy() + 0.5 * width_s
    shown = slice(0, max(min(len(time_s), round(TRACE_S / width_s)), 2))
    rows = [(str(result.attrs["behavior"]), style.GREEN, result["recorded"].values[0])]
    methods = result["signal"].values.astype(str).tolist()
    rows += [
        (method, color_of(method), result["example"].values[k, 0])
        for k, method in enumerate(methods)
        if method not in ("spikes", "signals")
    ]
    for place, (_, color, values) in enumerate(rows):
        part = values[shown].astype(np.float64)
        about = part - np.nanmean(part) if np.isfinite(part).any() else part
        spread = float(np.nanstd(about)) if np.isfinite(about).any() else 0.0
        axes.plot(time_s[shown], about / (spread or 1.0) - 4.5 * place, color=color, linewidth=1.1)
    labels = [style.as_label(name, 16).replace(" ", "\n", 1) for name, _, _ in rows]
    axes.set_yticks([-4.5 * place for place in range(len(rows))], labels)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title(f"trial {int(result['shown_trial'][0])}, neuron {result.attrs['neuron']}")
    axes.set_xlabel("time (s)")
    style.tidy(axes)
    axes.tick_params(axis="y", length=0)


def _top(*values: np.ndarray) -> float:
    """Of an axis: noise stays at its foot."""
    return max(LOWEST_TOP, *(1.1 * float(np.nan_to_num(each).max()) for each in values))
