"""The figure of fixed points: the plane of the factors with its flow, and eigenvalues."""

from typing import Any

import numpy as np
import xarray as xr

from lfads.plots import style
from lfads.plots.conditions import conditions_of
from lfads.plots.factors import draw_trajectory

COLORS = {"stable": style.BLUE, "saddle": style.VERMILLION, "source": style.INK}
BAR = 0.16
"""Length of an unstable direction within the plane, as a share of the plane's width."""


def draw_fixed_points(figure: Any, result: xr.Dataset) -> None:
    """The plane on the left, eigenvalues on the right."""
    grid = figure.add_gridspec(1, 2, width_ratios=(1.45, 1))
    plane, circle = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    _draw_flow(plane, result)
    _draw_trials(plane, result)
    _draw_points(plane, result)
    shares = [100 * share for share in result["variance_fraction"].to_numpy()]
    plane.set_xlabel(f"factors, PC 1 ({shares[0]:.0f} %)")
    plane.set_ylabel(f"PC 2 ({shares[1]:.0f} %)")
    style.tidy(plane)
    _draw_eigenvalues(circle, result)


def _draw_flow(axes: Any, result: xr.Dataset) -> None:
    across, up = result["horizontal"].to_numpy(), result["vertical"].to_numpy()
    flow = result["flow"].to_numpy()
    axes.set(xlim=(across[0], across[-1]), ylim=(up[0], up[-1]))
    if not np.abs(flow).max() > 0 or not (np.ptp(across) > 1e-6 and np.ptp(up) > 1e-6):
        return
    speed = np.linalg.norm(flow, axis=2)
    drawn = axes.streamplot(
        across, up, flow[..., 0], flow[..., 1], density=0.9, color=style.PALE, arrowsize=0.7,
        linewidth=0.3 + 1.2 * np.sqrt(speed / speed.max()),
    )  # fmt: skip
    drawn.lines.set_zorder(0)


def _draw_trials(axes: Any, result: xr.Dataset) -> None:
    courses = result["course"].to_numpy()
    conditions = conditions_of(result.rename(trajectory="trial"))
    for course, group in zip(courses, conditions.group, strict=True):
        color = conditions.colors[group] if conditions.known else style.GREY
        draw_trajectory(axes, course, color, single=True)
        axes.plot(*course[:1].T, ".", color=color, markersize=4)


def _draw_points(axes: Any, result: xr.Dataset) -> None:
    places, bars = result["point_place"].to_numpy(), result["direction_in_plane"].to_numpy()
    kinds, found, region = (result[n].to_numpy().astype(str) for n in ("kind", "found", "region"))
    width = np.ptp(result["horizontal"].to_numpy())
    for place, own, kind, what, where in zip(places, bars, kinds, found, region, strict=True):
        if where == "outside":
            axes.plot(*place, "x", color=style.GREY, markersize=5, zorder=4)
            continue
        if what == "slow point":
            axes.plot(*place, "o", color=style.GREY, markersize=3.5, zorder=4)
            continue
        color = COLORS[kind]
        for bar in own[np.isfinite(own).all(1)]:
            ends = place + 0.5 * BAR * width * bar * np.array([[-1.0], [1.0]])
            axes.plot(*ends.T, color=color, linewidth=1.2, zorder=4)
        face = color if kind == "stable" else "white"
        axes.plot(
            *place, "o", markersize=6, zorder=5,
            markerfacecolor=face, markeredgecolor=color, markeredgewidth=1.3,
        )  # fmt: skip


def _draw_eigenvalues(axes: Any, result: xr.Dataset) -> None:
    angle = np.linspace(0, 2 * np.pi, 200)
    axes.plot(np.cos(angle), np.sin(angle), color=style.GREY, linewidth=0.8)
    shown = result["found"].to_numpy().astype(str) == "fixed point"
    kinds = result["kind"].to_numpy().astype(str)
    real, imag = (result[f"eigenvalue_{part}"].to_numpy() for part in ("real", "imag"))
    for kind, color in COLORS.items():
        these = shown & (kinds == kind)
        if not these.any():
            continue
        label = f"{kind} ({these.sum()})"
        axes.scatter(
            real[these].ravel(), imag[these].ravel(), s=9, color=color, alpha=0.6, linewidths=0,
            label=label,
        )  # fmt: skip
    ticks = (-1, 0, 1)
    axes.set(
        xlabel="real part of eigenvalue", ylabel="imaginary part", aspect="equal", xticks=ticks,
        yticks=ticks,
    )  # fmt: skip
    style.tidy(axes)
    if shown.any():
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(COLORS))
