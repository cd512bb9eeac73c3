"""What an analysis is: what it needs, what it computes from results, and how that is shown.

An analysis of another package is a class of one of three forms, named in its entry points
(`lfads.analyses`): `Analysis` is put to each session on its own, `AnalysisOfSessions` once to all of them
together, and `AnalysisOfNetwork` to the network beside its results of each session.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import xarray as xr

from lfads.checks import UserError
from lfads.data.session import Session
from lfads.evaluation.matching import holds
from lfads.model.lfads import LFADS
from lfads.parts import made, named_if_it_fails, part
from lfads.plots.examples import method_of
from lfads.results.posterior import KNOWS_CONDITIONS

WORDS = {
    "rates": "rates",
    "factors": "factors",
    "inferred_inputs": "inferred inputs",
    "generator_states": "states of the generator",
    "initial_condition_mean": "initial conditions",
    "generator_initial_state": "initial states of the generator",
    "behavior": "behaviour",
    "condition": "conditions of the trials",
    "external_inputs": "measured inputs",
    "true_rates_hz": "true rates",
    "true_latents": "true latents",
    "true_inputs": "true inputs",
}
"""What analyses may need, and how it is called: variables of the posterior, and fields of the session."""

_RECORDED = {name for name in WORDS if name in Session.__dataclass_fields__}


@runtime_checkable
class Shown(Protocol):
    """What all forms have: what they need, and how a result is told and drawn.

    Choices are the constructor's parameters, with defaults. A class attribute `in_report = False` keeps an
    analysis out of reports: one that is slow, or that says little without choices.
    """

    @property
    def title(self) -> str:
        """Of the figure, and of its part of the report."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of `WORDS`: what the posterior or the session must have."""
        ...

    @property
    def height_in(self) -> float:
        """Of the figure."""
        ...

    def numbers(self, result: xr.Dataset) -> Sequence[tuple[str, ...]]:
        """The main numbers as rows of words, the header first."""
        ...

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        ...

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """Draw into an empty figure, with what it has and the helpers of `lfads.plots`."""
        ...


@runtime_checkable
class Analysis(Shown, Protocol):
    """A question to the results of one session."""

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """Labelled numbers with their units.

        Parameters
        ----------
        posterior
            One session's results.
        session
            The data that they were inferred from.

        Raises
        ------
        UserError
            If the question cannot be put to these data.
        """
        ...


@runtime_checkable
class AnalysisOfSessions(Shown, Protocol):
    """A question to the results of all sessions together, such as one decoder for all days."""

    def compute_together(
        self, posteriors: Mapping[str, xr.Dataset], sessions: Mapping[str, Session]
    ) -> xr.Dataset:
        """Labelled numbers with their units.

        Parameters
        ----------
        posteriors, sessions
            Results, and the data that they were inferred from, by the names of the sessions, in one order.
            There may be one alone.

        Raises
        ------
        UserError
            If the question cannot be put to these data.
        """
        ...


@runtime_checkable
class AnalysisOfNetwork(Shown, Protocol):
    """A question to a trained network, such as where its dynamics rest; it stands in no report."""

    def compute_network(
        self, network: LFADS, posterior: xr.Dataset, session: Session
    ) -> xr.Dataset:
        """Labelled numbers with their units.

        Parameters
        ----------
        network
            As `run.model` is, at its best weights; that of all sessions, if there are several.
        posterior
            One session's results, which this network inferred.
        session
            The data that they were inferred from.

        Raises
        ------
        UserError
            If the question cannot be put to this network.
        """
        ...


AnyAnalysis = Analysis | AnalysisOfSessions | AnalysisOfNetwork

TOGETHER = "all sessions"
"""What stands in place of a session's name where they are analysed together."""


def analysis_named(name: str, choices: Mapping[str, Any] | None = None) -> AnyAnalysis:
    """An analysis with some of its choices; a UserError if there is none of that name."""
    return made("analyses", name, choices or {})


def is_for_report(analysis: AnyAnalysis) -> bool:
    """Whether reports show it; they do unless it says otherwise."""
    return bool(getattr(analysis, "in_report", True))


def lacking(analysis: Shown, posterior: xr.Dataset, session: Session) -> str:
    """What an analysis needs and these results have not, in words; empty if it applies."""
    missing = [name for name in analysis.needs if not _there(name, posterior, session)]
    if not missing:
        return ""
    recorded = [WORDS.get(name, name) for name in missing if name in _RECORDED]
    inferred = [WORDS.get(name, name) for name in missing if name not in _RECORDED]
    said = []
    if inferred:
        whose = "a baseline" if "baseline" in posterior.attrs else "this result"
        said.append(f"{' and '.join(inferred)}, which {whose} has not")
    if recorded:
        said.append(f"{' and '.join(recorded)}, which the data have not")
    return f"needs {'; and '.join(said)}"


def refuse_rates_of_conditions(who: str, posterior: xr.Dataset) -> None:
    """A UserError, for analyses that find conditions in rates, if rates were made from the conditions."""
    if posterior.attrs.get(KNOWS_CONDITIONS):
        raise UserError(
            f"{who} asks what rates say of conditions, but these rates were made from the conditions of "
            "the trials, so that they would say it of noise, too: give results of a method that does not "
            "see conditions"
        )


def analysed(name: str, analysis: Analysis, posterior: xr.Dataset, session: Session) -> xr.Dataset:
    """The result of an analysis, with what it is of among its attributes.

    Raises
    ------
    UserError
        If something is missing that it needs.
    """
    if why := lacking(analysis, posterior, session):
        raise UserError(f"the analysis `{name}` {why}")
    with named_if_it_fails(part("analyses", name)):
        result = analysis.compute(posterior, session)
    return _said(name, analysis, result, posterior, session.name)


def analysed_network(
    name: str,
    analysis: AnalysisOfNetwork,
    network: LFADS | None,
    posterior: xr.Dataset,
    session: Session,
) -> xr.Dataset:
    """The result of an analysis of a network, with what it is of among its attributes.

    Raises
    ------
    UserError
        If there is no network, or something is missing that the analysis needs.
    """
    if "baseline" in posterior.attrs:
        raise UserError(
            f"the analysis `{name}` is of the network itself, and these results are of the baseline "
            f"{posterior.attrs['baseline']}, which has none"
        )
    if why := lacking(analysis, posterior, session):
        raise UserError(f"the analysis `{name}` {why}")
    if network is None:
        raise UserError(
            f"the analysis `{name}` is of the network itself: give the run that the results are of, "
            "`run=lfads.open_run(...)`"
        )
    with named_if_it_fails(part("analyses", name)):
        result = analysis.compute_network(network, posterior, session)
    return _said(name, analysis, result, posterior, session.name)


def lacking_in_any(
    analysis: Shown, posteriors: Mapping[str, xr.Dataset], sessions: Mapping[str, Session]
) -> str:
    """What an analysis needs and some session has not, in words; empty if it applies to all."""
    for name, session in sessions.items():
        if why := lacking(analysis, posteriors[name], session):
            return f"{why} (session `{name}`)"
    return ""


def analysed_together(
    name: str,
    analysis: AnalysisOfSessions,
    posteriors: Mapping[str, xr.Dataset],
    sessions: Mapping[str, Session],
) -> xr.Dataset:
    """The result of an analysis of sessions together, with what it is of among its attributes.

    Raises
    ------
    UserError
        If something is missing that it needs.
    """
    if why := lacking_in_any(analysis, posteriors, sessions):
        raise UserError(f"the analysis `{name}` {why}")
    with named_if_it_fails(part("analyses", name)):
        result = analysis.compute_together(posteriors, sessions)
    first = next(iter(posteriors.values()))
    return _said(name, analysis, result, first, TOGETHER).assign_attrs(sessions=list(sessions))


def _said(
    name: str, analysis: Shown, result: xr.Dataset, posterior: xr.Dataset, session: str
) -> xr.Dataset:
    about = {k: posterior.attrs[k] for k in ("run", "source", "encoded") if k in posterior.attrs}
    return result.assign_attrs(
        format="lfads analysis", format_version=1, analysis=name, title=analysis.title,
        session=session, method=method_of(posterior), caption=analysis.caption(result), **about,
    )  # fmt: skip


def _there(name: str, posterior: xr.Dataset, session: Session) -> bool:
    if name not in _RECORDED:
        return holds(posterior, name)
    value = getattr(session, name)
    return value is not None and len(value) > 0
