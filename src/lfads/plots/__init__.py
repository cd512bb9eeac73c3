"""Figures of data, training and results; every function returns a `matplotlib.figure.Figure`.

A notebook shows the one that a cell ends with; `figure.savefig(...)` saves it. Nothing here imports
pyplot; where you have, `plt.show()` shows the figures, too.
"""

from lfads.plots import (
    agreement,
    common_space,
    diagram,
    dimensions,
    factors,
    initial_conditions,
    input_strength,
    inputs,
    psths,
    rates,
    slow_offsets,
    training,
    trials,
    truth,
)
from lfads.plots.notebook import shown

plot_agreement = shown(agreement.plot_agreement)
plot_dimensions = shown(dimensions.plot_dimensions)
plot_factor_time_courses = shown(factors.plot_factor_time_courses)
plot_factors = shown(factors.plot_factors)
plot_generative_model = shown(diagram.plot_generative_model)
plot_inference_network = shown(diagram.plot_inference_network)
plot_inferred_inputs = shown(inputs.plot_inferred_inputs)
plot_initial_conditions = shown(initial_conditions.plot_initial_conditions)
plot_input_strength = shown(input_strength.plot_input_strength)
plot_inputs_against_truth = shown(truth.plot_inputs_against_truth)
plot_latents = shown(truth.plot_latents)
plot_learning_curves = shown(training.plot_learning_curves)
plot_psths = shown(psths.plot_psths)
plot_rate_traces = shown(rates.plot_rate_traces)
plot_sessions = shown(common_space.plot_sessions)
plot_slow_offsets = shown(slow_offsets.plot_slow_offsets)
plot_trials = shown(trials.plot_trials)

__all__ = [
    "plot_agreement",
    "plot_dimensions",
    "plot_factor_time_courses",
    "plot_factors",
    "plot_generative_model",
    "plot_inference_network",
    "plot_inferred_inputs",
    "plot_initial_conditions",
    "plot_input_strength",
    "plot_inputs_against_truth",
    "plot_latents",
    "plot_learning_curves",
    "plot_psths",
    "plot_rate_traces",
    "plot_sessions",
    "plot_slow_offsets",
    "plot_trials",
]
