"""The figure of trials beside each other: a row for each source, PCA, t-SNE, and the numbers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from lfads.plots import style
from lfads.plots.conditions import Angles, Conditions, called, labelled


def draw_embedding(
    figure: Any, result: xr.Dataset, names: Mapping[str, str], angles: Angles | None = None
) -> None:
    """Dots by condition; at the right how well conditions are told, and beside shuffled ones."""
    planes = [name for name in ("pca", "tsne") if name in result]
    by = str(result.attrs["by"])
    labels = result["label"].to_numpy() if by else None
    if labels is not None and labels.dtype.kind == "f" and (labels == labels.round()).all():
        labels = labels.astype(np.int64)
    groups = labelled(labels, result.sizes["trial"], angles=angles)
    groups = replace(groups, called=called(groups.labels, {"long_name": by}))
    num = result.sizes["source"]
    figure.set_figheight(figure.get_figheight() * (0.35 + 0.65 * num) if num > 1 else 3.6)
    columns = len(planes) + bool(by)
    grid = figure.subplots(
        num, columns, squeeze=False, width_ratios=[1.0] * len(planes) + [0.9] * bool(by)
    )
    for row, source in enumerate(result["source"].values.astype(str).tolist()):
        for column, plane in enumerate(planes):
            axes = grid[row, column]
            _draw_dots(axes, result[plane].to_numpy()[row], groups)
            axes.set_title(f"{'t-SNE' if plane == 'tsne' else 'PCA'}: {names[source]}")
            word = "t-SNE" if plane == "tsne" else "component"
            axes.set(xlabel=f"{word} 1 (a.u.)", ylabel=f"{word} 2 (a.u.)")
        if by:
            _draw_told(grid[row, -1], result.isel(source=row), by)
    groups.draw_key(figure, dots=True)


def _draw_dots(axes: Any, places: np.ndarray, groups: Conditions) -> None:
    drawn = np.isin(groups.group, groups.chosen)
    for trials in (~drawn, drawn):
        area = float(np.clip(4000 / max(trials.sum(), 1), 5, 18))
        colors = groups.colors[groups.group[trials]]
        axes.scatter(*places[trials].T, c=colors, s=area, linewidths=0, alpha=0.8)
    style.tidy(axes)


def _draw_told(axes: Any, result: xr.Dataset, by: str) -> None:
    found, chance, high = (float(result[name]) for name in ("accuracy", "chance", "chance_high"))
    if not np.isfinite(found):
        axes.set_axis_off()
        return
    axes.barh([1, 0], [found, chance], color=[style.BLUE, style.PALE], height=0.55)
    axes.plot([high, high], [-0.38, 0.38], color=style.INK, linewidth=1.2)
    for y, value, beyond in ((1, found, found), (0, chance, high)):
        axes.text(beyond + 0.02, y, f"{value:.2f}", va="center", fontsize=style.small_size())
    axes.set_yticks([1, 0], ["neighbours", "shuffled"])
    axes.set_xlim(0, 1.15)
    axes.set_ylim(-0.7, 1.9)
    axes.set_xlabel(f"accuracy, {style.as_label(by)} (1: all right)")
    apart = "apart" if found > high else "not apart"
    axes.set_title(f"{apart}, p = {float(result['p']):.2g}")
    if np.isfinite(error := float(result["error_deg"])):
        said = (
            f"{result.attrs['angle']} in left-out trials:\nmedian error {error:.1f}° (shuffled "
            f"{float(result['error_chance_deg']):.0f}°, 5 % below "
            f"{float(result['error_chance_low_deg']):.0f}°)"
        )
        axes.text(0.0, 1.88, said, va="top", fontsize=style.small_size())
    style.tidy(axes)
