"""Figures 5 and S10: inferred inputs around a jump of the cursor, and around the onset of the target.

The simulated reaching task stands for the recordings: the correction of a reach acts from 90 to 150 ms
after the cursor jumped, to the left or right of the reach; a target is seen 60 ms after its onset.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from lfads.analysis.inputs_around_events import InputsAroundEvents
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.evaluation.matching import holds, values_of
from lfads.evaluation.scores import matched_parts
from lfads.numerics.components import principal_components
from lfads.paper.cells import Found
from lfads.paper.experiment import Case, Claim, Experiment, Results, claim
from lfads.paper.jumps_figure import draw_jumps
from lfads.paper.methods import LFADS, Ceiling, Opponent, Simulated
from lfads.paper.size import Size
from lfads.results import Posterior
from lfads.simulate.reaching import simulate_reaching
from lfads.simulate.reaching_dynamics import CORRECTION_AFTER_S, CORRECTION_S, SEEN_AFTER_S

JUMPS, TARGETS = "jumps", "targets"
LEAST_TOLD, MOST_OFF_MS = 0.95, 30.0
LEAST_REPEATS = 10
"""Of a condition, so that each side of each direction has two validation trials with a jump."""

NUM_INPUTS = 4
"""Inferred inputs of the second LFADS; the trigger and the correction are three."""

NUM_COMPONENTS = 8
"""Of rates, which stand for inputs where a method infers none."""

WORDS = {
    "LFADS": "LFADS, one inferred input",
    "LFADS4": f"LFADS, {NUM_INPUTS} inferred inputs",
    "smoothing": f"{NUM_COMPONENTS} components of smoothed rates",
    "true": "true inputs",
}


def _simulated(seed: int, size: Size) -> Simulated:
    repeats = size.of(20, LEAST_REPEATS)
    return Simulated(simulate_reaching(seed, trials_per_condition=repeats, jumps=True))


def _simulated_targets(seed: int, size: Size) -> Simulated:
    repeats = size.of(20, LEAST_REPEATS)
    return Simulated(simulate_reaching(seed, trials_per_condition=repeats, around="target_on"))


def analysis_of_jumps() -> InputsAroundEvents:
    """Sides are compared within directions: the correction is relative to the reach."""
    return InputsAroundEvents(event="jump_time", by="jump_side", within="direction")


def analysis_of_targets() -> InputsAroundEvents:
    """Directions, of all bends together."""
    return InputsAroundEvents(event="target_on", by="direction", within="", window_s=(-0.1, 0.5))


def true_inputs(dataset: Dataset, system: None = None, seed: int = 0) -> Posterior:
    """The truth as if it had been inferred: what the analysis itself can reach."""
    session = dataset.session
    if session.true_inputs is None or session.true_rates_hz is None:
        raise ValueError("the data have no true inputs")
    over = ("trial", "time")
    truth = {
        "rates": Variable(session.true_rates_hz, (*over, "neuron"), "spikes/s"),
        "inferred_inputs": Variable(session.true_inputs, (*over, "input")),
    }
    about = {"observation": "poisson", "source": dataset.source}
    return Posterior({session.name: labelled_results(truth, session, dataset, attributes=about)})


def keep(given: Simulated, posterior: Posterior) -> Found:
    """How well groups are told in left-out trials, and when they begin to differ in validation trials."""
    (part,) = matched_parts(given.dataset, posterior.sessions)
    valid = part.of_split("valid")
    jumps = "jump_side" in valid.session.trial_table
    analysis = analysis_of_jumps() if jumps else analysis_of_targets()
    found = analysis.compute(with_inputs(valid.found), valid.session)
    of_all = analysis.compute(with_inputs(part.found), part.session)
    numbers: dict[str, Any] = {
        "num_events": int(of_all.sizes["trial"]),
        **{name: float(of_all[name]) for name in ("accuracy", "chance", "chance_high", "p")},
        "accuracy_of_valid": float(found["accuracy"]),
        **{name: float(found[name]) for name in ("first_s", "largest_s")},
    }
    shown = of_all.isel(trial=np.isin(of_all["trial_index"], found["trial_index"]))
    middle_s = found["time"].to_numpy() + 0.5 * given.dataset.bin_width_s
    arrays = {
        "time_s": middle_s,
        "difference": found["difference"].to_numpy(),
        "band": found["band"].to_numpy(),
        "group": found["group"].to_numpy().astype(np.float64),
        "group_of_trial": shown["group_of_trial"].to_numpy(),
        "event_s": shown["event_s"].to_numpy(),
    }
    if jumps:
        arrays["along"] = shown["along"].to_numpy()
    else:
        strongest = int(found["strength"].sel(period="after").to_numpy().argmax())
        arrays["mean"] = found["mean"].to_numpy()[..., strongest]
    return Found(numbers, arrays)


def with_inputs(found: xr.Dataset) -> xr.Dataset:
    """Results; leading components of rates are their inputs, where none are inferred."""
    if holds(found, "inferred_inputs"):
        return found
    rates = values_of(found, "rates", "neuron")
    scores = principal_components(rates.reshape(-1, rates.shape[2]), NUM_COMPONENTS).scores
    over = ("trial", "time", "input")
    return found.assign(inferred_inputs=(over, scores.reshape(*rates.shape[:2], -1)))


def claims(results: Results) -> Sequence[Claim]:
    """Whether the side of a jump is told and its time found; the direction of a target."""
    found = []
    acts, ends = 1000 * CORRECTION_AFTER_S, 1000 * (CORRECTION_AFTER_S + CORRECTION_S)
    for method in EXPERIMENT.methods_of(JUMPS):
        fit, words, ours = (JUMPS, method), WORDS[method], method == "LFADS"
        told = results.by_seed(lambda n: n["accuracy"], fit)
        target = f"≥ {LEAST_TOLD:.2f} (target)" if ours else ""
        what = f"{words}: jumps whose side is told, left-out trials"
        found.append(claim(what, target, told, LEAST_TOLD if ours else None))
        for key, of in (
            ("accuracy_of_valid", "among validation trials alone"),
            ("chance_high", "by chance (95 % lie below)"),
        ):
            numbers = results.by_seed(lambda n, k=key: n[k], fit)
            found.append(claim(f"{words}: the same, {of}", "", numbers))
        off = results.by_seed(lambda n: _ms(n["first_s"]) - acts, fit)
        found.append(
            claim(
                f"{words}: sides first differ, after the jump + {acts:.0f} ms",
                f"within {MOST_OFF_MS:.0f} ms (target)" if ours else "",
                off, -MOST_OFF_MS if ours else None, "{:+.0f} ms", most=MOST_OFF_MS,
            )
        )  # fmt: skip
        largest = results.by_seed(lambda n: _ms(n["largest_s"]), fit)
        true = f"{acts:.0f} to {ends:.0f} ms (truth)"
        what = f"{words}: sides differ most, after the jump"
        found.append(claim(what, true, largest, form="{:.0f} ms"))
    for method in EXPERIMENT.methods_of(TARGETS):
        fit, words = (TARGETS, method), WORDS[method]
        for key, of in (
            ("accuracy", "left-out trials"),
            ("chance_high", "by chance (95 % lie below)"),
        ):
            numbers = results.by_seed(lambda n, k=key: n[k], fit)
            found.append(claim(f"{words}: targets whose direction is told, {of}", "", numbers))
        first = results.by_seed(lambda n: _ms(n["first_s"]), fit)
        true = f"{1000 * SEEN_AFTER_S:.0f} ms (truth)"
        what = f"{words}: directions first differ, after the onset of the target"
        found.append(claim(what, true, first, form="{:.0f} ms"))
    return found


def _ms(time_s: float) -> float:
    """Of a whole bin."""
    return round(1000 * time_s, 6)


def draw(figure: Any, results: Results) -> None:
    """Above jumps, below targets."""
    methods = {case: [*EXPERIMENT.methods_of(case)] for case in (JUMPS, TARGETS)}
    truth = {
        JUMPS: (CORRECTION_AFTER_S, CORRECTION_AFTER_S + CORRECTION_S),
        TARGETS: (SEEN_AFTER_S,),
    }
    draw_jumps(figure, results, methods, truth)


EXPERIMENT = Experiment(
    title="Jumps of the cursor found as inferred inputs",
    figures="5, S10",
    about=(
        "In two of three reaches the cursor jumps to the left or right of the reach, and 90 ms later an "
        "input corrects the movement for 60 ms. In the paper inputs that LFADS infers tell the side of "
        "single trials. The side is asked within each direction, since the correction is relative to the "
        "reach, by a discriminant that was fitted on other trials; of all trials, since few of a direction "
        "validate. Times are those of the first bin in which more variance is explained, in validation "
        "trials, than in any bin of 99 % of shuffled labels. True inputs, "
        "analysed alike, show what the analysis can reach; smoothed rates, what is told without inputs: "
        "they follow the hand, so that the side stays told after the correction. Around the onset of the "
        "target, in data of their own, inputs are asked for the direction. LFADS has one inferred input, "
        f"the default, and {NUM_INPUTS}."
    ),
    cases={
        JUMPS: Case("jumps of the cursor", _simulated),
        TARGETS: Case("onset of the target", _simulated_targets, ("LFADS", "smoothing")),
    },
    methods={
        "LFADS": LFADS(),
        "LFADS4": LFADS({"model": {"num_inferred_inputs": NUM_INPUTS}}),
        "smoothing": Opponent("smoothing"),
        "true": Ceiling(true_inputs),
    },
    keep=keep,
    claims=claims,
    draw=draw,
    height_in=5.6,
    caption=(
        "Validation trials, but for accuracies, which are of all. Above, around the jump: LFADS' input "
        "along the difference of the sides in other trials of the direction, averages by side ± s.e.m. and "
        "single trials; and the share of the variance that sides explain. Below, around the onset of the "
        "target: averages of LFADS' strongest input by direction; the share of the variance they "
        "explain; and accuracies (lines: 95 % of shuffled labels). Dotted: the bands of shuffled labels. "
        "Grey: when the true input acts; a line when the target is seen."
    ),
)  # fmt: skip
"""What `reproduce` runs."""
