"""What a simulation knows against what was inferred: latents and inputs, up to a linear map.

Factors and inferred inputs are defined up to an invertible linear map, so the truth is regressed on
them (with an intercept, on training trials) and scored on the others.
"""

from typing import Any, NamedTuple

import mpl_toolkits.mplot3d  # noqa: F401 - registers the projection  # pyright: ignore[reportUnusedImport]
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lfads.checks import UserError
from lfads.data.session import Session
from lfads.evaluation.metrics import fit_linear_map, r_squared
from lfads.plots.conditions import conditions_of
from lfads.plots.factors import draw_trajectory, name_directions
from lfads.plots.pairing import bin_width_of, example_trials, paired, values_of
from lfads.plots.style import (
    INFERRED,
    TRUE,
    halves,
    in_style,
    label_time,
    mark_event,
    new_figure,
    tidy,
)

MOST_ROWS = 4
SPACE_TRIALS = 12


class Reconstruction(NamedTuple):
    """The truth as a linear function of what was inferred, and its R² on trials not fitted."""

    truth: np.ndarray
    estimate: np.ndarray
    r2: np.ndarray


@in_style
def plot_latents(posterior: xr.Dataset, session: Session, *, num_trials: int = 3) -> Figure:
    """True latents of a simulation and their reconstruction from the factors.

    Parameters
    ----------
    posterior
        One session's results.
    session
        The simulated data, with `true_latents`.
    num_trials
        How many single trials to show.

    Returns
    -------
    Figure
        Latents over time in single trials and, for three or more, trajectories in space.

    Raises
    ------
    UserError
        If the session has no true latents.
    """
    found = reconstruct(posterior, session, "true_latents", "factors")
    return _draw(posterior, found, "latent", num_trials, space=found.truth.shape[2] >= 3)


@in_style
def plot_inputs_against_truth(
    posterior: xr.Dataset, session: Session, *, num_trials: int = 3
) -> Figure:
    """True inputs of a simulation and their reconstruction from the inferred inputs.

    Parameters and errors as in `plot_latents`.
    """
    found = reconstruct(posterior, session, "true_inputs", "inferred_inputs")
    return _draw(posterior, found, "input", num_trials, space=False)


def reconstruct(
    posterior: xr.Dataset, session: Session, truth_name: str, source_name: str
) -> Reconstruction:
    """Regress the truth on what was inferred: fitted on training trials, scored on the others."""
    given = getattr(paired(session, posterior), truth_name)
    if given is None:
        raise UserError(
            f"session `{session.name}` has no `{truth_name}`: only simulations know them"
        )
    truth = np.asarray(given, np.float64)
    source = values_of(posterior, source_name, "factor" if source_name == "factors" else "input")
    train = np.zeros(len(truth), bool)
    if "split" in posterior.coords:
        train = posterior["split"].to_numpy().astype(str) == "train"
    fitted = train if train.any() else ~train
    scored = ~fitted if (~fitted).any() else fitted
    estimate = fit_linear_map(source[fitted], truth[fitted])(source)
    known = np.isfinite(estimate) & np.isfinite(truth)
    r2 = r_squared(np.where(known, truth, np.nan)[scored], estimate[scored])
    return Reconstruction(truth, estimate, r2)


def _draw(
    posterior: xr.Dataset, found: Reconstruction, word: str, num_trials: int, *, space: bool
) -> Figure:
    group = conditions_of(posterior).group
    trials = example_trials(posterior, group, num_trials)
    time_s = posterior["time"].to_numpy() + 0.5 * bin_width_of(posterior)
    num = min(found.truth.shape[2], MOST_ROWS)
    figure = new_figure(0.7 + (1.1 if space else 1.25) * max(num, 2 if space else 1))
    left, right = halves(figure, (1.0, 1.7)) if space else (None, figure)
    if left is not None:
        _draw_space(left, found, example_trials(posterior, group, SPACE_TRIALS))
    grid = right.subplots(num, len(trials), squeeze=False, sharex=True, sharey="row")
    for k, row in enumerate(grid):
        for axes, trial in zip(row, trials, strict=True):
            axes.plot(time_s, found.truth[trial, :, k], color=TRUE, linewidth=1.2, label="true")
            axes.plot(
                time_s, found.estimate[trial, :, k], color=INFERRED, linewidth=1.5, label="LFADS"
            )
            tidy(axes)
            mark_event(axes, time_s)
            label_time(axes, shown=k == num - 1)
            if k == 0:
                number = (
                    posterior["trial_index"][trial] if "trial_index" in posterior.coords else trial
                )
                axes.set_title(f"trial {int(number)}")
        row[0].set_ylabel(f"{word} {k} (a.u.)\nR² = {round(found.r2[k], 2) + 0.0:.2f}")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure


def _draw_space(panel: Any, found: Reconstruction, trials: np.ndarray) -> None:
    space: Any = panel.add_subplot(projection="3d")
    for trial in trials:
        draw_trajectory(space, found.truth[trial, :, :3], TRUE, single=False)
        draw_trajectory(space, found.estimate[trial, :, :3], INFERRED, single=False)
    space.set_title(loc="left", label=f"{len(trials)} trial{'s' if len(trials) > 1 else ''}")
    name_directions(space, ["latent 0", "latent 1", "latent 2"])
