"""A linear decoder of behaviour that lasts: fitted once to all trials, and put to new bins one by one.

y_t = b + sum_k s_{t - k step} W_k of factors or rates s, with the first bin in place of what was before it:
the ridge regression of `lfads.analysis.decoding`, which looks at no later bin.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lfads.analysis.behavior import Standardised, standardised
from lfads.analysis.decoders import Trained, decoded_by_ridge
from lfads.analysis.decoding_material import Material, material_of
from lfads.analysis.decoding_result import r2_of_folds
from lfads.analysis.design import (
    STEPS,
    Signal,
    filled,
    forms_of,
    step_in_bins,
    sums_of_trials,
    with_past,
)
from lfads.analysis.nested import chosen, fitted, known_together
from lfads.data.session import Session
from lfads.evaluation.matching import bin_width_of, holds, values_of
from lfads.numerics.means import mean_of_known
from lfads.numerics.threads import one_thread

NUM_FOLDS, MOST_SAMPLES = 5, 20_000
SIGNALS = {"factors": "factor", "rates": "neuron"}


@dataclass(frozen=True)
class LinearDecoder:
    """A linear decoder of a network's signal.

    Parameters
    ----------
    behavior
        The series that it gives.
    channels
        Names of its channels.
    signal
        What it reads: `factors` or `rates`.
    weights
        Of the signal now, `step` bins before, and so on.
    bias
        Of each channel.
    step
        Bins between two values of the past.
    r2
        R² of each channel on trials that were left out of a fit.
    """

    behavior: str
    channels: tuple[str, ...]
    signal: str
    weights: Float[np.ndarray, "lag feature channel"]
    bias: Float[np.ndarray, " channel"]
    step: int
    r2: tuple[float, ...] = ()

    @property
    def num_features(self) -> int:
        """Dimensions of the signal."""
        return self.weights.shape[1]

    @property
    def memory(self) -> int:
        """Bins of the signal that are kept, this one among them."""
        return 1 + self.step * (self.weights.shape[0] - 1)


class DecodedBins:
    """A decoder at work, bin by bin."""

    def __init__(self, decoder: LinearDecoder) -> None:
        self._decoder = decoder
        self._flat = decoder.weights.reshape(-1, len(decoder.channels))
        self.begin()

    def begin(self) -> None:
        """Begin a new trial."""
        self._past: deque[np.ndarray] = deque(maxlen=self._decoder.memory)

    def step(self, signal: Float[np.ndarray, " feature"]) -> Float[np.ndarray, " channel"]:
        """Behaviour of the next bin."""
        decoder = self._decoder
        self._past.append(signal)
        last = len(self._past) - 1
        lags = range(decoder.weights.shape[0])
        seen = np.concatenate([self._past[max(last - k * decoder.step, 0)] for k in lags])
        return seen @ self._flat + decoder.bias


def fit_linear_decoder(
    posterior: xr.Dataset, session: Session, behavior: str, *, steps: Sequence[int] = STEPS
) -> LinearDecoder:
    """A decoder of one series, from factors or rates, whichever decodes trials that are left out better.

    Past and penalty are chosen by cross-validation over trials; the map is then fitted to all of them.

    Parameters
    ----------
    posterior
        Results of a session, with `factors`.
    session
        With the behaviour.
    behavior
        Name of the series.
    steps
        Numbers of steps into the past to choose from, ascending.

    Raises
    ------
    UserError
        If there is no such behaviour, or in fewer than three trials.
    """
    width_s = bin_width_of(posterior)
    given = material_of(posterior, session, behavior, NUM_FOLDS, MOST_SAMPLES)
    targets = standardised(given.channels)
    found: list[tuple[float, Any]] = []
    for name, axis in SIGNALS.items():
        if not holds(posterior, name):
            continue
        signal = filled(values_of(posterior, name, axis)[given.trials])
        trained = Trained(given.fold, step_in_bins(width_s), [signal.shape[2]], steps)
        with one_thread():
            decoded = decoded_by_ridge([(np.nan, signal)], targets.values, trained)
            r2 = mean_of_known(r2_of_folds(decoded.predicted, targets.values, given.fold), 0)
            made = _fitted(signal, given, targets, trained)
        score = float(np.mean(r2[np.isfinite(r2)])) if np.isfinite(r2).any() else -np.inf
        found.append((score, (name, *made, tuple(float(value) for value in r2))))
    signal, weights, bias, r2 = max(found, key=lambda one: one[0])[1]
    step = step_in_bins(width_s)
    return LinearDecoder(behavior, tuple(given.channels.name), signal, weights, bias, step, r2)


def _fitted(
    signal: Signal, given: Material, targets: Standardised, trained: Trained
) -> tuple[np.ndarray, np.ndarray]:
    """Weights `lag feature channel` and bias of the map that is fitted to all trials."""
    within = np.isfinite(targets.values).any(2)
    mean, deviation = signal[within].mean(0), signal[within].std(0)
    scale = np.where(deviation > 0, deviation, 1.0)
    design = with_past(
        ((signal - mean) / scale).astype(np.float64), trained.step, trained.steps[-1]
    )
    group, width = known_together(targets.values), signal.shape[2]
    folds = [given.fold == number for number in range(int(given.fold.max()) + 1)]
    inner = [sums_of_trials(design, targets.values, trials, group) for trials in folds]
    forms = forms_of(width, [width], trained.steps)
    candidates = [form.places(width) for form in forms]
    choice = chosen(inner, candidates)
    form, some = forms[choice.candidate], candidates[choice.candidate]
    plain = fitted(inner, some, choice.penalty)  # channel × (1, lags of features)
    weights = plain[:, 1:].reshape(len(plain), form.num_steps + 1, width) / scale
    bias = plain[:, 0] - (weights * mean).sum((1, 2))
    weights = weights * targets.scale[:, None, None]
    return (
        np.ascontiguousarray(weights.transpose(1, 2, 0), np.float32),
        (bias * targets.scale + targets.mean).astype(np.float32),
    )
