"""What an analysis is: what it needs, what it computes from a session's results, and how that is shown.

An analysis of another package is a class of this form, named in its entry points (`lfads.analyses`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import xarray as xr

from lfads.checks import UserError
from lfads.data.session import Session
from lfads.evaluation.matching import holds
from lfads.parts import made, named_if_it_fails, part
from lfads.plots.examples import method_of

WORDS = {
    "rates": "rates",
    "factors": "factors",
    "inferred_inputs": "inferred inputs",
    "generator_states": "states of the generator",
    "initial_condition_mean": "initial conditions",
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
class Analysis(Protocol):
    """A question to the results of a session. Choices are the constructor's parameters, with defaults."""

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

    def numbers(self, result: xr.Dataset) -> Sequence[tuple[str, ...]]:
        """The main numbers as rows of words, the header first."""
        ...

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        ...

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """Draw into an empty figure, with what it has and the helpers of `lfads.plots`."""
        ...


def analysis_named(name: str, choices: Mapping[str, Any] | None = None) -> Analysis:
    """An analysis with some of its choices; a UserError if there is none of that name."""
    return made("analyses", name, choices or {})


def lacking(analysis: Analysis, posterior: xr.Dataset, session: Session) -> str:
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
    about = {k: posterior.attrs[k] for k in ("run", "source", "encoded") if k in posterior.attrs}
    return result.assign_attrs(
        format="lfads analysis", format_version=1, analysis=name, title=analysis.title,
        session=session.name, method=method_of(posterior), caption=analysis.caption(result), **about,
    )  # fmt: skip


def _there(name: str, posterior: xr.Dataset, session: Session) -> bool:
    if name not in _RECORDED:
        return holds(posterior, name)
    value = getattr(session, name)
    return value is not None and len(value) > 0
