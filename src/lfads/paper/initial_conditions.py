"""Figures 2 and S4: what the initial condition, and the state at the go cue, tell of the reach to come.

On the data and with the networks of `reaching`. The plan of a trial scatters about that of its condition,
so that a state which holds the plan tells the plan's direction better than that of the target.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lfads.analysis.embedding import Embedding
from lfads.analysis.trial_columns import levels_of
from lfads.data.session import Session
from lfads.evaluation.matching import holds, values_of
from lfads.evaluation.scores import matched_parts
from lfads.numerics.circular import angles_told, errors_rad
from lfads.numerics.separation import balanced_folds
from lfads.paper import reaching
from lfads.paper.cells import Found
from lfads.paper.experiment import Claim, Experiment, Results, claim
from lfads.paper.methods import OURS, Simulated
from lfads.paper.panels import METHOD_COLORS
from lfads.plots import style as house
from lfads.plots.conditions import labelled
from lfads.results import Posterior

CASE = reaching.CASE
MOST_ERROR_DEG = 6.0
NUM_FOLDS = 5
SOURCES = {"initial_conditions": "initial condition", "state": "state at the go cue"}
PLANES = {"pca": "PCA", "tsne": "t-SNE"}
ANGLES = {"plan": "the trial's own plan", "direction": "the target"}


def keep(given: Simulated, posterior: Posterior) -> Found:
    """Errors of angles told, in validation trials; and trials beside each other."""
    (part,) = matched_parts(given.dataset, posterior.sessions)
    session, found = part.session, part.found
    direction = np.radians(np.asarray(session.trial_table["direction"], np.float64))
    angles = {"plan": plan_angle(session, given.dataset.time_s), "direction": direction}
    valid = session.of_split("valid")
    away = np.degrees(np.median(errors_rad(angles["plan"][valid], direction[valid])))
    numbers: dict[str, Any] = {"plan_from_target_deg": float(away)}
    arrays = {"direction": np.degrees(direction)}
    for source in SOURCES:
        if source == "state" or holds(found, "initial_condition_mean"):
            features = features_of(found, source)
            numbers |= {
                f"{source}_{name}_deg": error_deg(features, angle, session)
                for name, angle in angles.items()
            }
    if holds(found, "initial_condition_mean"):
        plane = Embedding(of="initial_conditions", by="direction").compute(found, session)
        numbers |= {name: float(plane[name][0]) for name in ("accuracy", "chance_high", "p")}
        arrays |= {name: plane[name][0].to_numpy() for name in PLANES if name in plane}
    return Found(numbers, arrays)


def plan_angle(session: Session, time_s: np.ndarray) -> Float[np.ndarray, " trial"]:
    """The direction, in radians, that each trial's first plan says, which is held at the go cue."""
    if session.true_latents is None:
        raise ValueError("the data have no true latents")
    plan = session.true_latents[:, _go_bin(time_s), :2].astype(np.float64)
    return np.arctan2(plan[:, 1], plan[:, 0]) + np.pi / 2


def features_of(found: xr.Dataset, source: str) -> Float[np.ndarray, "trial feature"]:
    """Initial conditions, or factors at the go cue; rates where a method has no factors."""
    if source == "initial_conditions":
        return values_of(found, "initial_condition_mean", "latent").astype(np.float64)
    of = ("factors", "factor") if holds(found, "factors") else ("rates", "neuron")
    return values_of(found, *of)[:, _go_bin(found["time"].to_numpy())].astype(np.float64)


def error_deg(
    features: Float[np.ndarray, "trial feature"],
    angle: Float[np.ndarray, " trial"],
    session: Session,
) -> float:
    """Median error, in degrees, in validation trials of an angle told by regression on other trials."""
    directions = levels_of(np.asarray(session.trial_table["direction"]))
    fold = balanced_folds(directions, NUM_FOLDS)
    errors = errors_rad(angles_told(features, angle, fold), angle)
    return float(np.degrees(np.median(errors[session.of_split("valid")])))


def _go_bin(time_s: np.ndarray) -> int:
    return int(np.searchsorted(time_s, 1e-9, side="right")) - 1


def claims(results: Results) -> Sequence[Claim]:
    """Errors against the trial's own plan, which are aimed at, and against the target."""
    found = []
    for method in EXPERIMENT.methods:
        ours = method in OURS
        for source, words in SOURCES.items():
            if not _has(results, method, source):
                continue
            for name, of in ANGLES.items():
                aimed = ours and name == "plan"
                error = results.by_seed(lambda n, k=f"{source}_{name}_deg": n[k], (CASE, method))
                found.append(
                    claim(
                        f"{words}, {method}: median error of the direction of {of}",
                        f"≤ {MOST_ERROR_DEG:.0f}° (target)" if aimed else "",
                        error, 0.0 if aimed else None, "{:.1f}°", most=MOST_ERROR_DEG,
                    )
                )  # fmt: skip
    for key, of in (("accuracy", ""), ("chance_high", ", by chance (95 % lie below)")):
        told = results.by_seed(lambda n, k=key: n[k], (CASE, "LFADS"))
        what = f"initial condition, LFADS: neighbours vote for the target{of}"
        found.append(claim(what, "", told))
    away = results.by_seed(lambda n: n["plan_from_target_deg"], (CASE, "LFADS"))
    found.append(
        claim("median angle between a trial's plan and its target", "", away, form="{:.1f}°")
    )
    return found


def _has(results: Results, method: str, source: str) -> bool:
    return any(
        f"{source}_plan_deg" in results.of(CASE, method, seed).numbers
        for seed in results.sizes
        if (CASE, method, seed) in results
    )


def draw(figure: Any, results: Results) -> None:
    """LFADS' initial conditions in planes, and errors of methods."""
    arrays = results.of(CASE, "LFADS").arrays
    shown = [name for name in PLANES if name in arrays]
    panels = figure.subplots(1, len(shown) + 1, width_ratios=[1.0] * len(shown) + [1.3])
    degrees = arrays["direction"].round().astype(int)
    directions = labelled(degrees, len(degrees), called="direction (°)")
    for axes, name in zip(panels, shown, strict=False):
        places, unit = (
            arrays[name],
            "component" if name == "pca" else "t-SNE",
        )
        axes.scatter(
            *places.T, c=directions.colors[directions.group], s=7, linewidths=0, alpha=0.85
        )
        axes.set(xlabel=f"{unit} 1 (a.u.)", ylabel=f"{unit} 2 (a.u.)", title=PLANES[name])
        house.tidy(axes)
    _draw_errors(panels[-1], results)
    directions.draw_key(figure, dots=True)


def _draw_errors(axes: Any, results: Results) -> None:
    rows = [
        (method, source)
        for method in EXPERIMENT.methods
        for source in SOURCES
        if (CASE, method, 0) in results and _has(results, method, source)
    ]
    marks = {"plan": "o", "direction": "x"}
    for place, (method, source) in enumerate(rows):
        for name, mark in marks.items():
            error = results.number(CASE, method, f"{source}_{name}_deg")
            label = f"from {ANGLES[name]}" if not place else None
            axes.plot(error, place, mark, color=METHOD_COLORS[method], label=label, markersize=5)
    axes.axvline(MOST_ERROR_DEG, color=house.GREY, linewidth=0.8, linestyle=house.DOTTED)
    short = {"initial_conditions": "initial condition", "state": "at go"}
    axes.set_yticks(range(len(rows)), [f"{method},\n{short[source]}" for method, source in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.grid(axis="y", color=house.PALE, linewidth=0.6)
    axes.set_xlabel("median error (degrees)")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1))
    house.tidy(axes)


EXPERIMENT = Experiment(
    title="Direction of a reach from the initial condition",
    figures="2, S4",
    about=(
        "In the paper initial conditions of single trials lie in the order of the reaches to come. Here "
        "the direction is told by regression, from the initial condition and from the state at the go cue, "
        "in validation trials that the regression was not fitted on. Plans scatter from trial to trial, so "
        "errors are from the trial's own plan, and from the target that all trials of a condition share. "
        "Data and networks are those of the reaches (`reaching`)."
    ),
    cases=reaching.EXPERIMENT.cases,
    methods=reaching.EXPERIMENT.methods,
    keep=keep,
    claims=claims,
    draw=draw,
    height_in=3.2,
    caption=(
        "Left: LFADS' initial conditions of all trials, coloured by the direction of the target, in the "
        "plane of two principal components and of t-SNE. t-SNE draws clusters even of noise: believe the "
        "numbers. Right: median errors of the direction told in validation trials; 90° is chance; dotted, "
        "what is aimed at against the plan."
    ),
)
"""What `reproduce` runs."""
