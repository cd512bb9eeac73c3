"""What behaviour is decoded from: a signal, standardised, of few dimensions, with its past beside it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from lfads.analysis.nested import Choice, Sums, sums_of
from lfads.checks import UserError, is_whole
from lfads.numerics.components import leading_axes
from lfads.numerics.evenly import evenly
from lfads.numerics.means import mean_of_known

STEP_S, STEPS = 0.04, (0, 1, 3)
"""How far apart values of the past are, and the numbers of them to choose from."""

_FOR_AXES = 2_000  # samples that components are computed from

Signal = Float[np.ndarray, "trial time feature"]


def step_in_bins(bin_width_s: float) -> int:
    """Bins between two values of the past: one, where bins are wide."""
    return max(1, round(STEP_S / bin_width_s))


def steps_of(pasts_s: Sequence[float | int], bin_width_s: float) -> tuple[int, ...]:
    """Numbers of steps that some pasts are, ascending.

    >>> steps_of((0.12, 0, 0.04), 0.01), steps_of((0, 0.04, 0.12), 0.1)
    ((0, 1, 3), (0, 1, 3))
    """
    return tuple(sorted({_steps(past_s, bin_width_s) for past_s in pasts_s}))


def _steps(past_s: float | int, bin_width_s: float) -> int:
    # Counted in the usual steps, so that bins that are wider still give a past.
    return round(past_s / min(STEP_S, step_in_bins(bin_width_s) * bin_width_s))


def check_folds(of: str, num_folds: int) -> None:
    """A UserError unless there are enough folds for choices within those that are not left out."""
    if not is_whole(num_folds) or num_folds < 3:
        raise UserError(
            f"{of}: `num_folds` must be a whole number, 3 or more: one is left out, and the choices "
            f"are made on another by a fit to the rest; got {num_folds!r}"
        )


def filled(signal: np.ndarray) -> Float[np.ndarray, "trial time feature"]:
    """Single precision is enough; a feature's mean stands where it is not known, 0 where it never is."""
    known = np.isfinite(signal)
    if known.all():
        return signal.astype(np.float32)
    mean = np.nan_to_num(mean_of_known(signal, (0, 1), known))
    return np.where(known, signal, mean).astype(np.float32)


def reduced(
    signal: Signal, fitted_on: Bool[np.ndarray, "trial time"], most: int
) -> Float[np.ndarray, "trial time component"]:
    """Standardised by bins that are fitted, as the leading principal components of these bins.

    Components keep their variance, so that ridge regression on all of them is that on the signal.
    """
    trial, time = np.nonzero(fitted_on)
    some = evenly(len(trial), _FOR_AXES)
    rows = signal[trial[some], time[some]].astype(np.float64)
    mean, deviation = rows.mean(0), rows.std(0)
    scale = np.where(deviation > 0, deviation, 1.0)
    standardised = (rows - mean) / scale
    axes = leading_axes(standardised.T @ standardised, min(most, len(scale))) / scale[:, None]
    flat = signal.reshape(-1, signal.shape[2]) @ axes.astype(np.float32)
    return flat.astype(np.float64).reshape(*signal.shape[:2], -1) - mean @ axes


def with_past(
    signal: Signal, step: int, num_steps: int = STEPS[-1]
) -> Float[np.ndarray, "trial time weight"]:
    """The signal, then itself so many bins before, and so on; the first bin stands for what was before."""
    place = np.arange(signal.shape[1])
    return np.concatenate(
        [signal[:, np.maximum(place - step * k, 0)] for k in range(num_steps + 1)], axis=2
    )


class Form(NamedTuple):
    """How much of a design is used: its leading components, and steps into the past."""

    num_components: int
    num_steps: int

    def places(self, width: int) -> Int[np.ndarray, " some"]:
        """Among an intercept and `width` components at each step, in this order."""
        steps = 1 + width * np.arange(self.num_steps + 1)[:, None]
        return np.concatenate([[0], (steps + np.arange(self.num_components)).ravel()])


def forms_of(width: int, numbers: Sequence[int], steps: Sequence[int] = STEPS) -> list[Form]:
    """All that there are of designs of some width, to choose from.

    >>> [form.num_components for form in forms_of(30, (20, 100))]
    [20, 20, 20, 30, 30, 30]
    """
    different = sorted({min(number, width) for number in numbers})
    return [Form(number, own) for number in different for own in steps]


def sums_of_trials(
    design: Signal,
    behavior: Float[np.ndarray, "trial time channel"],
    trials: Bool[np.ndarray, " trial"],
    group: Int[np.ndarray, " channel"],
) -> Sums:
    """Of the bins of some trials in which any behaviour is known."""
    targets = behavior[trials].reshape(-1, behavior.shape[2])
    known = np.isfinite(targets).any(1)
    return sums_of(design[trials].reshape(-1, design.shape[2])[known], targets[known], group)


class Picked(NamedTuple):
    """What was chosen for a fold: width of the smoothing in seconds, components and past, penalty."""

    smoothing_s: float
    form: Form
    choice: Choice


class Decoded(NamedTuple):
    """Behaviour as it was decoded, and what was chosen for each fold."""

    predicted: Float[np.ndarray, "trial time channel"]
    picked: list[Picked]
