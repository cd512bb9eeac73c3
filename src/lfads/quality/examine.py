"""Everything that a look at data before training measures, session by session."""

from dataclasses import dataclass

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.remarks import remarks_on
from lfads.data.session import Session
from lfads.quality import findings
from lfads.quality.bursts import Bursts, bursts_of
from lfads.quality.drift import Drift, drift_of
from lfads.quality.findings import Finding
from lfads.quality.measures import Firing, firing_of
from lfads.quality.synchrony import Synchrony, neurons_to_drop, synchrony_of


@dataclass(frozen=True, eq=False)
class Examined:
    """A session and all that was measured on it."""

    session: Session
    firing: Firing
    synchrony: Synchrony
    bursts: Bursts
    drift: Drift | None
    findings: tuple[Finding, ...]

    @property
    def duplicates(self) -> list[int]:
        """Neurons to leave out, so that no suspicious pair remains."""
        return neurons_to_drop(self.synchrony.pairs)


def examine(dataset: Dataset) -> tuple[Examined, ...]:
    """Measure every session, and say what stands out; serious findings first.

    Raises
    ------
    UserError
        If the data are no spikes.
    """
    if dataset.kind != "counts":
        raise UserError(
            f"{dataset.source} holds signals; what is looked at before training are spikes: rates, bursts, "
            "neurons that share spikes. `lfads show` prints what there is"
        )
    return tuple(_examined(session, dataset.bin_width_s) for session in dataset.sessions)


def _examined(session: Session, bin_width_s: float) -> Examined:
    firing = firing_of(session, bin_width_s)
    synchrony = synchrony_of(session, bin_width_s=bin_width_s)
    bursts, drift = bursts_of(session), drift_of(session, firing)
    found = [
        *findings.about_trials(session, firing),
        *findings.about_conditions(session),
        *findings.about_rates(firing),
        *findings.about_bins(firing),
        *findings.about_synchrony(session, synchrony, bin_width_s),
        *findings.about_bursts(session, bursts),
        *findings.about_drift(drift),
        *findings.about_held_out(session, firing, synchrony),
        *(_as_finding(remark) for remark in remarks_on([session])),
    ]
    found.sort(key=lambda finding: not finding.serious)
    return Examined(session, firing, synchrony, bursts, drift, tuple(found))


def _as_finding(remark: str) -> Finding:
    """A remark of `lfads show`: what is before the colon, then what to do."""
    title, _, advice = remark.partition(": ")
    return Finding(title=_begun(title), advice=_begun(advice), serious="trial" in title)


def _begun(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if not text or text.endswith((".", "`")) else f"{text}."
