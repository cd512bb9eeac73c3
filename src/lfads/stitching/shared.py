"""Which conditions sessions share, and whether they can be aligned by them."""

from collections.abc import Sequence

from lfads.data.session import Session

FEWEST_SHARED = 2
"""Conditions that a session must share with others, to be aligned by them."""


def labels_of(session: Session) -> set[str]:
    """Conditions of which there are training trials."""
    if session.condition is None:
        return set()
    return set(session.condition[session.of_split("train")].astype(str).tolist())


def labels_of_all(sessions: Sequence[Session]) -> list[str]:
    """Conditions of any of them, in the order of their labels as text."""
    return sorted(set().union(*map(labels_of, sessions)))


def with_shared_conditions(new: Session, others: Sequence[Session]) -> list[int]:
    """Which of the others have conditions of the new session; none if there are fewer than two labels.

    Labels are compared as text.
    """
    own, theirs = labels_of(new), [labels_of(other) for other in others]
    if len(own & set().union(*theirs)) < FEWEST_SHARED:
        return []
    return [number for number, labels in enumerate(theirs) if own & labels]


def groups_that_share(parts: Sequence[Session]) -> list[list[int]]:
    """Sessions that share conditions, directly or through others; the largest group first."""
    groups: list[tuple[list[int], set[str]]] = []
    for number, part in enumerate(parts):
        members, labels = [number], labels_of(part)
        apart = []
        for group in groups:
            if group[1] & labels:
                members, labels = group[0] + members, group[1] | labels
            else:
                apart.append(group)
        groups = [*apart, (sorted(members), labels)]
    return sorted((members for members, _ in groups), key=lambda m: (-len(m), m))


def why_no_conditions(sessions: Sequence[Session]) -> str:
    """Why sessions cannot be aligned by conditions; empty if they can."""
    without = [session.name for session in sessions if not labels_of(session)]
    if len(without) == len(sessions):
        return "no session has condition labels"
    if without:
        return f"there are no condition labels in {in_backticks(without)}"
    if len(sessions) == 1:
        return ""
    few = [
        session.name
        for number, session in enumerate(sessions)
        if not with_shared_conditions(session, [*sessions[:number], *sessions[number + 1 :]])
    ]
    if few:
        named = in_backticks(few)
        return f"fewer than {FEWEST_SHARED} conditions are shared with other sessions by {named}"
    _, *apart = groups_that_share(sessions)
    if apart:
        names = [sessions[number].name for group in apart for number in group]
        return f"no condition is shared with the other sessions by {in_backticks(names)}"
    return ""


def in_backticks(names: Sequence[str]) -> str:
    """Names, one after the other."""
    return ", ".join(f"`{name}`" for name in names)
