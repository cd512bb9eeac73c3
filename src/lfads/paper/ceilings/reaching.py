"""What spikes tell of a reach: six numbers of a trial, by one who knows the simulated system.

Given the neurons and the equations, a trial is its two plans, its trigger and its amplitude, and when the
target was seen, which is known. They are fitted to the trial's spikes, with what the simulator draws them
from as the prior; rates and latents follow. Results are averages over the triggers that the spikes leave
open, each with the most likely other numbers.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float
from scipy.special import softmax

from lfads.checks import Problems
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.data.session import Session
from lfads.paper.ceilings.reaching_fit import (
    NUM_LINEAR,
    Fitted,
    Observed,
    Prior,
    fitted,
    log_density_of_triggers,
    rates_of,
    responses,
)
from lfads.paper.trials import fewer_trials
from lfads.results import Posterior
from lfads.simulate.reaching import Neurons, ReachingSystem, Window
from lfads.simulate.reaching_dynamics import STEP_S

MOST_TRAINING = 120
"""Training trials, evenly chosen, that results have beside all others: for maps that are fitted on them."""

LONGEST_STEP_S = 0.01
"""Of the latents that rates are computed from. Steps of half of it change no score by 0.001."""

COARSE_S = np.arange(0.1055, 0.46, 0.015)
"""Triggers that are tried first: all but a few in a thousand are among them. Between two milliseconds."""

FINE_S = np.arange(-0.024, 0.0245, 0.003)
"""Then those about the best."""

COARSE_ROUNDS, FINE_ROUNDS = 7, 4

LEAST_NOISE = 1e-3
"""Of plans, that the prior of those without noise is given."""

_AT_ONCE = 8  # trials whose courses are computed together, each millisecond of them


class Told(NamedTuple):
    """What was told of trials: the six numbers, the chance of each bin to hold the trigger, and courses."""

    plan: Float[np.ndarray, "*trial 4"]
    amplitude: Float[np.ndarray, "*trial"]
    trigger: Float[np.ndarray, "*trial"]
    chance: Float[np.ndarray, "*trial time"]
    latents: Float[np.ndarray, "*trial time 9"]
    rates_hz: Float[np.ndarray, "*trial time neuron"]


def reaches(
    dataset: Dataset, system: ReachingSystem, seed: int = 0, *, condition_known: bool = False
) -> Posterior:
    """Rates, latents and triggers of `simulate_reaching` without jumps.

    Parameters
    ----------
    dataset
        Spikes, and when the target came on; spikes of encoded neurons are used.
    system
        `reaching_system` of the same numbers.
    seed
        Not used: nothing is drawn.
    condition_known
        Whether to know which reach is planned. Methods that are compared are not told, so by default
        the plans of all conditions are as likely.

    Returns
    -------
    Posterior
        Of all validation trials and 120 training trials of each session: `rates`, `factors` (the nine
        latents), `inferred_inputs` (the chance of each bin to hold the trigger), and `inferred_trigger` in
        seconds from the go cue.

    Raises
    ------
    UserError
        If the cursor jumps, nothing says when the target came on, or time 0 is not the go cue.

    Notes
    -----
    The velocity of the hand that follows is `hand_velocity` (`simulate.reaching_dynamics`) of the factors.
    """
    fewer = fewer_trials(dataset, MOST_TRAINING)
    return Posterior(
        {
            some.name: _results(dataset, some, neurons, system, condition_known)
            for some, neurons in zip(fewer.sessions, system.neurons, strict=True)
        }
    )


def steps_of_bin(bin_width_s: float) -> int:
    """The fewest equal steps of whole milliseconds, none of them too long.

    >>> [steps_of_bin(width_s) for width_s in (0.005, 0.01, 0.02, 0.025)]
    [1, 1, 2, 5]
    """
    whole = round(bin_width_s / STEP_S)
    longest = round(LONGEST_STEP_S / STEP_S)
    return next(n for n in range(1, whole + 1) if whole % n == 0 and whole <= longest * n)


def told_reaches(
    observed: Sequence[Observed],
    target_on: Float[np.ndarray, " trial"],
    priors: Sequence[Prior],
    neurons: Neurons,
    window: Window,
) -> Told:
    """Fit trials.

    Parameters
    ----------
    observed
        Spikes of each trial.
    target_on
        When the target came on, in seconds from the go cue.
    priors
        Of each trial's plan.
    neurons, window
        Of the simulator; the steps of the window are those that rates are computed from.
    """
    parts: list[Told] = []
    for first in range(0, len(observed), _AT_ONCE):
        here = slice(first, first + _AT_ONCE)
        parts += _told_together(observed[here], target_on[here], priors[here], neurons, window)
    return Told(*(np.stack(each) for each in zip(*parts, strict=True)))


def _told_together(
    observed: Sequence[Observed],
    target_on: Float[np.ndarray, " trial"],
    priors: Sequence[Prior],
    neurons: Neurons,
    window: Window,
) -> list[Told]:
    """Of each trial: triggers far apart with a broad prior, so that nothing is missed, then those near."""
    coarse = responses(target_on, np.tile(COARSE_S, (len(observed), 1)), window)
    best, starts = [], []
    for one, response, prior in zip(observed, coarse, priors, strict=True):
        broad = prior.broad()
        begun = broad.mean(np.zeros((len(COARSE_S), NUM_LINEAR)))
        fit = fitted(one, response, neurons, broad, begun, rounds=COARSE_ROUNDS)
        place = (fit.log_evidence + log_density_of_triggers(COARSE_S)).argmax()
        best.append(COARSE_S[place])
        starts.append(np.tile(fit.numbers[place], (len(FINE_S), 1)))
    triggers = np.array(best)[:, None] + FINE_S
    fine = responses(target_on, triggers, window)
    told = []
    for one, response, prior, start, tried in zip(
        observed, fine, priors, starts, triggers, strict=True
    ):
        fit = fitted(one, response, neurons, prior, start, rounds=FINE_ROUNDS)
        told.append(_averaged(fit, response, tried, neurons, window, len(one.counts)))
    return told


def _averaged(
    fit: Fitted,
    response: Float[np.ndarray, "candidate step 9 5"],
    triggers: Float[np.ndarray, " candidate"],
    neurons: Neurons,
    window: Window,
    num_bins: int,
) -> Told:
    """Over the triggers."""
    chance = softmax(fit.log_evidence + log_density_of_triggers(triggers))
    numbers = chance @ fit.numbers
    latents = (response @ fit.numbers[:, None, :, None])[..., 0]
    rates = rates_of((latents @ neurons.weights.T)[..., None], neurons, num_bins)
    of_bins = latents.reshape(len(latents), num_bins, -1, latents.shape[2]).mean(2)
    bin_width_s = window.width_s * (window.num_bins // num_bins)
    place = np.floor((triggers - window.start_s) / bin_width_s).astype(int)
    return Told(
        plan=numbers[:4],
        amplitude=numbers[4],
        trigger=chance @ triggers,
        chance=np.bincount(place, weights=chance, minlength=num_bins)[:num_bins],
        latents=np.tensordot(chance, of_bins, axes=1),
        rates_hz=np.tensordot(chance, rates, axes=1),
    )


def _results(
    dataset: Dataset,
    some: Session,
    neurons: Neurons,
    system: ReachingSystem,
    condition_known: bool,
) -> xr.Dataset:
    _check(some, condition_known)
    width_s = dataset.bin_width_s
    stop_s = dataset.start_s + some.num_bins * width_s
    window = Window(dataset.start_s, stop_s, width_s / steps_of_bin(width_s))
    seconds = width_s * (some.observed_bins() & ~some.held_out_neurons)
    counts = np.where(seconds > 0, some.spikes, 0).astype(np.float64)
    observed = [Observed(*pair) for pair in zip(counts, seconds, strict=True)]
    priors = _priors(some, system, condition_known)
    told = told_reaches(observed, some.trial_table["target_on"], priors, neurons, window)
    over = ("trial", "time")
    variables = {
        "rates": Variable(told.rates_hz, (*over, "neuron"), "spikes/s"),
        "factors": Variable(told.latents, (*over, "factor")),
        "inferred_inputs": Variable(told.chance[:, :, None], (*over, "input")),
        "inferred_trigger": Variable(told.trigger, ("trial",), "s"),
    }
    about = {"observation": "poisson", "source": dataset.source}
    return labelled_results(variables, some, dataset, attributes=about)


def _priors(session: Session, system: ReachingSystem, condition_known: bool) -> list[Prior]:
    plans = np.stack([np.real(system.plans), np.imag(system.plans)], axis=2).reshape(-1, 4)
    deviations = np.full(4, max(system.plan_noise, LEAST_NOISE) * np.sqrt(0.5))
    if not condition_known or session.condition is None:
        return [Prior(plans, deviations)] * session.num_trials
    return [Prior(plans[[one]], deviations) for one in session.condition]


def _check(session: Session, condition_known: bool) -> None:
    problems = Problems(f"session `{session.name}`")
    problems.require(
        "target_on" in session.trial_table,
        "its trial table must say when the target came on, as `target_on`: take the data as "
        "`simulate_reaching` made them",
    )
    problems.require(
        not np.any(session.trial_table.get("go", 0.0)),
        "time 0 must be the go cue: simulate without `around`",
    )
    problems.require(
        "jump_side" not in session.trial_table,
        "reaches after jumps of the cursor have more unknown numbers than this knows: simulate without "
        "`jumps`",
    )
    problems.require(
        session.condition is not None or not condition_known,
        "trials have no `condition`, which shall be known: take the data as `simulate_reaching` made them",
    )
    problems.raise_if_any()
