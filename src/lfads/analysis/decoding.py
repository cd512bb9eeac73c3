"""How well behaviour can be read from rates, from factors, and from smoothed spikes, side by side.

Each signal is mapped linearly to every channel of behaviour in the same bin, by ridge regression on its
values now and a few bins before. R² is that of trials that were used for nothing: width of the
smoothing, past and penalty are chosen, and the map and its principal components are fitted, on the other
folds of trials.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from lfads.analysis.decoding_figure import draw_decoding
from lfads.analysis.nested import (
    Choice,
    Sums,
    chosen,
    fitted,
    folds_of,
    in_several_folds,
    sums_of,
)
from lfads.arrays import CHOP_COLUMNS
from lfads.checks import UserError, is_whole, many
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.evaluation.matching import bin_width_of, holds, matched, values_of
from lfads.numerics.components import leading_axes
from lfads.numerics.evenly import evenly
from lfads.numerics.means import mean_of_known, std_of_known
from lfads.numerics.regression import r_squared
from lfads.numerics.smoothing import smoothed_everywhere

WIDTHS_S = (0.03, 0.06, 0.12)
STEP_S, STEPS = 0.04, (0, 1, 3)
_FOR_AXES = 2_000  # samples that components are computed from

Signal = Float[np.ndarray, "trial time feature"]


@dataclass(frozen=True)
class Decoding:
    """Behaviour decoded linearly from rates, factors and smoothed spikes, R² of trials that were left out.

    Parameters
    ----------
    num_folds
        Of trials: each is predicted once, from what was chosen and fitted on the others.
    widths_s
        Standard deviations of the Gaussian that smooths the spikes, to choose from, in seconds.
    num_components
        Signals of more dimensions are reduced to so many principal components.
    most_samples
        Of more bins than these, evenly chosen trials are used.

    References
    ----------
    Pandarinath et al. (2018), Nature Methods 15:805-815, Fig. 3: decoding of reaching kinematics.
    """

    num_folds: int = 5
    widths_s: Sequence[float] = WIDTHS_S
    num_components: int = 20
    most_samples: int = 10_000

    title = "Decoding of behaviour"
    needs = ("rates", "behavior")
    height_in = 4.6

    def __post_init__(self) -> None:
        if not is_whole(self.num_folds) or self.num_folds < 3:
            raise UserError(
                "decoding: `num_folds` must be a whole number, 3 or more: one is left out, and the choices "
                f"are made on another by a fit to the rest; got {self.num_folds!r}"
            )

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """R² of each signal and channel, what was chosen, and the behaviour, true and decoded.

        Raises
        ------
        UserError
            If there are fewer than three trials with behaviour.
        """
        data, width_s = matched(session, posterior), bin_width_of(posterior)
        channels, behavior = _channels(posterior)
        behavior[~data.valid_bins()] = np.nan
        trials = self._trials(np.asarray(np.isfinite(behavior).any((1, 2))), data)
        behavior = behavior[trials]
        chopped = CHOP_COLUMNS[0] in posterior.coords
        fold = folds_of(len(trials), self.num_folds, blocks=chopped)
        if chopped:
            behavior[in_several_folds(posterior.isel(trial=trials), fold)] = np.nan
        found = {}
        smoothed = "smoothed spikes" if data.kind == "counts" else "smoothed signals"
        for name in ("rates", "factors", smoothed):
            variants = list(self._variants(name, posterior, data, trials, width_s))
            if variants:
                found[name] = self._decoded(variants, behavior, fold, width_s)
        result = _labelled(found, behavior, channels, posterior.isel(trial=trials), fold)
        left = posterior.sizes["trial"] - len(trials)
        return result.assign_attrs(num_components=self.num_components, trials_left_out=left)

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """R² of each channel, a column for each signal."""
        rows = [("R² of left-out trials", *map(str, result["signal"].values))]
        for channel in result["channel"].values:
            r2 = result["r2"].sel(channel=channel).values
            rows.append((str(channel), *(in_words(float(value)) for value in r2)))
        return rows

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        sizes = result.sizes
        text = (
            "Behaviour decoded linearly in each bin. Above: R² of trials that were left out, mean ± s.d. "
            f"over {sizes['fold']} folds of {many(sizes['trial'], 'trial')}. Below: single ones of these. "
            "Ridge regression on a signal's present and on up to "
            f"{1000 * STEP_S * STEPS[-1]:g} ms of its past; at a trial's start the first bin stands for "
            "what was before. The smoothing of spikes, the past and the penalty are chosen within the "
            "other folds. Signals of more dimensions are reduced to "
            f"{result.attrs['num_components']} principal components. Smoothed spikes are those of encoded "
            "neurons."
        )
        if (left := int(result.attrs["trials_left_out"])) > 0:
            why = "since there are very many, or no behaviour was recorded in them"
            text += f" {many(left, 'trial')} of the data are not used, {why}."
        return text

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """R² above, single trials below."""
        draw_decoding(figure, result)

    def _trials(
        self, known: Bool[np.ndarray, " trial"], data: Session
    ) -> Int[np.ndarray, " chosen"]:
        there = np.flatnonzero(known)
        if len(there) < 3:
            raise UserError(
                f"decoding needs at least three trials with behaviour; session `{data.name}` "
                f"has {len(there)}"
            )
        return there[evenly(len(there), max(3, self.most_samples // max(data.num_bins, 1)))]

    def _variants(
        self, name: str, posterior: xr.Dataset, data: Session, trials: np.ndarray, width_s: float
    ) -> Iterator[tuple[float, Signal]]:
        """A signal by the width of its smoothing, NaN without; nothing if the posterior lacks it."""
        if name in ("rates", "factors"):
            if holds(posterior, name):
                axis = {"rates": "neuron", "factors": "factor"}[name]
                yield np.nan, _filled(values_of(posterior, name, axis)[trials])
            return
        encoded = ~data.held_out_neurons
        part = data.take(trials)
        known = part.observed_of_any()
        known = known if known.shape[2] == 1 else known[:, :, encoded]
        for width in self.widths_s:
            smooth = smoothed_everywhere(part.values[:, :, encoded], width / width_s, known)
            yield width, _filled(smooth)

    def _decoded(
        self,
        variants: Sequence[tuple[float, Signal]],
        behavior: Float[np.ndarray, "trial time channel"],
        fold: Int[np.ndarray, " trial"],
        bin_width_s: float,
    ) -> "Decoded":
        """Each fold predicted from the others."""
        step = max(1, round(STEP_S / bin_width_s))
        within = np.isfinite(behavior).any(2)
        predicted = np.full(behavior.shape, np.nan)
        picked: list[tuple[float, int, Choice]] = []
        for left_out in range(int(fold.max()) + 1):
            best: tuple[Choice, float, np.ndarray, np.ndarray] | None = None
            for width, signal in variants:
                design = _with_past(
                    _reduced(signal, within & (fold != left_out)[:, None], self.num_components),
                    step,
                )
                own = design.shape[2] // (STEPS[-1] + 1)
                sizes = [1 + own * (1 + steps) for steps in STEPS]
                folds = [_sums(design, behavior, fold == n) for n in range(int(fold.max()) + 1)]
                choice = chosen(folds, left_out, sizes)
                if best is None or choice.score > best[0].score:
                    size = sizes[choice.candidate]
                    weights = fitted(folds, left_out, size, choice.penalty)
                    values = design[fold == left_out][:, :, : size - 1] @ weights[:, 1:].T
                    best = (choice, width, values + weights[:, 0], weights)
            if best is None:
                raise ValueError("nothing to decode from")
            predicted[fold == left_out] = best[2]
            picked.append((best[1], STEPS[best[0].candidate] * step, best[0]))
        return Decoded(predicted, picked)


class Decoded(NamedTuple):
    """Behaviour as it was decoded, and of each fold the width, the past in bins, and the choice."""

    predicted: Float[np.ndarray, "trial time channel"]
    picked: list[tuple[float, int, Choice]]


def _channels(posterior: xr.Dataset) -> tuple[list[str], Float[np.ndarray, "trial time channel"]]:
    """Every channel of behaviour, by the name of its series and its number."""
    names, columns = [], []
    for name, series in posterior.data_vars.items():
        if str(name).startswith("behavior_") and series.dtype.kind in "fiub":
            values = series.values.reshape(*series.shape[:2], -1).astype(np.float64)
            short = str(name).removeprefix("behavior_")
            names += [
                short if values.shape[2] == 1 else f"{short} {k}" for k in range(values.shape[2])
            ]
            columns.append(values)
    if not columns:
        raise UserError("decoding needs behaviour as numbers, and the posterior has none")
    return names, np.where(np.isfinite(whole := np.concatenate(columns, axis=2)), whole, np.nan)


def _filled(signal: np.ndarray) -> Float[np.ndarray, "trial time feature"]:
    """Single precision is enough; the mean stands where nothing is known."""
    known = np.isfinite(signal)
    if known.all():
        return signal.astype(np.float32)
    return np.where(known, signal, mean_of_known(signal, (0, 1), known)).astype(np.float32)


def _reduced(
    signal: Signal, fitted_on: Bool[np.ndarray, "trial time"], most: int
) -> Float[np.ndarray, "trial time component"]:
    """Standardised by bins that are fitted, and reduced to their principal components if there are many."""
    trial, time = np.nonzero(fitted_on)
    some = evenly(len(trial), _FOR_AXES)
    rows = signal[trial[some], time[some]].astype(np.float64)
    mean, deviation = rows.mean(0), rows.std(0)
    scale = np.where(deviation > 0, deviation, 1.0)
    axes = np.diag(1 / scale)
    if len(scale) > most:
        standardised = (rows - mean) / scale
        axes = leading_axes(standardised.T @ standardised, most)
        size = (standardised @ axes).std(0)
        axes = axes / scale[:, None] / np.where(size > 0, size, 1.0)
    flat = signal.reshape(-1, signal.shape[2]) @ axes.astype(np.float32)
    return flat.astype(np.float64).reshape(*signal.shape[:2], -1) - mean @ axes


def _with_past(signal: Signal, step: int) -> Float[np.ndarray, "trial time weight"]:
    """The signal, then itself so many bins before, and so on; the first bin stands for what was before."""
    place = np.arange(signal.shape[1])
    return np.concatenate(
        [signal[:, np.maximum(place - step * k, 0)] for k in range(STEPS[-1] + 1)], axis=2
    )


def _sums(design: Signal, behavior: np.ndarray, trials: np.ndarray) -> Sums:
    targets = behavior[trials].reshape(-1, behavior.shape[2])
    known = np.isfinite(targets).any(1)
    return sums_of(design[trials].reshape(-1, design.shape[2])[known], targets[known])


def _labelled(
    found: dict[str, Decoded],
    behavior: np.ndarray,
    channels: list[str],
    posterior: xr.Dataset,
    fold: np.ndarray,
) -> xr.Dataset:
    r2 = np.array([_r2(decoded.predicted, behavior, fold) for decoded in found.values()])
    picked = [decoded.picked for decoded in found.values()]
    width_s = bin_width_of(posterior)
    one, recorded = {"units": "1"}, {"units": "as recorded"}
    kept = [n for n in ("trial_index", "split", "condition") if n in posterior.coords]
    mean, spread = mean_of_known(r2, 1), std_of_known(r2, 1)
    stacked = np.stack([decoded.predicted for decoded in found.values()]).astype(np.float32)
    return xr.Dataset(
        {
            "r2": (("signal", "channel"), mean, {**one, "long_name": "R² of left-out trials"}),
            "r2_std": (("signal", "channel"), spread, one),
            "r2_of_folds": (("signal", "fold", "channel"), r2, one),
            "smoothing_s": (("signal", "fold"), [[p[0] for p in of] for of in picked], {"units": "s"}),
            "past_s": (
                ("signal", "fold"), [[p[1] * width_s for p in of] for of in picked], {"units": "s"},
            ),
            "penalty": (("signal", "fold"), [[p[2].penalty for p in of] for of in picked], one),
            "behavior": (("trial", "time", "channel"), behavior.astype(np.float32), recorded),
            "decoded": (
                ("signal", "trial", "time", "channel"),
                np.where(np.isfinite(behavior), stacked, np.nan),
                recorded,
            ),
        },
        {
            "signal": list(found),
            "channel": channels,
            "time": posterior["time"],
            "fold_of_trial": ("trial", fold),
            **{name: posterior[name] for name in kept},
        },
        {"bin_width_s": width_s},
    )  # fmt: skip


def _r2(predicted: np.ndarray, behavior: np.ndarray, fold: np.ndarray) -> np.ndarray:
    return np.stack(
        [r_squared(behavior[fold == n], predicted[fold == n]) for n in range(int(fold.max()) + 1)]
    )
