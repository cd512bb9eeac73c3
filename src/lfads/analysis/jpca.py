"""Rotations of condition averages: jPCA, tested against surrogates of maximum entropy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float

from lfads.analysis.around import (
    Around,
    around,
    between_conditions,
    event_in_words,
    left_out_in_words,
)
from lfads.analysis.chance import check_components, p_of, too_few_in_words, usual_components
from lfads.analysis.jpca_figure import draw_jpca
from lfads.checks import UserError, many, require_whole
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.numerics.components import leading_axes, principal_components
from lfads.numerics.maximum_entropy import maximum_entropy
from lfads.numerics.rotations import LinearFlow, RotationFit, linear_flow, rotation_planes
from lfads.numerics.threads import one_thread
from lfads.plots.conditions import Angles
from lfads.plots.examples import edges_s

USUAL_S = 0.3
"""How long the window is after time zero, if none is given."""

FEWEST_CONDITIONS = 4


@dataclass(frozen=True)
class JPCA:
    """Planes in which condition averages rotate, how fast, and whether they rotate more than chance has it.

    Averages of each condition, softly normalised (each neuron by its range and 5 spikes/s; of signals, and
    a tenth of the median range), less the mean over conditions, in their first principal components: X. A
    linear system dX/dt = X M with M = -M' is fitted by least squares, exactly, and one with any M beside
    it. Pairs of eigenvalues ± iω of M give planes that turn at ω / 2π; states half way between bins make
    the frequency exact for rotations of any speed. Without a small p these frequencies mean nothing:
    smoothed noise turns at .5 Hz and more, too. Nor does p hold with as many components as conditions, or
    more: few points in many dimensions look like sequences.

    Parameters
    ----------
    window_s
        Start and end in seconds from the event. By default from time zero, or the start of the trials, for
        0.3 s. Choose it: one system must hold throughout. A window over the hand-over from preparation to
        movement gives frequencies that are not there.
    align_to
        The trial column with the time of the event, such as that of movement onset; by default time zero.
    num_components
        Principal components, an even number: twice as many as planes. Planes beyond those that the data
        have are spurious, and slow. By default 6, at most the number of conditions less two: with as many
        as conditions, p of noise is too small.
    num_surrogates
        Random tables with the same means and covariances over time, neurons and conditions, which the same
        is done to; 0 for none. p = (1 + number of surrogates with at least this R²) / (1 + their number).
    signal
        `rates`, or `factors`.
    angles
        Directions of conditions in degrees, by label or in their order, for colours.
    seed
        Of the surrogates.

    References
    ----------
    Churchland, Cunningham et al. (2012), Nature 487:51-56, Figs. 3 and 5. Pandarinath et al. (2018), Nature
    Methods 15:805-815, Fig. 3 and S6. Elsayed & Cunningham (2017), Nature Neuroscience 20:1310-1318, of the
    surrogates.

    Examples
    --------
    >>> from lfads.baselines.smoothing import Smoothing
    >>> from lfads.simulate.reaching import simulate_reaching
    >>> dataset = simulate_reaching(num_neurons=30, trials_per_condition=5)
    >>> rates = Smoothing(widths_s=(0.04,), penalties=(0.1,)).fit(dataset).infer(dataset).dataset
    >>> jpca = JPCA(window_s=(0.0, 0.3), align_to="reaction_time", num_surrogates=0)
    >>> result = jpca.compute(rates, dataset.session)
    >>> bool(abs(result["frequency_hz"][0] - 1.6) < 0.5)  # of few trials
    True
    """

    window_s: Sequence[float] | None = None
    align_to: str | None = None
    num_components: int | None = None
    num_surrogates: int = 1000
    signal: str = "rates"
    angles: Angles | None = None
    seed: int = 0

    title = "Rotations of condition averages (jPCA)"
    height_in = 3.4
    in_report = False

    def __post_init__(self) -> None:
        check_components(self.num_components, "jpca")
        require_whole("jpca", "num_surrogates=", self.num_surrogates, 0)

    @property
    def needs(self) -> tuple[str, ...]:
        """The signal, and conditions."""
        return (self.signal, "condition")

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """Frequencies, R² of both fits, their p, and the courses of conditions in each plane.

        Raises
        ------
        UserError
            If there is no such window or column, or too few conditions or neurons.
        """
        window_s = self.window_s
        if window_s is None and self.align_to is None:
            window_s = usual_window(posterior)
        found = around(
            posterior, session, "jpca",
            window_s=window_s, align_to=self.align_to, signal=self.signal, fewest=FEWEST_CONDITIONS,
        )  # fmt: skip
        size = found.rates.shape[2]
        number = self.num_components or usual_components(len(found.labels), size)
        if size < number:
            raise UserError(
                f"jpca: `num_components=` must be at most {size}, as many as there are "
                f"{'neurons' if self.signal == 'rates' else 'factors'}; got {number}"
            )
        scale = found.soft_scale()
        table = between_conditions(found.averages() / scale, "jpca")
        with one_thread():
            rotation = rotations(table, number)
            chance = surrogate_fits(table, number, self.num_surrogates, self.seed)
        result = _labelled(rotation, chance, found, scale)
        where = {"align_to": self.align_to or "", "window_s": [float(e) for e in window_s or ()]}
        return result.assign_attrs(signal=self.signal, **where, **found.left_out(posterior))

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """Frequencies and variance of the planes, R² of both fits, and their p."""
        rows = [("rotations of condition averages", "value", "p")]
        for plane in range(result.sizes["plane"]):
            hz, share = (float(result[n][plane]) for n in ("frequency_hz", "variance_fraction"))
            rows.append((f"plane {plane + 1}: frequency (Hz)", in_words(hz), ""))
            rows.append((f"plane {plane + 1}: share of variance", in_words(share), ""))
        for name, fit in (("skew-symmetric", "skew"), ("any linear", "linear")):
            p = in_words(float(result[f"p_{fit}"]))
            rows.append((f"R², {name} system", in_words(float(result[f"r2_{fit}"])), p))
        return rows

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        start, stop = result.attrs["window_s"]
        number = result.sizes["surrogate"]
        chance = (
            f" Right: R² of {many(number, 'surrogate')}, random tables with the same means and covariances "
            "over time, neurons and conditions (tensor maximum entropy), and of the data (lines); p counts "
            "surrogates with at least as much."
            if number
            else " No surrogates were drawn."
        )
        return (
            f"Averages of {many(result.sizes['condition'], 'condition')} over {start:g} to {stop:g} s from "
            f"{event_in_words(result.attrs['align_to'] or None)}, less their mean, in the planes in which "
            "a skew-symmetric linear system turns them; a dot is the start. It is fitted to the first "
            f"{result.sizes['component']} principal components of softly normalised "
            f"{result.attrs['signal']}. Planes beyond those that the data have are spurious, and slow. "
            "Frequencies hold only where one system does: over the hand-over from preparation to "
            "movement, they are not those of the movement. Without a small p they mean nothing: smoothed "
            "noise turns at some frequency, too."
            + chance
            + too_few_in_words(result.sizes["component"], result.sizes["condition"])
            + left_out_in_words(result)
        )

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """Courses in the first planes, and R² beside those of surrogates."""
        draw_jpca(figure, result, self.angles)


class Rotation(NamedTuple):
    """A fit: planes within components, and what they hold.

    `loadings` lead from neurons to components; `courses` are those of conditions in each plane.
    """

    loadings: Float[np.ndarray, "neuron component"]
    variance_fraction: Float[np.ndarray, " component"]
    flow: LinearFlow
    turn: Float[np.ndarray, " plane"]
    axes: Float[np.ndarray, "neuron plane 2"]
    courses: Float[np.ndarray, "condition time plane 2"]


def usual_window(posterior: xr.Dataset) -> tuple[float, float]:
    """From time zero, or the start, for 0.3 s or to the end."""
    first_s, last_s = edges_s(posterior)
    start_s = 0.0 if first_s < 0 < last_s - USUAL_S / 2 else first_s
    return start_s, min(start_s + USUAL_S, last_s)


def rotations(table: Float[np.ndarray, "condition time neuron"], num_components: int) -> Rotation:
    """Planes of a table of condition averages, less their mean over conditions.

    In each plane the first axis is that along which conditions differ most in the first bin.
    """
    found = principal_components(table.reshape(-1, table.shape[2]), num_components)
    scores = found.scores.reshape(*table.shape[:2], num_components)
    flow = linear_flow(scores)
    planes = rotation_planes(flow.skew)
    courses = np.einsum("ctk,kpa->ctpa", scores, planes.axes)
    turned = np.stack([_widest(courses[:, 0, p]) for p in range(len(planes.turn))])
    axes = np.einsum("nk,kpa,pab->npb", found.loadings, planes.axes, turned)
    courses = np.einsum("ctpa,pab->ctpb", courses, turned)
    return Rotation(found.loadings, found.variance_fraction, flow, planes.turn, axes, courses)


def surrogate_fits(
    table: Float[np.ndarray, "condition time neuron"], num_components: int, number: int, seed: int
) -> Float[np.ndarray, "surrogate 2"]:
    """R² of both fits of surrogates, which the same is done to."""
    chance = maximum_entropy(table) if number else None
    rng, found = np.random.default_rng(seed), np.empty((number, len(RotationFit._fields)))
    for row in found:
        assert chance is not None
        drawn = chance.draw(rng)
        row[:] = _fit_of(drawn - drawn.mean(0), num_components)
    return found


def _fit_of(table: np.ndarray, num_components: int) -> RotationFit:
    """As `rotations` has it, without planes: from second moments, which costs a tenth."""
    rows = table.reshape(-1, table.shape[2])
    rows = rows - rows.mean(0)
    scores = rows @ leading_axes(rows.T @ rows, num_components)
    return linear_flow(scores.reshape(*table.shape[:2], num_components)).fit


def _widest(states: Float[np.ndarray, "condition 2"]) -> Float[np.ndarray, "2 2"]:
    """The rotation that lays the largest spread along the first axis."""
    about = states - states.mean(0)
    moment = about.T @ about
    angle = 0.5 * np.arctan2(2 * moment[0, 1], moment[0, 0] - moment[1, 1])
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _labelled(
    rotation: Rotation, chance: np.ndarray, found: Around, scale: np.ndarray
) -> xr.Dataset:
    fit, one = rotation.flow.fit, {"units": "1"}
    frequency = rotation.turn / (2 * np.pi * found.bin_width_s)
    size = (rotation.courses**2).sum((0, 1, 3))
    leading = float(rotation.variance_fraction.sum())
    whole = float((rotation.courses**2).sum()) / max(leading, 1e-300)
    axis, unit = found.axis, {"units": found.unit}
    p = {
        f"p_{name}": ((), p_of(value, chance[:, k]), one)
        for k, (name, value) in enumerate(zip(("skew", "linear"), fit, strict=True))
    }
    return xr.Dataset(
        {
            "frequency_hz": ("plane", frequency, {"units": "Hz"}),
            "variance_fraction": (
                "plane", size / max(whole, 1e-300),
                {**one, "long_name": "share of the variance between conditions"},
            ),
            "r2_skew": ((), fit.skew_r2, {**one, "long_name": "R² of the skew-symmetric system"}),
            "r2_linear": ((), fit.linear_r2, {**one, "long_name": "R² of any linear system"}),
            **p,
            "r2_skew_surrogates": ("surrogate", chance[:, 0], one),
            "r2_linear_surrogates": ("surrogate", chance[:, 1], one),
            "courses": (("condition", "time", "plane", "axis"), rotation.courses, one),
            "axes": ((axis, "plane", "axis"), rotation.axes, one),
            "loadings": ((axis, "component"), rotation.loadings, one),
            "component_variance_fraction": ("component", rotation.variance_fraction, one),
            "scale": (axis, scale, unit),
            "num_trials": ("condition", found.num_trials, one),
        },
        {"condition": found.labels, "time": ("time", found.time_s, {"units": "s"})},
        {"bin_width_s": found.bin_width_s},
    )  # fmt: skip
