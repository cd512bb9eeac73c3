"""The figure of runs beside each other: scores, whose factors predict whose, and few-shot curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from lfads.plots import style
from lfads.plots.few_shot import draw_few_shot

HEIGHT_IN = 3.2


def draw_comparison(
    figure: Any,
    scores: Mapping[str, Mapping[str, float | None]],
    cross_decoding: xr.DataArray,
    few_shot: Mapping[str, xr.Dataset],
) -> None:
    """Panels side by side.

    Parameters
    ----------
    scores
        By their label, and by the name of the run.
    cross_decoding
        R² of factors, `predicted` × `from`.
    few_shot
        Results of that analysis, by the name of the run.
    """
    panels = figure.subplots(
        1, 2 + bool(few_shot), width_ratios=[1.0, 1.25, 1.2][: 2 + bool(few_shot)], squeeze=False
    )[0]
    names = [str(name) for name in cross_decoding["predicted"].values]
    _draw_scores(panels[0], scores, names)
    _draw_matrix(figure, panels[1], cross_decoding, names)
    if few_shot:
        draw_few_shot(panels[2], few_shot)


def _draw_scores(
    axes: Any, scores: Mapping[str, Mapping[str, float | None]], names: list[str]
) -> None:
    place = np.arange(len(names))
    for number, (label, of_runs) in enumerate(scores.items()):
        values = [of_runs.get(name) for name in names]
        known = [np.nan if value is None else float(value) for value in values]
        color, marker = ((style.INK, "o"), (style.GREY, "s"))[number % 2]
        beside = (
            number - (len(scores) - 1) / 2
        ) * 0.24  # scores that are alike would hide each other
        axes.plot(known, place + beside, marker, color=color, markersize=6, label=label)
    axes.axvline(0.0, color=style.GREY, linewidth=0.7, linestyle=style.DOTTED, zorder=0)
    axes.set_yticks(place, [style.as_label(name, 16) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel(next(iter(scores), "no score"))
    if len(scores) > 1:
        axes.set_xlabel("gain over constant rates")
        axes.legend(loc="lower left", bbox_to_anchor=(-0.3, 1.0), borderaxespad=0)
    style.tidy(axes)


def _draw_matrix(figure: Any, axes: Any, r2: xr.DataArray, names: list[str]) -> None:
    num = len(names)
    values = np.where(np.eye(num, dtype=bool), np.nan, r2.values)  # of itself: nothing to say
    image = style.draw_image(
        axes, values, (-0.5, num - 0.5, num - 0.5, -0.5), cmap="viridis", vmin=0.0, vmax=1.0
    )
    axes.set_aspect("equal")
    for row in range(num):
        for column in range(num):
            value = float(r2.values[row, column])
            if row != column and np.isfinite(value) and num <= 8:
                color = "white" if value < 0.6 else style.INK
                said = f"{value:.2f}".replace("-", "−")
                axes.text(
                    column,
                    row,
                    said,
                    color=color,
                    ha="center",
                    va="center",
                    fontsize=style.SMALL_SIZE,
                )
    labels = [style.as_label(name, 16) for name in names]
    axes.set_xticks(np.arange(num), labels, rotation=30, ha="right")
    axes.set_yticks(np.arange(num), labels)
    axes.set_xlabel("from factors of")
    axes.set_ylabel("factors of")
    style.tidy(axes)
    style.draw_scale(figure, image, axes, "R², left-out trials", shrink=0.7)
