"""How well behaviour can be read from rates, from factors, and from smoothed spikes, side by side.

Each signal is mapped linearly to every channel of behaviour in the same bin, by ridge regression on its
values now and a few bins before. R² is that of trials that were used for nothing in the decoder: width of
the smoothing, past and penalty are chosen, and the map and its principal components are fitted, on the
other folds of trials.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from lfads.analysis.behavior import (
    Channels,
    Names,
    Standardised,
    channels_of,
    in_space,
    of_trials,
    standardised,
)
from lfads.analysis.decoding_figure import draw_decoding
from lfads.analysis.design import (
    STEPS,
    Decoded,
    Picked,
    Signal,
    filled,
    forms_of,
    reduced,
    step_in_bins,
    sums_of_trials,
    with_past,
)
from lfads.analysis.nested import (
    chosen,
    fitted,
    folds_of,
    in_several_folds,
    known_together,
)
from lfads.arrays import CHOP_COLUMNS
from lfads.checks import UserError, first_of, is_whole, many
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.evaluation.matching import bin_width_of, holds, matched, values_of
from lfads.numerics.evenly import evenly
from lfads.numerics.means import mean_of_known, std_of_known
from lfads.numerics.regression import r_squared
from lfads.numerics.smoothing import smoothed_everywhere
from lfads.numerics.threads import one_thread
from lfads.plots.conditions import Angles

WIDTHS_S = (0.03, 0.06, 0.12)


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
        Numbers of principal components to choose from, for signals of more dimensions.
    most_samples
        Of more bins with behaviour than these, evenly chosen trials are used.
    behavior
        Series to decode, one or several by name; by default all that consist of numbers.
    in_space
        The series of two or three channels that is drawn as paths in space, true and decoded; by default
        the first whose name says that it is a position (`pos`, `position`, `xy`). `()` draws none.
    angles
        Directions of conditions in degrees, by label or in their order, where labels are codes of them:
        they choose the colours.

    References
    ----------
    Pandarinath et al. (2018), Nature Methods 15:805-815, Fig. 3: decoding of reaching kinematics.
    """

    num_folds: int = 5
    widths_s: Sequence[float] = WIDTHS_S
    num_components: Sequence[int] = (10, 30, 100)
    most_samples: int = 10_000
    behavior: Names = None
    in_space: Names = None
    angles: Angles | None = None

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
            If there is no such behaviour, or in fewer than three trials.
        """
        data, width_s = matched(session, posterior), bin_width_of(posterior)
        whole = channels_of(data, self.behavior)
        in_space(whole.series, self.in_space)  # before the work, if it is not there
        trials = self._trials(np.isfinite(whole.values).sum(2) > 0, data.name)
        chopped = CHOP_COLUMNS[0] in posterior.coords
        group = None
        if data.condition is not None:
            group = np.unique(data.condition[trials].astype(str), return_inverse=True)[1]
        fold = folds_of(len(trials), self.num_folds, blocks=chopped, group=group)
        if chopped:
            shared = in_several_folds(posterior.isel(trial=trials), fold)
            whole.values[trials] = np.where(shared[:, :, None], np.nan, whole.values[trials])
        channels = of_trials(whole, trials)
        targets = standardised(channels)
        found = {}
        smoothed = "smoothed spikes" if data.kind == "counts" else "smoothed signals"
        for name in ("rates", "factors", smoothed):
            with one_thread():
                variants = list(self._variants(name, posterior, data, trials, width_s))
                if variants:
                    found[name] = self._decoded(variants, targets.values, fold, width_s)
        result = _labelled(found, targets, channels, posterior.isel(trial=trials), fold)
        left = posterior.sizes["trial"] - len(trials)
        return result.assign_attrs(trials_left_out=left)

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """R² of each channel, a column for each signal."""
        rows = [("R² of left-out trials", *map(str, result["signal"].values))]
        for place, channel in enumerate(result["channel"].values):
            remark = str(result["remark"].values[place])
            r2 = result["r2"].values[:, place]
            rows.append((str(channel), *(remark or in_words(float(value)) for value in r2)))
        return rows

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        sizes, width_s = result.sizes, bin_width_of(result)
        text = (
            "Behaviour decoded linearly in each bin. Above: R² of trials that were left out, mean ± s.d. "
            f"over {sizes['fold']} folds of {many(sizes['trial'], 'trial')}. Below: single ones of these. "
            "Ridge regression on a signal's present and on up to "
            f"{1000 * STEPS[-1] * step_in_bins(width_s) * width_s:g} ms of its past; at a trial's start "
            "the first bin stands for what was before. The smoothing of spikes, the past, the number of "
            f"principal components ({first_of(self.num_components)}, or all there are) and "
            "the penalty are chosen within the other folds. Smoothed spikes are those of encoded neurons."
        )
        for name, remark in zip(result["channel"].values, result["remark"].values, strict=True):
            if str(remark):
                text += f" R² is not defined for {name}, which is {remark}."
        if in_space(result["series"].values.tolist(), self.in_space):
            who = (
                "condition"
                if "condition" in result.coords
                else "the direction of the recorded path"
            )
            text += (
                f" Lowest: paths of single left-out trials, coloured by {who}; a dot is the end."
            )
        if (left := int(result.attrs["trials_left_out"])) > 0:
            why = "since there are very many, or no behaviour was recorded in them"
            text += f" {many(left, 'trial')} of the data are not used, {why}."
        return text

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """R² above, single trials below, and paths in space where behaviour is a position."""
        places = in_space(result["series"].values.tolist(), self.in_space)
        draw_decoding(figure, result, places, self.angles)

    def _trials(
        self, known: Bool[np.ndarray, "trial time"], name: str
    ) -> Int[np.ndarray, " chosen"]:
        there = np.flatnonzero(known.any(1))
        if len(there) < 3:
            raise UserError(
                f"decoding needs at least three trials with behaviour; session `{name}` has {len(there)}"
            )
        most = int(self.most_samples / known[there].sum(1).mean())
        return there[evenly(len(there), max(3, most))]

    def _variants(
        self, name: str, posterior: xr.Dataset, data: Session, trials: np.ndarray, width_s: float
    ) -> Iterator[tuple[float, Signal]]:
        """A signal by the width of its smoothing, NaN without; nothing if the posterior lacks it."""
        if name in ("rates", "factors"):
            if holds(posterior, name):
                axis = {"rates": "neuron", "factors": "factor"}[name]
                yield np.nan, filled(values_of(posterior, name, axis)[trials])
            return
        encoded = ~data.held_out_neurons
        part = data.take(trials)
        known = part.observed_of_any()
        known = known if known.shape[2] == 1 else known[:, :, encoded]
        for width in self.widths_s:
            smooth = smoothed_everywhere(part.values[:, :, encoded], width / width_s, known)
            yield width, filled(smooth)

    def _decoded(
        self,
        variants: Sequence[tuple[float, Signal]],
        behavior: Float[np.ndarray, "trial time channel"],
        fold: Int[np.ndarray, " trial"],
        bin_width_s: float,
    ) -> Decoded:
        """Each fold predicted from the others."""
        step = step_in_bins(bin_width_s)
        within = np.isfinite(behavior).any(2)
        predicted, group = np.full(behavior.shape, np.nan), known_together(behavior)
        picked: list[Picked] = []
        for left_out in range(int(fold.max()) + 1):
            others = [n for n in range(int(fold.max()) + 1) if n != left_out]
            best: tuple[Picked, np.ndarray] | None = None
            for width, signal in variants:
                axes_from = within & (fold != left_out)[:, None]
                components = reduced(signal, axes_from, max(self.num_components))
                design = with_past(components, step)
                forms = forms_of(components.shape[2], self.num_components)
                candidates = [form.places(components.shape[2]) for form in forms]
                inner = [sums_of_trials(design, behavior, fold == n, group) for n in others]
                choice = chosen(inner, candidates)
                if best is None or choice.score > best[0].choice.score:
                    some = candidates[choice.candidate]
                    weights = fitted(inner, some, choice.penalty)
                    values = design[fold == left_out][:, :, some[1:] - 1] @ weights[:, 1:].T
                    form = forms[choice.candidate]
                    best = Picked(width, form, choice), values + weights[:, 0]
            if best is None:
                raise ValueError("nothing to decode from")
            picked.append(best[0])
            predicted[fold == left_out] = best[1]
        return Decoded(predicted, picked)


def _labelled(
    found: dict[str, Decoded],
    targets: Standardised,
    channels: Channels,
    posterior: xr.Dataset,
    fold: np.ndarray,
) -> xr.Dataset:
    r2 = np.array([_r2(decoded.predicted, targets.values, fold) for decoded in found.values()])
    picked = [decoded.picked for decoded in found.values()]
    width_s, folds = bin_width_of(posterior), ("signal", "fold")
    step_s = step_in_bins(width_s) * width_s
    one, recorded = {"units": "1"}, {"units": "as recorded"}
    kept = [n for n in ("trial_index", "split", "condition") if n in posterior.coords]
    mean, spread = mean_of_known(r2, 1), std_of_known(r2, 1)
    decoded = np.stack([targets.undone(one.predicted) for one in found.values()])
    decoded = np.where(np.isfinite(channels.values), decoded, np.nan)
    return xr.Dataset(
        {
            "r2": (("signal", "channel"), mean, {**one, "long_name": "R² of left-out trials"}),
            "r2_std": (("signal", "channel"), spread, one),
            "r2_of_folds": (("signal", "fold", "channel"), r2, one),
            "smoothing_s": (folds, [[p.smoothing_s for p in of] for of in picked], {"units": "s"}),
            "num_components": (folds, [[p.form.num_components for p in of] for of in picked], one),
            "past_s": (folds, [[p.form.num_steps * step_s for p in of] for of in picked], {"units": "s"}),
            "penalty": (folds, [[p.choice.penalty for p in of] for of in picked], one),
            "behavior": (("trial", "time", "channel"), channels.values.astype(np.float32), recorded),
            "decoded": (
                ("signal", "trial", "time", "channel"),
                decoded.astype(np.float32),
                recorded,
            ),
        },
        {
            "signal": list(found),
            "channel": channels.name,
            "series": ("channel", channels.series),
            "remark": ("channel", channels.remark),
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
