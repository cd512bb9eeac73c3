"""The benchmark's metrics (Pei et al. 2021), from rates in counts per bin and targets of its evaluation.

Co-smoothing and forward prediction are `bits_per_spike` of `lfads.numerics.poisson`.
"""

import numpy as np
from jaxtyping import Bool, Float, Int, Real

from lfads.checks import UserError
from lfads.numerics.threads import one_thread

PENALTIES = np.logspace(-4, 0, 9)
"""Of ridge regression, to choose from."""

FOLDS = 5


def velocity_r2(
    train_rates: Float[np.ndarray, "train time neuron"],
    train_velocity: Float[np.ndarray, "train time channel"],
    rates: Float[np.ndarray, "trial time neuron"],
    velocity: Float[np.ndarray, "trial time channel"],
    train_groups: Bool[np.ndarray, "train group"] | None = None,
    groups: Bool[np.ndarray, "trial group"] | None = None,
) -> float:
    """R² of the hand's velocity in evaluation trials, by a linear decoder from rates of training trials.

    Ridge regression with an intercept, |y - X W - b|² + α |W|²; α is the one with the highest mean R² over
    five unshuffled folds of the training samples. R² is the mean over channels. Samples whose velocity
    is NaN are left out.

    Parameters
    ----------
    train_rates, rates
        Of all neurons, in counts per bin.
    train_velocity, velocity
        Shifted by the lag of the data set already, as targets are.
    train_groups, groups
        Trials with a decoder of their own, such as active and passive ones; R² is the mean over groups.

    Raises
    ------
    UserError
        If a rate is NaN where the velocity is known.
    """
    train_groups = np.ones((len(train_rates), 1), bool) if train_groups is None else train_groups
    groups = np.ones((len(rates), 1), bool) if groups is None else groups
    found = []
    with one_thread():
        for training, own in zip(train_groups.T, groups.T, strict=True):
            inputs, outputs = _known(train_rates[training], train_velocity[training])
            new_inputs, new_outputs = _known(rates[own], velocity[own])
            predicted = _Centred(inputs, outputs).predict(_chosen(inputs, outputs), new_inputs)
            found.append(_r2(predicted, new_outputs))
    return float(np.mean(found))


def psth_r2(
    psths: Float[np.ndarray, "condition time neuron"],
    rates: Float[np.ndarray, "trial time neuron"],
    trials_of: list[Int[np.ndarray, " _"]],
    jitter: Int[np.ndarray, " trial"] | None = None,
) -> float:
    """R² of condition averages: of predicted rates against smoothed spikes, mean over neurons.

    Parameters
    ----------
    psths
        Averages of smoothed spikes, in counts per bin; NaN in bins that are not scored.
    rates
        Of evaluation trials.
    trials_of
        Evaluation trials of each condition; one without any is left out.
    jitter
        Bins by which each trial is shifted later before it is averaged.

    Raises
    ------
    UserError
        If a rate is NaN in a bin that is scored.
    """
    shifts = np.zeros(len(rates), int) if jitter is None else jitter
    true, predicted = [], []
    for psth, trials in zip(psths, trials_of, strict=True):
        if not len(trials):
            continue
        mean = np.mean([_shifted(rates[trial], int(shifts[trial])) for trial in trials], axis=0)
        scored = ~np.isnan(psth[:, 0])
        true.append(psth[scored])
        predicted.append(mean[scored])
    if np.isnan(of_rates := np.concatenate(predicted)).any():
        raise UserError(
            "rates are NaN in bins whose condition averages are scored: predict all bins"
        )
    return _r2(of_rates, np.concatenate(true))


def speed_interval_r(
    spikes: Float[np.ndarray, "trial time neuron"],
    rates: Float[np.ndarray, "trial time all_neurons"],
    behavior: Float[np.ndarray, "trial column"],
) -> float:
    """Correlation of neural speed with the interval that was produced, mean over conditions.

    Speed is the mean distance of rates from bin to bin between Set and Go, where held-out spikes are known.

    Parameters
    ----------
    spikes
        Held-out spikes of evaluation trials; NaN outside Set to Go.
    rates
        Of all neurons.
    behavior
        The first three columns make the condition, the last is the produced interval.
    """
    known = ~np.isnan(spikes[..., 0])
    speed = np.array([
        np.linalg.norm(np.diff(trial[mask], axis=0), axis=1).mean()
        for trial, mask in zip(rates, known, strict=True)
    ])  # fmt: skip
    conditions = np.unique(behavior[:, :3], axis=0)
    conditions = conditions[~np.isnan(conditions).all(1)]
    found = []
    for condition in conditions:
        own = (behavior[:, :3] == condition).all(1)
        found.append(np.corrcoef(speed[own], behavior[own, -1])[0, 1])
    return float(np.mean(found))


def _known(
    rates: Real[np.ndarray, "trial time neuron"], behavior: Real[np.ndarray, "trial time channel"]
) -> tuple[np.ndarray, np.ndarray]:
    """Samples whose behaviour is known, as rows."""
    inputs, outputs = rates.reshape(-1, rates.shape[2]), behavior.reshape(-1, behavior.shape[2])
    known = ~np.isnan(outputs[:, 0])
    if np.isnan(inputs[known]).any():
        raise UserError("rates are NaN where behaviour is known: predict all bins")
    return inputs[known], outputs[known]


def _chosen(inputs: np.ndarray, outputs: np.ndarray) -> float:
    """The penalty with the highest mean R² over folds; among equals the smallest."""
    parts = np.array_split(np.arange(len(inputs)), FOLDS)
    scores = np.zeros((FOLDS, len(PENALTIES)))
    for number, left_out in enumerate(parts):
        seen = np.ones(len(inputs), bool)
        seen[left_out] = False
        centred = _Centred(inputs[seen], outputs[seen])
        for place, penalty in enumerate(PENALTIES):
            scores[number, place] = _r2(
                centred.predict(penalty, inputs[left_out]), outputs[left_out]
            )
    return float(PENALTIES[int(scores.mean(0).argmax())])


class _Centred:
    """Sums of squares of centred samples, from which every penalty's weights follow."""

    def __init__(self, inputs: np.ndarray, outputs: np.ndarray) -> None:
        self.of_inputs, self.of_outputs = inputs.mean(0), outputs.mean(0)
        centred = inputs - self.of_inputs
        self.squares, self.crossed = centred.T @ centred, centred.T @ (outputs - self.of_outputs)

    def predict(self, penalty: float, inputs: np.ndarray) -> np.ndarray:
        held = self.squares + penalty * np.eye(len(self.squares))
        weights = np.linalg.solve(held, self.crossed)
        return (inputs - self.of_inputs) @ weights + self.of_outputs


def _r2(predicted: np.ndarray, true: np.ndarray) -> float:
    """Mean over columns; a constant column counts 1 if it is met, else 0."""
    rest = ((true - predicted) ** 2).sum(0)
    whole = ((true - true.mean(0)) ** 2).sum(0)
    constant = whole == 0
    shares = np.where(
        constant, np.where(rest == 0, 1.0, 0.0), 1 - rest / np.where(constant, 1.0, whole)
    )
    return float(shares.mean())


def _shifted(trial: np.ndarray, later: int) -> np.ndarray:
    """A trial shifted by bins, NaN where nothing comes in."""
    moved = np.full(trial.shape, np.nan)
    if later >= 0:
        moved[later:] = trial[: len(trial) - later]
    else:
        moved[:later] = trial[-later:]
    return moved
