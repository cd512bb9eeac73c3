"""Strength of inferred inputs over time, √⟨u²⟩ over trials (Pandarinath et al. 2018, Fig. S8c)."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure, SubFigure

from lfads.evaluation.matching import holds, values_of
from lfads.numerics.means import mean_of_known
from lfads.plots import style as house
from lfads.plots.canvas import canvas, whole_of
from lfads.plots.examples import middles_s
from lfads.plots.inputs import MOST_INPUTS
from lfads.plots.sizes import StyleName

NUM_RESAMPLES = 200


@house.in_style
def plot_input_strength(
    posterior: xr.Dataset,
    *,
    max_inputs: int = MOST_INPUTS,
    figure: Figure | SubFigure | None = None,
    style: StyleName | None = None,
) -> Figure:
    """Root mean square over trials of each inferred input, bin by bin, beside the prior's s.d.

    The axis begins at 0, so that what fluctuates from bin to bin by chance looks as small as it is.

    Parameters
    ----------
    posterior
        One session's results.
    max_inputs
        At most this many inputs are drawn.
    figure
        A figure, or a part of one, to draw in; by default a new one.
    style
        `"talk"` for slides, `"paper"` for a page that is 18 cm wide.

    Returns
    -------
    Figure
        A panel for each input.

    Raises
    ------
    UserError
        If the posterior holds no inferred inputs.
    """
    inputs = values_of(posterior, "inferred_inputs", "input").astype(np.float64)
    spread = None
    if holds(posterior, "inferred_inputs_std"):
        spread = values_of(posterior, "inferred_inputs_std", "input").astype(np.float64)
    num, time_s = min(inputs.shape[2], max_inputs), middles_s(posterior)
    where = canvas(figure, 2.2)
    panels = where.subplots(1, num, squeeze=False, sharex=True)[0]
    for k, axes in enumerate(panels):
        values = inputs[..., k]
        low, high = interval(values)
        band: dict[str, Any] = {"color": house.INK, "alpha": 0.2, "linewidth": 0}
        axes.fill_between(time_s, low, high, **band)
        axes.plot(time_s, strength(values), color=house.INK, label="posterior means")
        if spread is not None:
            of_samples = np.sqrt(strength(values) ** 2 + mean_of_known(spread[..., k] ** 2, 0))
            axes.plot(time_s, of_samples, color=house.GREY, label="posterior samples")
        if holds(posterior, "inferred_input_prior_std"):
            std = float(posterior["inferred_input_prior_std"][k])
            dotted = {"color": house.INK, "linestyle": house.DOTTED, "label": "s.d. of the prior"}
            axes.axhline(std, **dotted)
        axes.set_ylim(0, 1.6 * axes.get_ylim()[1])  # room for the legend
        axes.set_title(f"input {k}")
        house.over_time(axes, posterior["time"].to_numpy())
    panels[0].set_ylabel("√⟨u²⟩ over trials (a.u.)")
    panels[0].legend(loc="upper right", labelspacing=0.2, borderaxespad=0)
    return whole_of(where)


def strength(values: Float[np.ndarray, "trial time"]) -> Float[np.ndarray, " time"]:
    """√⟨u²⟩ over the trials that have a bin."""
    return np.sqrt(mean_of_known(values**2, 0))


def interval(
    values: Float[np.ndarray, "trial time"], *, seed: int = 0
) -> tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"]]:
    """The middle 95 % of strengths of trials that are drawn again with replacement."""
    rng, known = np.random.default_rng(seed), np.isfinite(values)
    num = len(values)
    drawn = rng.multinomial(num, np.full(num, 1 / num), NUM_RESAMPLES).astype(np.float64)
    number = np.maximum(drawn @ known, 1)
    squares = drawn @ np.where(known, values, 0) ** 2 / number
    low, high = np.percentile(np.sqrt(squares), (2.5, 97.5), axis=0)
    there = known.any(0)
    return np.where(there, low, np.nan), np.where(there, high, np.nan)
