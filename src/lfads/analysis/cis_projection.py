"""The condition-independent signal and the first plane of rotation as one projection."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from lfads.analysis.around import (
    Around,
    WindowS,
    around,
    between_conditions,
    event_in_words,
    left_out_in_words,
)
from lfads.analysis.chance import check_components, p_of, too_few_in_words, usual_components
from lfads.analysis.cis_figure import draw_projection
from lfads.analysis.common_axis import (
    along_left_out,
    beside,
    first_axis,
    r2_of_fastest,
    share_common,
    surrogates_beside,
)
from lfads.analysis.demixing import Grid, Normalised
from lfads.analysis.jpca import FEWEST_CONDITIONS, usual_window
from lfads.checks import UserError, many, require_whole
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.numerics.threads import one_thread
from lfads.plots.conditions import Angles

AXES = ("condition-independent", "rotation 1", "rotation 2")


@dataclass(frozen=True)
class CisAndRotation:
    """Condition averages and single trials along the condition-independent signal and a plane of rotation.

    The first axis is the decoder of the first demixed component that all conditions share (`dpca`, part
    `time`), of unit length. The rates are then projected onto what is orthogonal to it, and the plane is
    the fastest of the rotations of what is left (`jpca`): so the three axes are orthonormal, and what is
    common to all conditions is not drawn as rotation. All axes are of softly normalised rates (each neuron
    by its range and 5 spikes/s; of signals, and a tenth of the median range), in whose units the projection
    is.

    A plane chosen for turning turns: R² in it is .1 for smoothed noise of 24 conditions, and .6 of four in
    six components. What tells is its p, by surrogates to which all of this is done from the averages on
    (`jpca`). The share of the variance along the first axis that conditions have in common is that of
    trials which the axis was not found in.

    Parameters
    ----------
    window_s
        Start and end in seconds from the event, of what is projected, and of what the condition-independent
        signal is found in; by default the whole trial, from time zero.
    align_to
        The trial column with the time of the event; by default time zero.
    rotation_window_s
        Start and end in seconds of what the plane is found in: from movement onset, not over the hand-over
        from preparation (see `jpca`). By default from time zero for 0.3 s.
    rotation_align_to
        The trial column from which `rotation_window_s` counts; by default time zero.
    num_components
        Principal components in which rotations are found, an even number below that of neurons. By default
        6, fewer of few conditions or neurons, as for `jpca`.
    num_folds
        Of trials, for the penalty of the demixed component, and for what conditions share of it.
    num_surrogates
        Random tables with the same means and covariances over time, neurons and conditions; 0 for none.
    signal
        `rates`, or `factors`.
    angles
        Directions of conditions in degrees, by label or in their order, for colours.
    seed
        Of the surrogates.

    References
    ----------
    Pandarinath et al. (2018), Nature Methods 15:805-815, Figs. 4d and S5.

    Examples
    --------
    >>> from lfads.baselines.smoothing import Smoothing
    >>> from lfads.simulate.reaching import simulate_reaching
    >>> dataset = simulate_reaching(num_neurons=30, trials_per_condition=5)
    >>> rates = Smoothing(widths_s=(0.04,), penalties=(0.1,)).fit(dataset).infer(dataset).dataset
    >>> projection = CisAndRotation(rotation_align_to="reaction_time", rotation_window_s=(0.0, 0.3))
    >>> result = projection.compute(rates, dataset.session)
    >>> axes = result["axes"].values
    >>> bool(np.allclose(axes.T @ axes, np.eye(3)))
    True
    """

    window_s: WindowS = None
    align_to: str | None = None
    rotation_window_s: Sequence[float] | None = None
    rotation_align_to: str | None = None
    num_components: int | None = None
    num_folds: int = 5
    num_surrogates: int = 100
    signal: str = "rates"
    angles: Angles | None = None
    seed: int = 0

    title = "Condition-independent signal and rotation"
    height_in = 3.8
    in_report = False

    def __post_init__(self) -> None:
        check_components(self.num_components, "cis_and_rotation")
        require_whole("cis_and_rotation", "num_surrogates=", self.num_surrogates, 0)
        require_whole("cis_and_rotation", "num_folds=", self.num_folds, 2)

    def _number(self, found: Around) -> int:
        """Of components: as chosen, or as many as there can be beside the first axis, 6 at most."""
        size = found.rates.shape[2]
        if size < 3:
            raise UserError(
                f"cis_and_rotation: needs 3 {found.axis}s or more, for an axis and a plane; got {size}"
            )
        number = self.num_components
        if number is None:
            return usual_components(len(found.labels), size - 1)
        if size <= number:
            raise UserError(
                f"cis_and_rotation: `num_components=` must be below {size}, the number of {found.axis}s; "
                f"got {number}"
            )
        return number

    @property
    def needs(self) -> tuple[str, ...]:
        """The signal, and conditions."""
        return (self.signal, "condition")

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """The axes, projections of averages and of single trials, and what they hold.

        Raises
        ------
        UserError
            If there is no such window or column, or too few conditions, neurons or factors.
        """
        who, rotation_s = "cis_and_rotation", self.rotation_window_s
        if rotation_s is None and self.rotation_align_to is None:
            rotation_s = usual_window(posterior)
        shown, turning = (
            around(
                posterior, session, who,
                window_s=window, align_to=event, signal=self.signal, fewest=FEWEST_CONDITIONS,
            )
            for window, event in (
                (self.window_s, self.align_to), (rotation_s, self.rotation_align_to),
            )
        )  # fmt: skip
        number = self._number(shown)
        trials = Normalised.of(shown, self.num_folds)
        with one_thread():
            grid = Grid(("condition",), (len(shown.labels),))
            first = first_axis(trials.sums, grid, shown.time_s)
            table = between_conditions(turning.averages() / trials.scale, who)
            found = beside(table, first, number)
            chance = surrogates_beside(table, first, number, self.num_surrogates, self.seed)
            shared = share_common(along_left_out(trials, grid, shown.time_s))
        axes = np.column_stack([first, found.axes[:, 0]])
        projected = trials.rates @ axes
        averages = trials.averages.mean @ axes
        shares = np.append(shared, share_common(averages)[1:])
        r2, axis, one, unit = (
            r2_of_fastest(found),
            shown.axis,
            {"units": "1"},
            {"units": shown.unit},
        )
        result = xr.Dataset(
            {
                "averages": (("condition", "time", "axis"), averages, one),
                "projection": (("trial", "time", "axis"), projected.astype(np.float32), one),
                "axes": ((axis, "axis"), axes, one),
                "common_share": (
                    "axis", shares,
                    {**one, "long_name": "share of the variance of averages common to conditions; of the "
                     "first axis, in trials that it was not found in"},
                ),
                "frequency_hz": (
                    (), float(found.turn[0] / (2 * np.pi * turning.bin_width_s)), {"units": "Hz"},
                ),
                "r2_skew": ((), r2, {**one, "long_name": "R² of the rotation in the plane"}),
                "r2_skew_surrogates": ("surrogate", chance, one),
                "p_skew": ((), p_of(r2, chance), one),
                "scale": (axis, trials.scale, unit),
                "centre": (axis, trials.mean, unit),
            },
            {
                "axis": list(AXES),
                "condition": shown.labels,
                "condition_of_trial": ("trial", shown.labels[shown.group]),
                "time": ("time", shown.time_s, {"units": "s"}),
                **shown.coordinates(posterior),
            },
            {"bin_width_s": shown.bin_width_s},
        )  # fmt: skip
        edges = [float(edge) for edge in rotation_s or ()]
        return result.assign_attrs(
            align_to=self.align_to or "", rotation_align_to=self.rotation_align_to or "",
            rotation_window_s=edges, signal=self.signal,
            num_components=number, **shown.left_out(posterior),
        )  # fmt: skip

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """How much of each axis is common to conditions, and how fast the plane turns."""
        rows = [("condition-independent signal and rotation", "value", "p")]
        for name, share in zip(result["axis"].values, result["common_share"].values, strict=True):
            rows.append((f"{name}: share common to conditions", in_words(float(share)), ""))
        hz, r2, p = (float(result[name]) for name in ("frequency_hz", "r2_skew", "p_skew"))
        rows.append(("frequency of the plane (Hz)", in_words(hz), ""))
        rows.append(("R² of the rotation in it", in_words(r2), in_words(p)))
        return rows

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        start, stop = result.attrs["rotation_window_s"]
        return (
            f"Averages of {many(result.sizes['condition'], 'condition')} (left) and single trials (right) "
            "along three orthogonal axes: the condition-independent signal (decoder of the first demixed "
            "component that conditions share), and the plane that turns fastest in what is orthogonal to "
            f"it, found {start:g} to {stop:g} s from "
            f"{event_in_words(result.attrs['rotation_align_to'] or None)}. {_share_in_words(result)} Time "
            f"counts from {event_in_words(result.attrs['align_to'] or None)}; a dot is the start. Units "
            f"are those of softly normalised {result.attrs['signal']}." + left_out_in_words(result)
        )

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """Both in three dimensions, in the colours of conditions."""
        draw_projection(figure, result, self.angles)


def _share_in_words(result: xr.Dataset) -> str:
    """Of conditions alike, what the first axis holds, and whether the plane turns more than by chance."""
    share, number = 100 * float(result["common_share"][0]), result.sizes["surrogate"]
    chance = (
        f"p = {float(result['p_skew']):.2g} by {many(number, 'surrogate')} with the same means and "
        "covariances over time, neurons and conditions"
        if number
        else "no surrogates were drawn, without which this says nothing"
    )
    size = int(result.attrs["num_components"])
    return (
        f"{share:.0f} % of the variance of averages along the first axis, found in other trials, are "
        f"common to all conditions; R² of the rotation in the plane is {float(result['r2_skew']):.2f} "
        f"({chance})." + (too_few_in_words(size, result.sizes["condition"]) if number else "")
    )
