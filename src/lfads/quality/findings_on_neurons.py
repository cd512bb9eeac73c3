"""Findings on neurons: how much each fires, what they share within a bin, and how they change."""

import numpy as np

from lfads.checks import many
from lfads.data.session import Session
from lfads.quality.bursts import Bursts
from lfads.quality.drift import Drift
from lfads.quality.findings import Finding, listed
from lfads.quality.measures import Firing
from lfads.quality.synchrony import WIDE_BIN_S, Synchrony, neurons_to_drop

IMPLAUSIBLE_HZ = 150.0
_COMMON = 0.02  # mean excess correlation; recordings without artifacts lie below 0.01
_UNITS_LOST = (0.02, 200.0)  # median rates beyond these ask whether the bin width is right


def about_rates(firing: Firing) -> list[Finding]:
    """Neurons that are silent, nearly so, or fire implausibly much."""
    rates = firing.rates_hz
    found = []
    silent, nearly = np.flatnonzero(firing.silent), np.flatnonzero(firing.nearly_silent())
    num = len(rates)
    if silent.size:
        found.append(Finding(
            title=f"{many(silent.size, 'neuron')} of {num:,} without a single spike: {listed(silent)}.",
            advice="Leave them out: they cost time and carry nothing.", serious=False,
        ))  # fmt: skip
    if nearly.size:
        found.append(Finding(
            title=f"{many(nearly.size, 'neuron')} of {num:,} with less than one spike in ten trials: "
            f"{listed(nearly)}.",
            advice="Too few to learn from, though they do no harm. Leave them out if they are many.",
            serious=bool(nearly.size > num / 2),
        ))  # fmt: skip
    high = np.flatnonzero(np.nan_to_num(rates) > IMPLAUSIBLE_HZ)
    if high.size:
        found.append(Finding(
            title=f"{many(high.size, 'neuron')} above {IMPLAUSIBLE_HZ:g} spikes/s: {listed(high)} "
            f"(up to {np.nanmax(rates):.0f}).",
            advice="Few neurons fire so much all the time. Look whether these are multi-unit channels, "
            "noise above threshold, or bins of another width than the data say.",
        ))  # fmt: skip
    median = float(np.nanmedian(rates)) if np.isfinite(rates).any() else 0.0
    if median and not _UNITS_LOST[0] < median < _UNITS_LOST[1]:
        found.append(Finding(
            title=f"Half of the neurons fire {'less' if median < 1 else 'more'} than {median:.2g} "
            f"spikes/s, with bins of {1000 * firing.bin_width_s:g} ms.",
            advice="Is the bin width right? It is in seconds: 0.01 means 10 ms.",
        ))  # fmt: skip
    return found


def about_bins(firing: Firing) -> list[Finding]:
    """Bins that hold too few spikes, too many, or counts that were cut off."""
    counts = np.nan_to_num(firing.mean_counts)
    together, median = float(counts.sum()), float(np.median(counts))
    width = f"{1000 * firing.bin_width_s:g} ms"
    found = []
    if together < 1:
        found.append(Finding(
            title=f"All neurons together fire {together:.2g} spikes in a bin of {width}.",
            advice="Single trials hold little to infer from, most bins nothing at all. Use wider bins, "
            "more neurons, or expect averages rather than single-trial detail.",
        ))  # fmt: skip
    if median > 2:
        found.append(Finding(
            title=f"Half of the neurons fire more than {median:.2g} spikes in a bin of {width}.",
            advice="Narrower bins would keep more of the timing: 5 to 20 ms are usual, with 0 or 1 "
            "spikes of most neurons in most bins.", serious=False,
        ))  # fmt: skip
    cut = np.flatnonzero(firing.cut_off)
    # A few neurons that fire like clocks look the same.
    if cut.size >= max(2, 0.1 * int((~firing.silent).sum())):
        top = int(np.median(firing.highest_count[cut]))
        found.append(Finding(
            title=f"Counts of {many(cut.size, 'neuron')} look cut off at {top}: {listed(cut)}.",
            advice="By chance many bins would hold more, and none does. Were counts made binary, or "
            "clipped on the way? Bin the spike times again; Poisson rates come out too low.",
        ))  # fmt: skip
    return found


def about_synchrony(session: Session, synchrony: Synchrony, bin_width_s: float) -> list[Finding]:
    """Neurons that share spikes, and what reaches all of them."""
    found = []
    if synchrony.pairs:
        drop = neurons_to_drop(synchrony.pairs)
        first = synchrony.pairs[0]
        found.append(Finding(
            title=f"Neurons that share spikes: {many(len(synchrony.pairs), 'pair')}, the most alike "
            f"{first.keep} and {first.drop} ({100 * min(first.share, 1):.0f} % of the spikes of one).",
            advice="A unit sorted twice, or one signal on two channels: a model learns to copy one "
            f"from the other in the same bin, which looks like good prediction. Leave out "
            f"{many(len(drop), 'neuron')}: {listed(drop)}.",
        ))  # fmt: skip
    mean = synchrony.mean_correlation
    if mean > _COMMON and len(synchrony.neurons) > 4 and bin_width_s <= WIDE_BIN_S:
        found.append(Finding(
            title=f"Neurons fire together within single bins (mean correlation {mean:.3f} beyond "
            "that of the bins beside).",
            advice="Something reaches many channels at once: movement, licking, stimulation, or the "
            "reference. Subtract the common signal before spikes are detected, or take the bins out "
            "(False in `observed`).",
        ))  # fmt: skip
    return found


def about_bursts(session: Session, bursts: Bursts) -> list[Finding]:
    """Bins in which far more neurons fire than usual."""
    if not len(bursts):
        return []
    trials = np.unique(bursts.trial)
    return [Finding(
        title=f"{many(len(bursts), 'bin')} in {many(len(trials), 'trial')} where far more neurons "
        f"fire at once than usual, up to {bursts.num_firing[0]} of {session.num_neurons} where about "
        f"{bursts.expected[0]:.0f} do (trial {bursts.trial[0]}, bin {bursts.bin[0]}).",
        advice="Electrical noise looks like this, and so do bursts of a sleeping brain. If it is "
        f"noise, mark these bins as False in `observed`, or leave the trials out: {listed(trials)}.",
    )]  # fmt: skip


def about_drift(drift: Drift | None) -> list[Finding]:
    """Neurons that are lost or change their rate, and a population that does."""
    if drift is None:
        return []
    found = []
    num = drift.rates_hz.shape[1]
    lost = np.flatnonzero(drift.lost)
    if lost.size:
        found.append(Finding(
            title=f"{many(lost.size, 'neuron')} silent in the first or last fifth of the session, "
            f"though not elsewhere: {listed(lost)}.",
            advice="Lost or found while recording. Leave them out, or mark those trials as False in "
            "`observed`: the model would explain the silence by dynamics.",
        ))  # fmt: skip
    drifting = np.setdiff1d(drift.drifting, lost, assume_unique=True)
    if drifting.size > max(1, 0.1 * num):
        found.append(Finding(
            title=f"{drifting.size} of {many(num, 'neuron')} change their rate much over the "
            f"session, most of all {listed(drifting, 5)}.",
            advice="Electrodes move, or the animal changes. Spread validation trials over the session "
            "(every fifth does), use the steady part, or leave the worst neurons out.",
        ))  # fmt: skip
    if drift.population_drifts:
        found.append(Finding(
            title="The whole population changes its rate over the session.",
            advice="Look at the figure: sleepiness, satiety or a moving probe. The model has no slow "
            "time of its own; it would spend initial conditions on it.",
        ))  # fmt: skip
    return found


def about_held_out(session: Session, firing: Firing, synchrony: Synchrony) -> list[Finding]:
    """Held-out neurons that cannot tell how good a model is."""
    held_out = session.held_out_neurons
    if not held_out.any():
        return []
    found = []
    leaks = [p for p in synchrony.pairs if held_out[p.keep] != held_out[p.drop]]
    if leaks:
        found.append(Finding(
            title=f"Held-out neurons that share spikes with encoded ones: {listed(p.drop for p in leaks)}.",
            advice="Predicting them is copying, and co-smoothing scores are too good. Leave them out.",
        ))  # fmt: skip
    silent = np.flatnonzero(held_out & firing.silent)
    if silent.size:
        found.append(Finding(
            title=f"Held-out neurons without a spike: {listed(silent)}.",
            advice="Nothing can be scored on them. Hold others out.",
        ))  # fmt: skip
    if held_out.mean() > 0.5:
        found.append(Finding(
            title=f"{int(held_out.sum())} of {many(session.num_neurons, 'neuron')} are held out.",
            advice="Few are left to infer from; a quarter is usual.", serious=False,
        ))  # fmt: skip
    return found
