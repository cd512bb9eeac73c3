"""Rates without dynamics: Gaussian smoothing of spikes, then Poisson regression to every neuron.

The smoothed activity of encoded neurons, or its principal components, explains the counts of each neuron in
the same bin by a Poisson regression with a ridge penalty. Width, feature and penalty are those with the
most bits per spike on validation trials.

A neuron is predicted from the *others* alone: what it gave to the design itself is left out. Smoothed
counts hold the very spike that is to be predicted, and a regression on them would score by copying it, on
validation trials as well. So encoded neurons are treated as held-out ones are: leave-neuron-out prediction
(Yu et al. 2009), or co-smoothing (Pei et al. 2021). Counts that are independent give no
bits per spike on unseen trials.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from lfads.baselines.baseline import Stored, fit_of, rates_alone, require_counts
from lfads.baselines.smoothing_choice import (
    MOST_SAMPLES,
    MOST_SCORED,
    TOLERANCE,
    Candidates,
    SessionFit,
    fit_session,
    rates_of,
)
from lfads.baselines.smoothing_design import FEATURES, Scale
from lfads.checks import Problems, UserError, is_whole, suggestion
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.results import Posterior

WIDTHS_S = (0.02, 0.03, 0.04, 0.05, 0.07, 0.1, 0.14, 0.2)
PENALTIES = (1e5, 1e4, 1e3, 3e2, 1e2, 3e1, 1e1)
NUM_COMPONENTS = 100
LAYOUT = 1

_ARRAYS = ("mean", "deviation", "axes", "weights")


@dataclass(frozen=True)
class Smoothing:
    """Gaussian smoothing of spikes, then Poisson regression of each neuron on the others.

    Every session is fitted by itself. Width, feature and penalty are chosen on its validation trials, or,
    where it has none, on every fifth training trial: the held-out neurons are scored if there are any,
    else all. Forward bins are predicted from the last encoded bin.

    Parameters
    ----------
    widths_s
        Standard deviations of the Gaussian to choose from, in seconds.
    features
        What of the smoothed counts to choose from: `rate`, `square root`, `log`. Widths are compared with
        the first, then the others at the width that was best.
    penalties
        Ridge penalties to choose from. Those of a width are tried from the strongest on, as long as they
        help.
    num_components
        Principal components of the smoothed activity to regress on; None for all neurons, which takes
        hours for hundreds of them.
    most_scored
        Neurons that choices are scored on, evenly chosen if there are more.
    most_samples
        Bins of training trials to fit to while choosing, and of validation trials to score; evenly chosen
        trials if there are more. What was chosen is fitted to all.
    tolerance
        How much a step must still promise to be taken, relative to what is minimised. From 1e-5 on, single
        precision is used, which takes half the time.

    References
    ----------
    Yu et al. (2009), J. Neurophysiol. 102:614-635, "Leave-neuron-out prediction error".
    Pei et al. (2021), "Neural Latents Benchmark '21", NeurIPS Datasets and Benchmarks.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.5, (20, 30, 4))
    >>> dataset = Dataset.from_arrays(counts, bin_width_s=0.02)
    >>> fitted = Smoothing(widths_s=(0.05, 0.1)).fit(dataset)
    >>> fitted.infer(dataset).rates.dims
    ('trial', 'time', 'neuron')
    """

    widths_s: Sequence[float] = WIDTHS_S
    features: Sequence[str] = ("square root", "rate", "log")
    penalties: Sequence[float] = PENALTIES
    num_components: int | None = NUM_COMPONENTS
    most_scored: int = MOST_SCORED
    most_samples: int = MOST_SAMPLES
    tolerance: float = TOLERANCE

    def __post_init__(self) -> None:
        problems = Problems("smoothing")
        for name in ("widths_s", "penalties"):
            values = getattr(self, name)
            problems.require(
                len(values) > 0 and all(0 < value < math.inf for value in values),
                f"`{name}=` must be numbers above 0, at least one; got {tuple(values)}",
            )
        problems.require(len(self.features) > 0, "`features=` must name at least one; got none")
        for name in self.features:
            problems.require(
                name in FEATURES, f"there is no feature `{name}`.{suggestion(name, FEATURES)}"
            )
        number = self.num_components
        problems.require(
            number is None or (is_whole(number) and number > 0),
            f"`num_components=` must be a whole number above 0, or None; got {number!r}",
        )
        problems.require(
            0 < self.tolerance < 1,
            f"`tolerance=` must be a number between 0 and 1; got {self.tolerance!r}",
        )
        for name in ("most_scored", "most_samples"):
            value = getattr(self, name)
            problems.require(
                is_whole(value) and value > 0,
                f"`{name}=` must be a whole number above 0; got {value!r}",
            )
        problems.raise_if_any()

    def fit(self, dataset: Dataset) -> "FittedSmoothing":
        """Choose and fit for each session.

        Raises
        ------
        UserError
            If a session has no training trials, or fewer than two neurons, or holds signals.
        """
        require_counts("smoothing", dataset)
        candidates = Candidates(
            tuple(self.widths_s),
            tuple(self.features),
            tuple(self.penalties),
            self.num_components,
            self.most_scored,
            self.most_samples,
            self.tolerance,
        )
        return FittedSmoothing(
            {
                session.name: fit_session(session, dataset, candidates)
                for session in dataset.sessions
            }
        )

    def from_arrays(self, stored: Stored) -> "FittedSmoothing":
        """What was fitted, from what `FittedSmoothing.to_arrays` gave."""
        layout, sessions = stored.about.get("layout"), stored.about.get("sessions", [])
        if layout != LAYOUT:
            raise UserError(
                f"smoothing: the arrays have layout {layout}, and this version reads {LAYOUT}: fit again"
            )
        found = {}
        for number, about in enumerate(sessions):
            mean, deviation, axes, weights = (stored.arrays[f"{number}/{name}"] for name in _ARRAYS)
            found[about["name"]] = SessionFit(
                Scale(mean, deviation, axes), weights, about["width_s"], about["feature"],
                about["penalty"], about["bits_per_spike"], about["scored"], about["by_width_s"],
            )  # fmt: skip
        return FittedSmoothing(found)


@dataclass(frozen=True, eq=False)
class FittedSmoothing:
    """Widths, designs and weights of each session, by name."""

    sessions: Mapping[str, SessionFit]

    def infer(self, dataset: Dataset) -> Posterior:
        """Rates of every trial in spikes/s; nothing else is known."""
        return Posterior(
            {session.name: self._rates(session, dataset) for session in dataset.sessions}
        )

    def _rates(self, session: Session, dataset: Dataset) -> xr.Dataset:
        fit = fit_of(self.sessions, session)
        rates_hz = rates_of(session, dataset, fit) / dataset.bin_width_s
        return rates_alone(rates_hz, session, dataset)

    def to_arrays(self) -> Stored:
        """Arrays by number of the session and name, and what was chosen for each."""
        arrays: dict[str, np.ndarray] = {}
        about: list[dict[str, Any]] = []
        for number, (name, fit) in enumerate(self.sessions.items()):
            values = (*fit.scale, fit.weights)
            arrays |= {f"{number}/{n}": v for n, v in zip(_ARRAYS, values, strict=True)}
            about.append({
                "name": name, "width_s": fit.width_s, "feature": fit.feature, "penalty": fit.penalty,
                "bits_per_spike": fit.bits_per_spike, "scored": fit.scored,
                "by_width_s": dict(fit.by_width_s),
            })  # fmt: skip
        return Stored(arrays, {"layout": LAYOUT, "sessions": about})

    def choices_made(self) -> list[tuple[str, str]]:
        """Width, feature and penalty of each session, and bits per spike of every width."""
        rows = []
        for name, fit in self.sessions.items():
            of = f" of {name}" if len(self.sessions) > 1 else ""
            by_width = ", ".join(
                f"{bits:.3f} ({1000 * float(width):g} ms)" for width, bits in fit.by_width_s.items()
            )
            rows += [
                (f"width{of}", f"{1000 * fit.width_s:g} ms"),
                (f"feature{of}", fit.feature),
                (f"penalty{of}", f"{fit.penalty:g}"),
                (f"bits per spike{of}, {fit.scored}", f"{fit.bits_per_spike:.4f}"),
                (f"the same, best of each width{of}", by_width),
            ]
        return rows
