"""Findings on trials: empty, copied, badly split, or of conditions with few of them."""

import numpy as np

from lfads.arrays import SPLITS
from lfads.checks import many
from lfads.data.session import Session
from lfads.quality.findings import Finding, listed
from lfads.quality.measures import FEWEST_OF_A_GROUP, Firing, copied_trials, silent_in_split

SPLIT_NAMES = {"train": "training", "valid": "validation", "test": "test"}


def about_trials(session: Session, firing: Firing) -> list[Finding]:
    """Trials that are empty, copied, or split so that scores mislead."""
    found = []
    if not session.of_split("train").any():
        found.append(Finding(
            title="There are no training trials.",
            advice="The data can be inferred with a trained run, not trained on. Mark trials as "
            "'train' in `split`.",
        ))  # fmt: skip
    empty = np.flatnonzero(firing.spike_counts.sum(1) == 0)
    if empty.size:
        found.append(Finding(
            title=f"{many(empty.size, 'trial')} without a single spike: {listed(empty)}.",
            advice="Was the recording interrupted, or are these padded? Leave such trials out.",
        ))  # fmt: skip
    copies = copied_trials(session)
    if copies:
        found.append(Finding(
            title=f"Trials that hold exactly the same spikes: {_sets(copies)}.",
            advice="Keep one of each. A trial that both trains and validates hides over-fitting.",
        ))  # fmt: skip
    return [*found, *_about_order(session), *_about_splits(session, firing)]


def _sets(copies: tuple[tuple[int, ...], ...], most: int = 5) -> str:
    words = [" = ".join(map(str, trials)) for trials in copies[:most]]
    rest = len(copies) - most
    return "; ".join(words) + (f"; and {rest} more sets" if rest > 0 else "")


def _about_order(session: Session) -> list[Finding]:
    """Splits that lie before or after all training trials."""
    train = session.trial_index[session.of_split("train")]
    found = []
    for split in ("valid", "test"):
        other = session.trial_index[session.of_split(split)]
        if min(len(train), len(other)) > 1 and (
            other.min() > train.max() or other.max() < train.min()
        ):
            found.append(Finding(
                title=f"All {SPLIT_NAMES[split]} trials lie before or after all training trials.",
                advice="If firing drifts, they differ from training trials for that reason alone. "
                "Unless this is meant, take every fifth trial instead.", serious=False,
            ))  # fmt: skip
    return found


def _about_splits(session: Session, firing: Firing) -> list[Finding]:
    found = []
    for split in SPLITS:
        silent = silent_in_split(session, firing, split)
        if silent.size:
            found.append(Finding(
                title=f"{many(silent.size, 'neuron')} without a spike in the {SPLIT_NAMES[split]} "
                f"trials, though elsewhere they fire: {listed(silent)}.",
                advice="If they were not recorded there, mark the samples as False in `observed`: "
                "silence would be learned, or scored, as a fact.",
            ))  # fmt: skip
    return found


def about_conditions(session: Session) -> list[Finding]:
    """Conditions that are rare or never trained on."""
    if session.condition is None:
        return []
    labels, count = np.unique(session.condition, return_counts=True)
    if len(labels) > max(2, session.num_trials // 3):
        return [Finding(
            title=f"{len(labels)} conditions among {many(session.num_trials, 'trial')}.",
            advice="Most have one trial or two: averages by condition mean nothing. Group similar "
            "trials under one label, or give no `condition`.", serious=False,
        )]  # fmt: skip
    found = []
    rare = labels[count < FEWEST_OF_A_GROUP]
    if rare.size:
        found.append(Finding(
            title=f"{many(len(rare), 'condition')} of {len(labels)} with fewer than "
            f"{FEWEST_OF_A_GROUP} trials: {listed(rare)}.",
            advice="Their averages are noise. The network is not told conditions, so that they may stay; "
            "do not interpret them one by one.", serious=False,
        ))  # fmt: skip
    unseen = np.setdiff1d(labels, session.condition[session.of_split("train")])
    if unseen.size and session.of_split("train").any():
        found.append(Finding(
            title=f"Conditions without a training trial: {listed(unseen)}.",
            advice="The model will not have seen anything like them. Unless you test just that, spread "
            "every condition over the splits.",
        ))  # fmt: skip
    return found
