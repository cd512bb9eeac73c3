"""The condition-independent signal and the first plane of rotation as one projection."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lfads.analysis.around import WindowS, around, between_conditions, event_in_words
from lfads.analysis.cis_figure import draw_projection
from lfads.analysis.demixing import Grid, Normalised, axes_of, chosen_penalty
from lfads.analysis.jpca import FEWEST_CONDITIONS, rotations, usual_window
from lfads.checks import UserError, is_whole, many
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.numerics.regression import r_squared
from lfads.numerics.rotations import rotation_fit
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
    by its range and 5 spikes/s), in whose units the projection is.

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
        Principal components in which rotations are found.
    num_folds
        Of trials, for the penalty of the demixed component.
    signal
        `rates`, or `factors`.
    angles
        Directions of conditions in degrees, by label or in their order, for colours.

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
    num_components: int = 6
    num_folds: int = 5
    signal: str = "rates"
    angles: Angles | None = None

    title = "Condition-independent signal and rotation"
    height_in = 3.8
    in_report = False

    def __post_init__(self) -> None:
        if not is_whole(self.num_components) or self.num_components < 2 or self.num_components % 2:
            raise UserError(
                "cis_and_rotation: `num_components=` must be even and 2 or more; got "
                f"{self.num_components!r}"
            )
        if not is_whole(self.num_folds) or self.num_folds < 2:
            raise UserError(
                f"cis_and_rotation: `num_folds=` must be a whole number, 2 or more; got {self.num_folds!r}"
            )

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
        if shown.rates.shape[2] <= self.num_components:
            raise UserError(
                f"{who}: `num_components=` must be below {shown.rates.shape[2]}, the number of "
                f"{'neurons' if self.signal == 'rates' else 'factors'}; got {self.num_components}"
            )
        trials = Normalised.of(shown, self.num_folds, self.signal)
        with one_thread():
            grid = Grid(("condition",), (len(shown.labels),))
            penalty = chosen_penalty(trials.sums, grid, 1)
            demixed = axes_of(trials.averages, grid, 1, penalty, ("time",)).of_part["time"]
            first = demixed.decoder[:, 0] / np.linalg.norm(demixed.decoder[:, 0])
            first = first * _sign(trials.rates @ first, shown.time_s)
            table = between_conditions(turning.averages() / trials.scale, who)
            beside = table - (table @ first)[..., None] * first
            found = rotations(beside, self.num_components)
        axes = np.column_stack([first, found.axes[:, 0]])
        projected = trials.rates @ axes
        averages = trials.averages.mean @ axes
        common = np.broadcast_to(averages.mean(0), averages.shape)
        shared = r_squared(averages, common, averages.mean((0, 1)))
        turned = np.stack([table @ axis for axis in found.axes[:, 0].T], axis=-1)
        axis = "neuron" if self.signal == "rates" else "factor"
        one = {"units": "1"}
        result = xr.Dataset(
            {
                "averages": (("condition", "time", "axis"), averages, one),
                "projection": (("trial", "time", "axis"), projected.astype(np.float32), one),
                "axes": ((axis, "axis"), axes, one),
                "common_share": (
                    "axis", shared,
                    {**one, "long_name": "share of the variance of averages common to conditions"},
                ),
                "frequency_hz": (
                    (), float(found.turn[0] / (2 * np.pi * turning.bin_width_s)), {"units": "Hz"},
                ),
                "r2_skew": ((), rotation_fit(turned).skew_r2, one),
                "scale": (axis, trials.scale, {"units": "spikes/s" if axis == "neuron" else "1"}),
                "centre": (axis, trials.mean, {"units": "spikes/s" if axis == "neuron" else "1"}),
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
            trials_left_out=posterior.sizes["trial"] - len(shown.trials),
        )  # fmt: skip

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """How much of each axis is common to conditions, and how fast the plane turns."""
        rows = [("condition-independent signal and rotation", "value")]
        for name, share in zip(result["axis"].values, result["common_share"].values, strict=True):
            rows.append((f"{name}: share common to conditions", in_words(float(share))))
        rows.append(("frequency of the plane (Hz)", in_words(float(result["frequency_hz"]))))
        rows.append(("R² of the rotation in it", in_words(float(result["r2_skew"]))))
        return rows

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        start, stop = result.attrs["rotation_window_s"]
        left = int(result.attrs["trials_left_out"])
        some = (
            f" {many(left, 'trial')} that do not reach over the window are left out."
            if left
            else ""
        )
        return (
            f"Averages of {many(result.sizes['condition'], 'condition')} (left) and single trials (right) "
            "along three orthogonal axes: the condition-independent signal (decoder of the first demixed "
            "component that conditions share), and the plane that turns fastest in what is orthogonal to "
            f"it, found {start:g} to {stop:g} s from "
            f"{event_in_words(result.attrs['rotation_align_to'] or None)}. {_share_in_words(result)} Time "
            f"counts from {event_in_words(result.attrs['align_to'] or None)}; a dot is the start. Units "
            f"are those of softly normalised {result.attrs['signal']}." + some
        )

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """Both in three dimensions, in the colours of conditions."""
        draw_projection(figure, result, self.angles)


def _share_in_words(result: xr.Dataset) -> str:
    """Of conditions alike, what the first axis holds."""
    share = 100 * float(result["common_share"][0])
    return (
        f"{share:.0f} % of the variance of averages along the first axis are common to all conditions; "
        f"R² of the rotation in the plane is {float(result['r2_skew']):.2f} (near 0: nothing turns)."
    )


def _sign(course: Float[np.ndarray, "trial time"], time_s: np.ndarray) -> float:
    """With which the mean course goes up from its start, or from before time zero."""
    mean = course.mean(0)
    before = mean[time_s < 0].mean() if (time_s < 0).any() else mean[0]
    after = mean - before
    return 1.0 if after[int(np.abs(after).argmax())] >= 0 else -1.0
