"""What stands out in data before training, in plain words, each with what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lfads.arrays import SPLITS
from lfads.checks import first_of, many
from lfads.data.session import Session
from lfads.quality.bursts import Bursts
from lfads.quality.drift import Drift
from lfads.quality.measures import FEWEST_OF_A_GROUP, Firing, copied_trials, silent_in
from lfads.quality.synchrony import WIDE_BIN_S, Synchrony, neurons_to_drop

IMPLAUSIBLE_HZ = 150.0
_COMMON = 0.02  # mean excess correlation; recordings without artifacts lie below 0.01
_UNITS_LOST = (0.02, 200.0)  # median rates beyond these ask whether the bin width is right
_SAME_SPIKE_S = 0.002  # bins so narrow that what coincides is one spike
SPLIT_NAMES = {"train": "training", "valid": "validation", "test": "test"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something to look at before training.

    Parameters
    ----------
    title
        What was found.
    advice
        What it means and what to do.
    serious
        Whether results would suffer; else it is good to know.
    """

    title: str
    advice: str
    serious: bool = True


def about_rates(firing: Firing) -> Iterator[Finding]:
    """Neurons that are silent, nearly so, or fire implausibly much."""
    rates = firing.rates_hz
    silent, nearly = np.flatnonzero(firing.silent), np.flatnonzero(firing.nearly_silent())
    num = len(rates)
    if silent.size:
        yield Finding(
            title=f"{many(silent.size, 'neuron')} of {num:,} without a single spike: {first_of(silent)}.",
            advice="Leave them out: they cost time and carry nothing.", serious=False,
        )  # fmt: skip
    if nearly.size:
        yield Finding(
            title=f"{many(nearly.size, 'neuron')} of {num:,} with less than one spike in ten trials: "
            f"{first_of(nearly)}.",
            advice="Too few to learn from, though they do no harm. Leave them out if they are many.",
            serious=bool(nearly.size > num / 2),
        )  # fmt: skip
    high = np.flatnonzero(np.nan_to_num(rates) > IMPLAUSIBLE_HZ)
    if high.size:
        yield Finding(
            title=f"{many(high.size, 'neuron')} above {IMPLAUSIBLE_HZ:g} spikes/s: {first_of(high)} "
            f"(up to {np.nanmax(rates):.0f}).",
            advice="Few neurons fire so much all the time. Look whether these are multi-unit channels, "
            "noise above threshold, or bins of another width than the data say.",
        )  # fmt: skip
    median = float(np.nanmedian(rates)) if np.isfinite(rates).any() else 0.0
    if median and not _UNITS_LOST[0] < median < _UNITS_LOST[1]:
        yield Finding(
            title=f"Half of the neurons fire {'less' if median < 1 else 'more'} than {median:.2g} "
            f"spikes/s, with bins of {1000 * firing.bin_width_s:g} ms.",
            advice="Is the bin width right? It is in seconds: 0.01 means 10 ms.",
        )  # fmt: skip


def about_bins(firing: Firing) -> Iterator[Finding]:
    """Bins that hold too few spikes, too many, or counts that were cut off."""
    counts = np.nan_to_num(firing.mean_counts)
    together, median = float(counts.sum()), float(np.median(counts))
    width = f"{1000 * firing.bin_width_s:g} ms"
    if together < 1:
        yield Finding(
            title=f"All neurons together fire {together:.2g} spikes in a bin of {width}.",
            advice="Single trials hold little to infer from, most bins nothing at all. Use wider bins, "
            "more neurons, or expect averages rather than single-trial detail.",
        )  # fmt: skip
    if median > 2:
        yield Finding(
            title=f"Half of the neurons fire more than {median:.2g} spikes in a bin of {width}.",
            advice="Narrower bins would keep more of the timing: 5 to 20 ms are usual, with 0 or 1 "
            "spikes of most neurons in most bins.", serious=False,
        )  # fmt: skip
    cut = np.flatnonzero(firing.cut_off)
    # A few neurons that fire like clocks look the same.
    if cut.size >= max(2, 0.1 * int((~firing.silent).sum())):
        top = int(np.median(firing.highest_count[cut]))
        yield Finding(
            title=f"Counts of {many(cut.size, 'neuron')} look cut off at {top}: {first_of(cut)}.",
            advice="By chance many bins would hold more, and none does. Were counts made binary, or "
            "clipped on the way? Bin the spike times again; Poisson rates come out too low.",
        )  # fmt: skip


def about_synchrony(
    session: Session, synchrony: Synchrony, bin_width_s: float
) -> Iterator[Finding]:
    """Neurons that share spikes, and what reaches all of them."""
    if synchrony.pairs:
        drop = neurons_to_drop(synchrony.pairs)
        first = synchrony.pairs[0]
        yield Finding(
            title=f"Neurons that share spikes: {many(len(synchrony.pairs), 'pair')}, the most alike "
            f"{first.keep} and {first.drop} ({100 * min(first.share, 1):.0f} % of the spikes of one).",
            advice="A unit sorted twice, or one signal on two channels: a model learns to copy one "
            "from the other in the same bin, which looks like good prediction. "
            f"{_leave_out(bin_width_s)} {many(len(drop), 'neuron')}: {first_of(drop)}.",
        )  # fmt: skip
    mean = synchrony.mean_correlation
    if mean > _COMMON and len(synchrony.neurons) > 4 and bin_width_s <= WIDE_BIN_S:
        yield Finding(
            title=f"Neurons fire together within single bins (mean correlation {mean:.3f} beyond "
            "that of the bins beside).",
            advice="Something reaches many channels at once: movement, licking, stimulation, or the "
            "reference. Subtract the common signal before spikes are detected, or take the bins out "
            "(False in `observed`).",
        )  # fmt: skip


def _leave_out(bin_width_s: float) -> str:
    """With the check that tells copies from neurons that something drives within a few milliseconds."""
    if bin_width_s <= _SAME_SPIKE_S:
        return "Leave out"
    return (
        "To settle it, bin the spike times at 1 ms and look again: copies still coincide in the same bin, "
        "neurons that are driven together do not. If they do, leave out"
    )


def about_bursts(session: Session, bursts: Bursts) -> Iterator[Finding]:
    """Bins in which far more neurons fire than usual."""
    if not len(bursts):
        return
    trials = np.unique(bursts.trial)
    yield Finding(
        title=f"{many(len(bursts), 'bin')} in {many(len(trials), 'trial')} where far more neurons "
        f"fire at once than usual, up to {bursts.num_firing[0]} of {session.num_neurons} where about "
        f"{bursts.expected[0]:.0f} do (trial {bursts.trial[0]}, bin {bursts.bin[0]}).",
        advice="Electrical noise looks like this, and so do bursts of a sleeping brain. If it is "
        f"noise, mark these bins as False in `observed`, or leave the trials out: {first_of(trials)}.",
    )  # fmt: skip


def about_drift(drift: Drift | None) -> Iterator[Finding]:
    """Neurons that are lost or change their rate, and a population that does."""
    if drift is None:
        return
    num = drift.rates_hz.shape[1]
    lost = np.flatnonzero(drift.lost)
    if lost.size:
        yield Finding(
            title=f"{many(lost.size, 'neuron')} silent in the first or last fifth of the session, "
            f"though not elsewhere: {first_of(lost)}.",
            advice="Lost or found while recording. Leave them out, or mark those trials as False in "
            "`observed`: the model would explain the silence by dynamics.",
        )  # fmt: skip
    drifting = np.setdiff1d(drift.drifting, lost, assume_unique=True)
    if drifting.size > max(1, 0.1 * num):
        yield Finding(
            title=f"{drifting.size} of {many(num, 'neuron')} change their rate much over the "
            f"session, most of all {first_of(drifting, 5)}.",
            advice="Electrodes move, or the animal changes. Spread validation trials over the session "
            "(every fifth does), and use the steady part, leave the worst neurons out, or train with "
            "`[model] slow_offsets = 1`.",
        )  # fmt: skip
    if drift.population_drifts:
        yield Finding(
            title="The whole population changes its rate over the session.",
            advice="Look at the figure: sleepiness, satiety or a moving probe. The model would spend "
            "initial conditions on it, unless it has slow offsets: `[model] slow_offsets = 1`.",
        )  # fmt: skip


def about_held_out(session: Session, firing: Firing, synchrony: Synchrony) -> Iterator[Finding]:
    """Held-out neurons that cannot tell how good a model is."""
    held_out = session.held_out_neurons
    if not held_out.any():
        return
    leaks = [p for p in synchrony.pairs if held_out[p.keep] != held_out[p.drop]]
    if leaks:
        yield Finding(
            title="Held-out neurons that share spikes with encoded ones: "
            f"{first_of(p.drop for p in leaks)}.",
            advice="Predicting them is copying, and co-smoothing scores are too good. Leave them out.",
        )  # fmt: skip
    silent = np.flatnonzero(held_out & firing.silent)
    if silent.size:
        yield Finding(
            title=f"Held-out neurons without a spike: {first_of(silent)}.",
            advice="Nothing can be scored on them. Hold others out.",
        )  # fmt: skip
    if held_out.mean() > 0.5:
        yield Finding(
            title=f"{int(held_out.sum())} of {many(session.num_neurons, 'neuron')} are held out.",
            advice="Few are left to infer from; a quarter is usual.", serious=False,
        )  # fmt: skip


def about_trials(session: Session, firing: Firing) -> Iterator[Finding]:
    """Trials that are empty, copied, or split so that scores mislead."""
    if not session.of_split("train").any():
        yield Finding(
            title="There are no training trials.",
            advice="The data can be inferred with a trained run, not trained on. Mark trials as "
            "'train' in `split`.",
        )  # fmt: skip
    empty = np.flatnonzero(firing.spike_counts.sum(1) == 0)
    if empty.size:
        yield Finding(
            title=f"{many(empty.size, 'trial')} without a single spike: {first_of(empty)}.",
            advice="Was the recording interrupted, or are these padded? Leave such trials out.",
        )  # fmt: skip
    copies = copied_trials(session)
    if copies:
        sets = first_of((" = ".join(map(str, trials)) for trials in copies), 5)
        yield Finding(
            title=f"Trials that hold exactly the same spikes: {sets}.",
            advice="Keep one of each. A trial that both trains and validates hides over-fitting.",
        )  # fmt: skip
    yield from _about_order(session)
    yield from _about_splits(session, firing)


def _about_order(session: Session) -> Iterator[Finding]:
    """Splits that lie before or after all training trials."""
    train = session.trial_index[session.of_split("train")]
    for split in ("valid", "test"):
        other = session.trial_index[session.of_split(split)]
        if min(len(train), len(other)) > 1 and (
            other.min() > train.max() or other.max() < train.min()
        ):
            yield Finding(
                title=f"All {SPLIT_NAMES[split]} trials lie before or after all training trials.",
                advice="If firing drifts, they differ from training trials for that reason alone. "
                "Unless this is meant, take every fifth trial instead.", serious=False,
            )  # fmt: skip


def _about_splits(session: Session, firing: Firing) -> Iterator[Finding]:
    for split in SPLITS:
        silent = np.flatnonzero(silent_in(firing, session.of_split(split)))
        if silent.size:
            yield Finding(
                title=f"{many(silent.size, 'neuron')} without a spike in the {SPLIT_NAMES[split]} "
                f"trials, though elsewhere they fire: {first_of(silent)}.",
                advice="If they were not recorded there, mark the samples as False in `observed`: "
                "silence would be learned, or scored, as a fact.",
            )  # fmt: skip


def about_conditions(session: Session) -> Iterator[Finding]:
    """Conditions that are rare or never trained on."""
    if session.condition is None:
        return
    labels, count = np.unique(session.condition, return_counts=True)
    if len(labels) > max(2, session.num_trials // 3):
        yield Finding(
            title=f"{len(labels)} conditions among {many(session.num_trials, 'trial')}.",
            advice="Most have one trial or two: averages by condition mean nothing. Group similar "
            "trials under one label, or give no `condition`.", serious=False,
        )  # fmt: skip
        return
    rare = labels[count < FEWEST_OF_A_GROUP]
    if rare.size:
        yield Finding(
            title=f"{many(len(rare), 'condition')} of {len(labels)} with fewer than "
            f"{FEWEST_OF_A_GROUP} trials: {first_of(rare)}.",
            advice="Their averages are noise. The network is not told conditions, so that they may stay; "
            "do not interpret them one by one.", serious=False,
        )  # fmt: skip
    unseen = np.setdiff1d(labels, session.condition[session.of_split("train")])
    if unseen.size and session.of_split("train").any():
        yield Finding(
            title=f"Conditions without a training trial: {first_of(unseen)}.",
            advice="The model will not have seen anything like them. Unless you test just that, spread "
            "every condition over the splits.",
        )  # fmt: skip
