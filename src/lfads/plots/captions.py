"""What each figure shows and how it was made, in words."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from lfads.data.session import Session
from lfads.evaluation.inputs import InputNull, noise_reasons, prior_samples
from lfads.numerics.smoothing import SMOOTHING_S
from lfads.plots.averages import FEWEST_TRIALS, averaged_trials
from lfads.plots.common_space import MOST_SESSIONS, conditions_of_all
from lfads.plots.conditions import Conditions
from lfads.plots.dimensions import participation_ratio
from lfads.plots.examples import method_of, unit_of
from lfads.plots.factors import MOST_FACTORS
from lfads.plots.inputs import MOST_INPUTS, averages_conditions
from lfads.plots.trial_order import MOST_ROWS, order_of_trials

INFERENCE_NETWORK = (
    "How the network infers, with its sizes. Blue: what looks at the data. Orange: what pushes the "
    "dynamics. Green: the dynamics. Numbers at arrows: how many values pass in a bin, or in a trial; "
    "a → b is a linear map. KL: divergences that are part of the objective."
)
GENERATIVE_MODEL = (
    "How the network makes data, bin by bin. An initial condition sets the generator's first state; "
    "inputs, where there are any, push it; each of its states g is read out as factors f, these as rates "
    "r, and what is recorded, x, is drawn given the rates."
)


def learning_curves(best_epoch: int | None) -> str:
    """Caption of `plot_learning_curves`."""
    caption = (
        "Learning curves. Negative log-likelihood of what was recorded, and Kullback-Leibler (KL) "
        "divergences of the posteriors of initial conditions and inferred inputs from their priors. "
        "In training, dropout is on and the likelihood is that of the samples hidden by coordinated "
        "dropout; in validation, both are off. Grey: the weights of divergences and penalties are "
        "still rising. "
    )
    if best_epoch is not None:
        caption += f"Dashed line: the best epoch, {best_epoch}, whose weights were kept. "
    return caption + "The first epochs may lie beyond the axes."


def trials(session: Session) -> str:
    """Caption of `plot_trials`."""
    known = session.true_rates_hz is not None
    if session.kind == "real":
        caption = (
            "Single trials: signals, and what is inferred from them. Channels are sorted by the time at "
            "which their inferred mean peaks, alike in all panels. Trials that were not trained on are "
            "shown where there are any. Each channel has a scale of its own, from its lowest to its "
            "highest value in the trials shown, recorded or inferred."
        )
        return caption + _ends(session)
    caption = (
        "Single trials: spikes and the rates inferred from them"
        + (", beside the true rates that the spikes were drawn from" if known else "")
        + ". A tick is a bin with a spike, darker and wider for two, and for three or more. Neurons are "
        "sorted by the time at which their mean inferred rate peaks, alike in all panels. Trials that were "
        "not trained on are shown where there are any. All rates are on one scale, on which colour follows "
        "the square root of the rate; the fastest few in a thousand are at the brightest."
    )
    return caption + _ends(session)


def _ends(session: Session) -> str:
    marks = ""
    if session.held_out_neurons.any():
        marks += " Orange squares: held-out neurons, which the encoders never saw."
    if (session.trial_length < session.num_bins).any():
        marks += " Grey: after the trial's end."
    if session.observed is not None and (~session.observed & session.valid_bins()[..., None]).any():
        marks += " Pale orange: samples that were not recorded."
    return marks


def rate_traces(session: Session, posterior: xr.Dataset) -> str:
    """Caption of `plot_rate_traces`."""
    known = session.true_rates_hz is not None
    spread = ", mean ± s.d." if "rates_std" in posterior else ""
    if session.kind == "real":
        return (
            "Single trials of channels of whose variance much is inferred, unlike each other's. Grey: "
            f"signals. Blue: {method_of(posterior)}{spread}; it says nothing of the noise about the mean."
        )
    return (
        "Single-trial rates of neurons whose inferred rates vary much for their mean and unlike each "
        f"other's. Blue: {method_of(posterior)}{spread}. "
        + ("Black: the true rates that the spikes were drawn from. " if known else "")
        + "Ticks: bins with a spike."
    )


def psths(conditions: Conditions, posterior: xr.Dataset) -> str:
    """Caption of `plot_psths`."""
    counts = unit_of(posterior) == "spikes/s"
    recorded, rates = ("spikes", "rates") if counts else ("signals", "means")
    over = "trials of each condition" if conditions.known else "trials"
    if averaged_trials(posterior, conditions).untrained:
        over = f"the {over} that were not trained on (validation and test)"
    else:
        over = f"all {over}, training trials among them (the others are too few)"
    caption = (
        f"Averages over {over}, of neurons whose inferred averages vary much for their mean and unlike "
        f"each other's. Top: {recorded}. Bottom: {method_of(posterior)} {rates}. Both are smoothed with "
        f"one Gaussian of {1000 * SMOOTHING_S:g} ms s.d. r²: squared correlation of the two over time"
        + (" and all conditions" if conditions.known else "")
        + ". Noise of few trials lowers it, also of true rates; scale and offset do not count, and encoded "
        "neurons were seen."
    )
    if "trial_length" in posterior.coords and len(np.unique(posterior["trial_length"])) > 1:
        caption += f" Bins that fewer than {FEWEST_TRIALS} trials reach are not drawn."
    return caption + _selection(conditions)


def factors(posterior: xr.Dataset, conditions: Conditions) -> str:
    """Caption of `plot_factors`."""
    num = posterior.sizes["factor"]
    if num == 1:
        caption = "The only factor over time."
    elif num == 2:
        caption = "The two factors along their principal components, in the plane and over time."
    else:
        caption = f"The {num} factors along their top three principal components."
    if conditions.known:
        caption += " Thick lines: averages over the trials of a condition; thin: single trials."
    else:
        caption += " Blue: single trials; black: the average over all trials."
    return (
        f"{caption} Dots mark the first bin. In brackets: share of the factors' variance over all "
        f"trials and bins.{_selection(conditions)}"
    )


def factor_time_courses(posterior: xr.Dataset) -> str:
    """Caption of `plot_factor_time_courses`."""
    num = posterior.sizes["factor"]
    which = (
        f"The {MOST_FACTORS} of {num} factors that vary most" if num > MOST_FACTORS else "Factors"
    )
    return (
        f"{which} over time, by falling variance and on one scale; lines as above. Factors are "
        "defined up to an invertible linear map."
    )


def dimensions(posterior: xr.Dataset, shares: np.ndarray) -> str:
    """Caption of `plot_dimensions`, of these shares of variance."""
    ratio = participation_ratio(shares)
    what = "log-rates" if unit_of(posterior) == "spikes/s" else "inferred means"
    return (
        f"Dimensions of the inferred {what}, which are nearly linear in the factors: share of variance in "
        f"the leading principal components, summed up. Participation ratio {ratio:.1f}: so many equal "
        "dimensions would vary as much. Where the last factors still add variance, try more; where a few "
        "hold all of it, fewer are enough. Averages and noise count as well: a hint, not a test."
    )


def initial_conditions(conditions: Conditions) -> str:
    """Caption of `plot_initial_conditions`."""
    return (
        "Initial conditions. Left: posterior mean of each trial's initial-condition code, in the "
        "plane of the top two principal components"
        + (", coloured by condition" if conditions.known else "")
        + (", of which a few are named" if len(conditions.chosen) < conditions.num else "")
        + ". Right: for each dimension of the code, how much the means differ between trials and "
        "how uncertain they are; dimensions whose means hardly differ are not used."
    )


def inferred_inputs(
    posterior: xr.Dataset,
    conditions: Conditions,
    null: InputNull | None = None,
    sort_by: str | None = None,
) -> str:
    """Caption of `plot_inferred_inputs`."""
    order = order_of_trials(posterior, conditions, sort_by)
    caption = f"Inferred inputs, posterior means. Left: trials, sorted {order.words}."
    if order.event_s is not None:
        caption += f" Marks: {sort_by}, in seconds on the time axis."
    prior = prior_samples(posterior, 1) is not None
    if prior:
        caption += (
            " Beside: as many samples of the prior, on the same scale; structure that is in both tells "
            "nothing."
        )
    each = "the trials of each condition" if averages_conditions(conditions) else "all trials"
    caption += (
        f" Then averages over {each} ± s.e.m., on the scale of single trials. Right: spread over trials "
        f"and of the posterior{', and s.d. of the prior' if prior else ''}; where the second is as large "
        "as the first, single trials tell little. Sign and scale of an input are arbitrary."
    )
    if "trial_length" in posterior.coords and len(np.unique(posterior["trial_length"])) > 1:
        caption += " Grey: after the trial's end."
    noise = noise_reasons(posterior, null)
    caption += "".join(
        f" Input {k} is no more than noise on single trials: {reason}."
        for k, reason in enumerate(noise)
        if reason
    )
    if posterior.sizes["trial"] > MOST_ROWS:
        caption += f" {MOST_ROWS} trials are shown, evenly spread over that order."
    if posterior.sizes["input"] > MOST_INPUTS:
        caption += f" The first {MOST_INPUTS} of {posterior.sizes['input']} inputs are shown."
    return caption


def input_strength(posterior: xr.Dataset) -> str:
    """Caption of `plot_input_strength`."""
    caption = (
        "Strength of inferred inputs, √⟨u²⟩ over all trials, of posterior means (with its 95 % interval by "
        "bootstrap over trials)"
    )
    if "inferred_inputs_std" in posterior:
        caption += " and of posterior samples, which follow the prior where trials tell nothing"
    if "inferred_input_prior_std" in posterior:
        caption += "; dotted: s.d. of the prior"
    return caption + (
        ". A course that rises as the trial begins or ends, or is the same in every condition, may be the "
        "generator's error rather than an input."
    )


def against_truth(what: str, source: str) -> str:
    """Caption of `plot_latents` and `plot_inputs_against_truth`."""
    return (
        f"True {what} (black) and their reconstruction (blue), a linear function of the {source} "
        "that is fitted on training trials. R²: on test trials, or validation trials if there are none, "
        "as among the scores."
    )


def sessions(posteriors: Mapping[str, xr.Dataset]) -> str:
    """Caption of `plot_sessions`."""
    conditions, num = conditions_of_all(posteriors), len(posteriors)
    caption = f"Factors of {min(num, MOST_SESSIONS)}"
    caption += f" of {num} sessions, evenly chosen," if num > MOST_SESSIONS else " sessions"
    caption += (
        " in the principal components of the averages of all sessions together, on the same axes. A line "
        f"is the average over {'the trials of a condition' if conditions.known else 'all trials'}, a dot "
        "its first bin. Trials of all splits count."
    )
    if not conditions.known:
        caption += " The sessions have no condition labels in common."
    if len(conditions.chosen) < conditions.num:
        caption += (
            f" {len(conditions.chosen)} of {conditions.num} conditions are drawn, evenly spread over those "
            "that most sessions have."
        )
    return (
        f"{caption} Where sessions share dynamics and are well aligned, panels look the same. Warning "
        "sign: one panel is turned, shrunk or shuffled against the others."
    )


def agreement(moments: Sequence[str], *, by_condition: bool) -> str:
    """Caption of `plot_agreement`, for moments of which the last is after training."""
    over = "the training trials of each condition" if by_condition else "all training trials"
    caption = (
        "Agreement between sessions, a row for each. R² of a session's averages over "
        f"{over}, predicted by the mean of the other sessions': 1 if they are the same, 0 or less if "
        "they have nothing in common. Grey: the principal components of each session alone, whose order "
        "and signs are its own. "
        + (
            "Orange: smoothed recordings behind the read-ins as they started. "
            if len(moments) > 2
            else ""
        )
        + "Blue: factors of the trained network."
        " Averages of recordings bear the noise of few trials, those of factors hardly: a part of the rise "
        "is that."
        " Triangles: values below −1."
    )
    return (
        f"{caption} Warning sign: a session far behind the others. Its labels, or its event of alignment, "
        "may be others."
    )


def _selection(conditions: Conditions) -> str:
    num = len(conditions.chosen)
    if conditions.num == num:
        return ""
    return f" {num} of {conditions.num} conditions are drawn, evenly spread."
