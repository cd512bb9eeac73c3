"""Figure S3: rates of a chaotic recurrent network, by LFADS and by three opponents, twenty latents each.

Supplementary Note of Pandarinath et al. 2018: 400 starts of the network, ten trials of each, at two gains.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lfads.evaluation.gains import rate_r2
from lfads.evaluation.scores import matched_parts
from lfads.numerics.components import principal_components
from lfads.paper.cells import Found
from lfads.paper.experiment import Case, Claim, Experiment, Results, claim
from lfads.paper.methods import LFADS, REFINE_STEPS, REFINED, Method, Opponent, Simulated
from lfads.paper.panels import METHOD_COLORS, against_each_other, equal_axes, traces
from lfads.paper.size import Size
from lfads.results import Posterior
from lfads.simulate.catalogue import STRONG
from lfads.simulate.chaotic_rnn import simulate_chaotic_rnn

NUM_LATENTS = 20
MOST_TRIALS = 800
"""That opponents are fitted to; they are scored on all validation trials."""

OPPONENTS = ("GPFA", "vLGP", "PfLDS")
SHOWN_NEURONS = 3


def _simulated(gain: float) -> Any:
    def simulate(seed: int, size: Size) -> Simulated:
        conditions = size.of(400, 10)
        return Simulated(simulate_chaotic_rnn(seed, gain=gain, num_conditions=conditions))

    return simulate


def keep(given: Simulated, posterior: Posterior) -> Found:
    """R² of the rates of every neuron in validation trials; rates of one trial; components of the truth."""
    (part,) = matched_parts(given.dataset, posterior.sessions)
    valid = part.of_split("valid")
    r2 = rate_r2(valid)
    rates = given.dataset.session.true_rates_hz
    assert rates is not None
    assert valid.session.true_rates_hz is not None
    shares = principal_components(
        rates[::10].reshape(-1, rates.shape[2]), NUM_LATENTS
    ).variance_fraction
    width = given.dataset.bin_width_s
    return Found(
        {
            "rate_r2_of_neurons": r2.tolist(),
            "rate_r2_mean": float(r2.mean()),
            "rate_r2_median": float(np.median(r2)),
            "share_of_variance": shares.tolist(),
        },
        {
            "true": valid.session.true_rates_hz[0, :, :SHOWN_NEURONS],
            "found": valid.rates[0, :, :SHOWN_NEURONS] / width,
            "time_s": given.dataset.time_s,
        },
    )


def claims(results: Results) -> Sequence[Claim]:
    """LFADS above every opponent on every neuron; twenty components hold 95 % of the variance."""
    found = []
    for case, about in EXPERIMENT.cases.items():
        for name in OPPONENTS:
            for ours in ("LFADS", REFINED):
                better = results.by_seed(_share_better, (case, ours), (case, name))
                words = f"{about.title}: neurons whose rates {ours} gives better than {name}"
                found.append(claim(words, "100 %", better, 1.0, "{:.1%}"))
        for name in EXPERIMENT.methods:
            means = results.by_seed(lambda n: n["rate_r2_mean"], (case, name))
            found.append(claim(f"{about.title}: mean R² of rates, {name}", "", means))
        shares = results.by_seed(lambda n: float(np.sum(n["share_of_variance"])), (case, "LFADS"))
        words = f"{about.title}: variance of the true rates in {NUM_LATENTS} components (S3c)"
        found.append(claim(words, "> 95 %", shares, 0.95, "{:.1%}"))
    return found


def _share_better(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> float:
    pair = (np.asarray(each["rate_r2_of_neurons"]) for each in (ours, theirs))
    return float(np.greater(*pair).mean())


def draw(figure: Any, results: Results) -> None:
    """Rows are gains: rates of a validation trial, and R² of each neuron against each opponent's."""
    rows = figure.subfigures(len(EXPERIMENT.cases), 1)
    for part, (case, about) in zip(rows, EXPERIMENT.cases.items(), strict=True):
        part.suptitle(about.title, x=0.01, ha="left", fontweight="bold")
        left, right = part.subfigures(1, 2, width_ratios=(1.0, 1.6))
        found = results.of(case, "LFADS")
        traces(
            left, found.arrays["time_s"], found.arrays["true"], found.arrays["found"],
            [f"neuron {n}" for n in range(SHOWN_NEURONS)], "rate (spikes/s)",
        )  # fmt: skip
        there = [name for name in OPPONENTS if (case, name, 0) in results]
        panels = right.subplots(1, len(OPPONENTS), sharex=True, sharey=True)
        of_method = {
            name: results.number(case, name, "rate_r2_of_neurons") for name in ("LFADS", *there)
        }
        equal_axes(list(panels), [r2 for each in of_method.values() for r2 in each])
        for axes, name in zip(panels, OPPONENTS, strict=True):
            theirs = of_method.get(name, [])
            against_each_other(axes, theirs, of_method["LFADS"], f"R², {name}", METHOD_COLORS[name])
        panels[0].set_ylabel("R², LFADS")


OURS = LFADS({"model": {"num_factors": NUM_LATENTS, "num_inferred_inputs": 0}})
METHODS: dict[str, Method] = {
    "LFADS": OURS,
    REFINED: dataclasses.replace(OURS, refine=REFINE_STEPS),
    "GPFA": Opponent("gpfa", {"num_latents": NUM_LATENTS}, MOST_TRIALS, "most_rounds"),
    "vLGP": Opponent("vlgp", {"num_latents": NUM_LATENTS}, MOST_TRIALS, "most_rounds"),
    "PfLDS": Opponent("pflds", {"num_latents": NUM_LATENTS}, MOST_TRIALS, "most_epochs"),
}

EXPERIMENT = Experiment(
    title="Rates of a chaotic network",
    figures="S3",
    about=(
        "Fifty Poisson neurons follow a recurrent network whose chaos is mild (gain 1.5) or strong "
        "(gain 2.5). The paper finds that LFADS predicts the rates of every single neuron better than "
        "GPFA, vLGP and PfLDS with as many latents."
    ),
    cases={
        "mild": Case("gain 1.5", _simulated(1.5)),
        "strong": Case(f"gain {STRONG}", _simulated(STRONG)),
    },
    methods=METHODS,
    keep=keep,
    claims=claims,
    draw=draw,
    height_in=5.4,
    caption=(
        "Validation trials. Left: true rates (black) of three neurons in one trial, and LFADS' (blue). "
        "Right: R² of the rates of each neuron, LFADS' against each opponent's; above the line LFADS is "
        f"better. Opponents are fitted to at most {MOST_TRIALS} of the training trials."
    ),
)
"""What `reproduce` runs."""
