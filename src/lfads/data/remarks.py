"""What `lfads show` remarks on in data that open: nothing is wrong, but look before training."""

from collections.abc import Sequence

from lfads.checks import many
from lfads.data.session import Session

_FEW_TRIALS = 50  # as in docs/data.md


def remarks_on(sessions: Sequence[Session]) -> list[str]:
    """What to know of each session, named where there are several."""
    return [
        f"session `{session.name}`: {remark}" if len(sessions) > 1 else remark
        for session in sessions
        for remark in [*_about_splits(session), *_about_axes(session)]
    ]


def about_several_sessions(sessions: Sequence[Session]) -> list[str]:
    """Why sessions cannot share a network; empty if they can."""
    names = [session.name for session in sessions]
    if len(set(names)) < len(names):
        return [f"sessions that share a network must have different names; got {', '.join(names)}"]
    inputs = {session.name: session.num_external_inputs for session in sessions}
    if len(set(inputs.values())) < 2:
        return []
    each = ", ".join(f"{many(number, 'input')} in {name}" for name, number in inputs.items())
    return [
        f"sessions that share a network must have the same external inputs; got {each}. Give all of them "
        "the same, zeros where there is none"
    ]


def _about_splits(session: Session) -> list[str]:
    remarks = []
    training = int(session.of_split("train").sum())
    if training and not session.of_split("valid").any():
        remarks.append(
            "there are no validation trials: training trials would be validated on, which does not "
            "show over-fitting. Mark some as 'valid' in `split`"
        )
    trials = int(session.of_split("train", "valid").sum())
    if training and trials < _FEW_TRIALS:
        remarks.append(
            f"only {many(trials, 'trial')} to train and validate on: below about {_FEW_TRIALS}, "
            "over-fitting is a danger; look at validation scores"
        )
    return remarks


def _about_axes(session: Session) -> list[str]:
    if session.num_neurons <= session.num_bins:
        return []
    return [
        f"more neurons ({session.num_neurons}) than bins ({session.num_bins}): if the axes are "
        "trial, neuron, time, swap them with `spikes.transpose(0, 2, 1)`"
    ]
