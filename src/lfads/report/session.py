"""The part of the report on one session: what was inferred from its trials."""

import xarray as xr
from matplotlib.figure import Figure

from lfads.checks import many
from lfads.data.session import Session
from lfads.evaluation.matching import holds
from lfads.plots import captions
from lfads.plots.conditions import Conditions, conditions_of
from lfads.plots.factors import plot_factor_time_courses, plot_factors
from lfads.plots.initial_conditions import plot_initial_conditions
from lfads.plots.inputs import plot_inferred_inputs
from lfads.plots.page import figure_block, heading, note
from lfads.plots.psths import plot_psths
from lfads.plots.rates import plot_rate_traces, plot_trials
from lfads.plots.truth import plot_inputs_against_truth, plot_latents


def inferred(session: Session, posterior: xr.Dataset, prefix: str) -> list[str]:
    """Figures of what was inferred; `prefix` keeps their ids apart from other sessions'."""
    conditions = conditions_of(posterior)
    parts = [note(_opening(posterior, conditions))]

    def show(name: str, figure: Figure, caption: str) -> None:
        parts.append(figure_block(figure, f"{prefix}-{name}", caption))

    def part(title: str, variable: str, otherwise: str) -> bool:
        """Open a part; a sentence stands in it if the posterior lacks the variable."""
        there = holds(posterior, variable)
        parts.extend([heading(title), *([] if there else [note(otherwise)])])
        return there

    if part("Single trials", "rates", "The posterior holds no rates."):
        show("trials", plot_trials(posterior, session), captions.trials(session))
        show("traces", plot_rate_traces(posterior, session), captions.rate_traces(session))
    title = "Averages by condition" if conditions.known else "Average over trials"
    if part(title, "rates", "The posterior holds no rates."):
        show("psths", plot_psths(posterior, session), captions.psths(conditions))
    if part("Factors", "factors", "The posterior holds no factors."):
        show("factors", plot_factors(posterior), captions.factors(posterior, conditions))
        courses = plot_factor_time_courses(posterior)
        show("courses", courses, captions.factor_time_courses(posterior))
    lack = "The posterior holds no initial conditions."
    if part("Initial conditions", "initial_condition_mean", lack):
        figure = plot_initial_conditions(posterior)
        show("initial-conditions", figure, captions.initial_conditions(conditions))
    lack = (
        "The network infers no inputs: nothing but its initial state and measured inputs drives it."
    )
    if part("Inferred inputs", "inferred_inputs", lack):
        figure = plot_inferred_inputs(posterior)
        show("inputs", figure, captions.inferred_inputs(posterior, conditions))
    if session.true_latents is not None and part("True latents", "factors", "No factors."):
        caption = captions.against_truth("latents", "factors")
        show("latents", plot_latents(posterior, session), caption)
    if session.true_inputs is not None and part("True inputs", "inferred_inputs", "None inferred."):
        caption = captions.against_truth("inputs", "inferred inputs")
        show("true-inputs", plot_inputs_against_truth(posterior, session), caption)
    return parts


def _opening(posterior: xr.Dataset, conditions: Conditions) -> str:
    samples = posterior.attrs.get("num_samples")
    text = "Averages over the posterior" + (f" ({samples} samples)" if samples else "") + "."
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
