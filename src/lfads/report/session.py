"""The part of the report on one session: what was inferred from its trials.

`SECTIONS` lists what is shown, in order, and what each of it needs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lfads.checks import many
from lfads.data.session import Session
from lfads.evaluation.inputs import InputNull
from lfads.evaluation.matching import holds
from lfads.plots import captions
from lfads.plots.conditions import Conditions, conditions_of
from lfads.plots.dimensions import plot_dimensions, variance_shares
from lfads.plots.examples import method_of
from lfads.plots.factors import plot_factor_time_courses, plot_factors
from lfads.plots.initial_conditions import plot_initial_conditions
from lfads.plots.input_strength import plot_input_strength
from lfads.plots.inputs import plot_inferred_inputs
from lfads.plots.page import figure_block, heading, note
from lfads.plots.psths import plot_psths
from lfads.plots.rates import plot_rate_traces
from lfads.plots.slow_offsets import caption_of_slow_offsets, plot_slow_offsets
from lfads.plots.trials import plot_trials
from lfads.plots.truth import plot_inputs_against_truth, plot_latents
from lfads.report.analyses import analyses


@dataclass(frozen=True)
class Material:
    """What the figures of a session are made from."""

    posterior: xr.Dataset
    session: Session
    conditions: Conditions
    null: InputNull | None = None

    @cached_property
    def shares(self) -> np.ndarray:
        """Shares of variance, which take a decomposition: figure and caption need them."""
        return variance_shares(self.posterior)


@dataclass(frozen=True)
class Shown:
    """A figure: the end of its id, and how it and its caption are made."""

    name: str
    figure: Callable[[Material], Figure]
    caption: Callable[[Material], str]


@dataclass(frozen=True)
class Section:
    """Figures under a title.

    Parameters
    ----------
    title
        Above them.
    needs
        The variable of the posterior that they are made from.
    otherwise
        What is said where that is missing; empty for a section that is not there then.
    figures
        In order.
    applies
        Whether the section belongs to this session at all.
    """

    title: Callable[[Material], str] | str
    needs: str
    otherwise: str
    figures: tuple[Shown, ...]
    applies: Callable[[Session], bool] = lambda session: True


SECTIONS = (
    Section(
        "Single trials", "rates", "The posterior holds no rates.",
        (
            Shown(
                "trials",
                lambda m: plot_trials(m.posterior, m.session),
                lambda m: captions.trials(m.session),
            ),
            Shown(
                "traces",
                lambda m: plot_rate_traces(m.posterior, m.session),
                lambda m: captions.rate_traces(m.session, m.posterior),
            ),
        ),
    ),
    Section(
        lambda m: "Averages by condition" if m.conditions.known else "Average over trials",
        "rates", "The posterior holds no rates.",
        (
            Shown(
                "psths",
                lambda m: plot_psths(m.posterior, m.session),
                lambda m: captions.psths(m.conditions, m.posterior),
            ),
        ),
    ),
    Section(
        "Factors", "factors", "The posterior holds no factors.",
        (
            Shown(
                "factors",
                lambda m: plot_factors(m.posterior),
                lambda m: captions.factors(m.posterior, m.conditions),
            ),
            Shown(
                "courses",
                lambda m: plot_factor_time_courses(m.posterior),
                lambda m: captions.factor_time_courses(m.posterior),
            ),
            Shown(
                "dimensions",
                lambda m: plot_dimensions(m.posterior, shares=m.shares),
                lambda m: captions.dimensions(m.posterior, m.shares),
            ),
        ),
    ),
    Section(
        "Initial conditions", "initial_condition_mean", "The posterior holds no initial conditions.",
        (
            Shown(
                "initial-conditions",
                lambda m: plot_initial_conditions(m.posterior),
                lambda m: captions.initial_conditions(m.conditions),
            ),
        ),
    ),
    Section(
        "Inferred inputs", "inferred_inputs",
        "The network infers no inputs: nothing but its initial state and measured inputs drives it.",
        (
            Shown(
                "inputs",
                lambda m: plot_inferred_inputs(m.posterior, null=m.null),
                lambda m: captions.inferred_inputs(m.posterior, m.conditions, m.null),
            ),
            Shown(
                "input-strength",
                lambda m: plot_input_strength(m.posterior),
                lambda m: captions.input_strength(m.posterior),
            ),
        ),
    ),
    Section(
        "Slow changes over the session", "slow_offsets", "",
        (
            Shown(
                "slow-offsets",
                lambda m: plot_slow_offsets(m.posterior),
                lambda m: caption_of_slow_offsets(m.posterior),
            ),
        ),
    ),
    Section(
        "True latents", "factors", "No factors.",
        (
            Shown(
                "latents",
                lambda m: plot_latents(m.posterior, m.session),
                lambda m: captions.against_truth("latents", "factors"),
            ),
        ),
        applies=lambda session: session.true_latents is not None,
    ),
    Section(
        "True inputs", "inferred_inputs", "None inferred.",
        (
            Shown(
                "true-inputs",
                lambda m: plot_inputs_against_truth(m.posterior, m.session),
                lambda m: captions.against_truth("inputs", "inferred inputs"),
            ),
        ),
        applies=lambda session: session.true_inputs is not None,
    ),
)  # fmt: skip
"""What the report shows of a session, in order."""


def inferred(
    session: Session, posterior: xr.Dataset, prefix: str, null: InputNull | None = None
) -> list[str]:
    """Figures of what was inferred; `prefix` keeps their ids apart from other sessions'.

    `null` says what inferred inputs cost beside those of shuffled trials, where that was measured.
    """
    material = Material(posterior, session, conditions_of(posterior), null)
    parts, lacking = [note(_opening(posterior, material.conditions))], []
    for section in SECTIONS:
        if not section.applies(session):
            continue
        title = section.title if isinstance(section.title, str) else section.title(material)
        there = holds(posterior, section.needs)
        if not there and not section.otherwise:
            continue
        if not there and "baseline" in posterior.attrs:
            lacking.append(title.lower())
            continue
        parts += [heading(title), *([] if there else [note(section.otherwise)])]
        for shown in section.figures if there else ():
            figure, caption = shown.figure(material), shown.caption(material)
            parts.append(figure_block(figure, f"{prefix}-{shown.name}", caption))
    parts += analyses(posterior, session, prefix)
    if lacking:
        parts.append(note(f"{method_of(posterior).capitalize()} has no {', no '.join(lacking)}."))
    return parts


def _opening(posterior: xr.Dataset, conditions: Conditions) -> str:
    samples = posterior.attrs.get("num_samples")
    text = "Averages over the posterior" + (f" ({samples} samples)" if samples else "") + "."
    if "baseline" in posterior.attrs:
        text = f"Rates that the baseline {method_of(posterior)} predicts."
    if first := int(posterior.attrs.get("first_bin", 0)):
        text += (
            f" The first {many(first, 'bin')} of each trial serve the initial condition alone, so "
            "that time courses start after them."
        )
    time_s = posterior["time"].to_numpy()
    if time_s[0] < 0 < time_s[-1]:
        text += " A dotted line marks time 0, the event of alignment."
    if not conditions.known:
        text += " The trials bear no condition labels; averages are over all trials."
    return text
