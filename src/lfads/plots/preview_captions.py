"""What each figure of a preview shows and how to read it, in words."""

from lfads.numerics.smoothing import SMOOTHING_S
from lfads.plots.conditions import MOST_CONDITIONS, labelled
from lfads.plots.rasters import MOST_NEURONS
from lfads.plots.synchrony import MOST_ROWS
from lfads.quality.examine import Examined


def rasters(examined: Examined) -> str:
    """Caption of `plot_rasters`."""
    firing = int((~examined.firing.silent).sum())
    caption = (
        "Single trials from all parts of the session. A tick is a bin with a spike, darker and wider for "
        "two, and for three or more; neurons stand by falling mean rate, alike in all panels."
    )
    if firing > MOST_NEURONS:
        caption += f" Of {firing:,} neurons, the {MOST_NEURONS} that fire most are drawn."
    if len(examined.bursts):
        caption += " Last: the trial in which most neurons fire at once."
    if (examined.session.trial_length < examined.session.num_bins).any():
        caption += " Grey: after the trial's end."
    if examined.session.observed is not None:
        caption += " Pale orange: samples that were not recorded."
    return caption + (
        " Warning signs: vertical lines (noise on all channels), rows that stop (a neuron that was "
        "lost), two rows with the same ticks (a unit sorted twice)."
    )


def firing(examined: Examined) -> str:
    """Caption of `plot_firing`."""
    session = examined.session
    conditions = labelled(session.condition, session.num_trials)
    caption = "Left: mean rate of each neuron over all trials."
    caption += " Right: rate over the trial, mean over all neurons and trials"
    if conditions.known and conditions.num > 1:
        caption += " (dashed) and over the trials of each condition"
    caption += (
        f", smoothed with a Gaussian of {1000 * SMOOTHING_S:g} ms s.d. Is it where you expect it, "
        "relative to the events of the trial?"
    )
    if conditions.num > MOST_CONDITIONS:
        caption += f" {MOST_CONDITIONS} of {conditions.num} conditions are drawn, evenly spread."
    return caption


def synchrony(examined: Examined, bin_width_s: float) -> str:
    """Caption of `plot_synchrony`."""
    found = examined.synchrony
    caption = (
        "Left: correlation of the counts of every two neurons within the same bin, minus that "
        f"{1000 * found.lag_bins * bin_width_s:g} ms before and after; the mean time course of each "
        "condition and the mean of each trial are taken away first, so that neither tuning nor slow "
        "change shows. Shared dynamics leave it near 0. "
    )
    if found.pairs:
        caption += "Rings: suspicious pairs. "
    if len(found.neurons) > MOST_ROWS:
        caption += "Neighbours share a pixel, which shows the strongest of them. "
    if found.num_trials < examined.session.num_trials:
        caption += f"Measured on {found.num_trials:,} trials, evenly spread. "
    return caption + (
        "Right: bins in which one neuron fires and the other does so much later; dashed: the mean of "
        "all lags but 0. A bar that sticks out at lag 0 alone betrays one signal recorded twice."
    )


def drift(examined: Examined) -> str:
    """Caption of `plot_drift`."""
    conditions = examined.session.condition is not None
    return (
        "Rates along the session, in the order of trial_index. Left: each neuron with at least 50 "
        "spikes, in blocks of trials, relative to its mean. Top right: mean over neurons of each trial "
        "(grey) and block (blue). Bottom right: neurons that change most."
        + (" Differences between conditions are taken away." if conditions else "")
    )
