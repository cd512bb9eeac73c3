"""What a simulation knows against what was inferred: latents and inputs, up to a linear map.

R² are those of `lfads.evaluation.truth`, as among the scores.
"""

from collections.abc import Sequence
from typing import Any

import mpl_toolkits.mplot3d  # noqa: F401 - registers the projection  # pyright: ignore[reportUnusedImport]
import numpy as np
import xarray as xr
from matplotlib.figure import Figure, SubFigure

from lfads.checks import UserError, many
from lfads.data.session import Session
from lfads.evaluation.matching import Matched, bin_width_of, matched
from lfads.evaluation.truth import INPUTS, LATENTS, Truth, recovered
from lfads.plots import style as house
from lfads.plots.canvas import canvas, whole_of
from lfads.plots.conditions import conditions_of
from lfads.plots.examples import chosen_trials, example_trials, method_of, middles_s, trial_name
from lfads.plots.factors import draw_trajectory, name_directions
from lfads.plots.sizes import StyleName

MOST_ROWS = 4
SPACE_TRIALS = 12


@house.in_style
def plot_latents(
    posterior: xr.Dataset,
    session: Session,
    *,
    trials: Sequence[int] | None = None,
    num_trials: int = 3,
    figure: Figure | SubFigure | None = None,
    style: StyleName | None = None,
) -> Figure:
    """True latents of a simulation and their reconstruction from the factors.

    Parameters
    ----------
    posterior
        One session's results.
    session
        The simulated data, with `true_latents`.
    trials
        Which trials of the posterior to show over time.
    num_trials
        How many to show otherwise, of those that were not trained on.
    figure
        A figure, or a part of one, to draw in; by default a new one.
    style
        `"talk"` for slides, `"paper"` for a page that is 18 cm wide.

    Returns
    -------
    Figure
        Latents over time in single trials and, for three or more, trajectories in space.

    Raises
    ------
    UserError
        If the session has no true latents.
    """
    return _draw(posterior, session, LATENTS, "latent", trials, num_trials, figure)


@house.in_style
def plot_inputs_against_truth(
    posterior: xr.Dataset,
    session: Session,
    *,
    trials: Sequence[int] | None = None,
    num_trials: int = 3,
    figure: Figure | SubFigure | None = None,
    style: StyleName | None = None,
) -> Figure:
    """True inputs of a simulation and their reconstruction from the inferred inputs.

    Parameters and errors as in `plot_latents`.
    """
    return _draw(posterior, session, INPUTS, "input", trials, num_trials, figure)


def _draw(
    posterior: xr.Dataset, session: Session, truth: Truth, word: str, wanted: Sequence[int] | None,
    num_trials: int, figure: Figure | SubFigure | None,
) -> Figure:  # fmt: skip
    if getattr(session, truth.known) is None:
        raise UserError(
            f"session `{session.name}` has no `{truth.known}`: only simulations know them"
        )
    part = Matched(matched(session, posterior), posterior, bin_width_of(posterior), 0)
    found = recovered([part], truth)
    (known,), (estimate,) = found.known, found.estimate
    r2 = found.r2.get("test") or found.r2.get("valid") or ()
    space = truth is LATENTS and known.shape[2] >= 3
    group = conditions_of(posterior).group
    trials = chosen_trials(posterior, group, wanted, num_trials)
    time_s, middle_s = posterior["time"].to_numpy(), middles_s(posterior)
    num = min(known.shape[2], MOST_ROWS)
    where = canvas(figure, 0.7 + (1.1 if space else 1.25) * max(num, 2 if space else 1))
    left, right = house.halves(where, (1.0, 1.7)) if space else (None, where)
    if left is not None:
        chosen = example_trials(posterior, group, SPACE_TRIALS)
        _draw_space(left, known[chosen, :, :3], estimate[chosen, :, :3])
    grid = right.subplots(num, len(trials), squeeze=False, sharex=True, sharey="row")
    for k, row in enumerate(grid):
        for axes, trial in zip(row, trials, strict=True):
            axes.plot(middle_s, known[trial, :, k], color=house.TRUE, linewidth=1.2, label="true")
            label = method_of(posterior)
            axes.plot(
                middle_s, estimate[trial, :, k], color=house.INFERRED, linewidth=1.5, label=label
            )
            house.over_time(axes, time_s, lowest=k == num - 1)
            if k == 0:
                axes.set_title(trial_name(posterior, int(trial)))
        score = f"\nR² = {round(r2[k], 2) + 0.0:.2f}".replace("-", "−") if r2 else ""
        row[0].set_ylabel(f"{word} {k} (a.u.){score}")
    where.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return whole_of(where)


def _draw_space(panel: Any, known: np.ndarray, estimate: np.ndarray) -> None:
    space: Any = panel.add_subplot(projection="3d")
    for true, inferred in zip(known, estimate, strict=True):
        draw_trajectory(space, true, house.TRUE, single=False)
        draw_trajectory(space, inferred, house.INFERRED, single=False)
    space.set_title(loc="left", label=many(len(known), "trial"))
    name_directions(space, ["latent 0", "latent 1", "latent 2"])
