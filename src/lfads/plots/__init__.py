"""Figures of data, training and results; every function returns a `matplotlib.figure.Figure`.

Nothing here touches pyplot's global state: save a figure with `figure.savefig(...)`; a notebook
shows the one that a cell ends with.
"""

from lfads.evaluation.inputs import InputNull
from lfads.plots.agreement import plot_agreement
from lfads.plots.common_space import plot_sessions
from lfads.plots.factors import plot_factor_time_courses, plot_factors
from lfads.plots.initial_conditions import plot_initial_conditions
from lfads.plots.inputs import plot_inferred_inputs
from lfads.plots.psths import plot_psths
from lfads.plots.rates import plot_rate_traces
from lfads.plots.training import plot_learning_curves
from lfads.plots.trials import plot_trials
from lfads.plots.truth import plot_inputs_against_truth, plot_latents

__all__ = [
    "InputNull",
    "plot_agreement",
    "plot_factor_time_courses",
    "plot_factors",
    "plot_inferred_inputs",
    "plot_initial_conditions",
    "plot_inputs_against_truth",
    "plot_latents",
    "plot_learning_curves",
    "plot_psths",
    "plot_rate_traces",
    "plot_sessions",
    "plot_trials",
]
