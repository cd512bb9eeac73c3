"""Several sessions of one chaotic network: one LFADS for all of them, against one for each.

In the paper's code, not in its figures: 100 neurons of which five sessions see 20 each, none in two.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lfads.evaluation.gains import rate_r2
from lfads.evaluation.scores import matched_parts
from lfads.evaluation.truth import LATENTS, recovered
from lfads.paper.cells import Found
from lfads.paper.experiment import Case, Claim, Experiment, Results, claim
from lfads.paper.methods import LFADS, LFADSAlone, Simulated
from lfads.paper.panels import equal_axes
from lfads.paper.size import Size
from lfads.plots import style as house
from lfads.results import Posterior
from lfads.simulate.chaotic_rnn_sessions import simulate_chaotic_rnn_sessions

CASE = "chaotic"
REPEATS = 10
"""Trials of a condition and session; the paper's code has 40."""

SETTINGS = {"model": {"num_factors": 10, "num_inferred_inputs": 0}}
STITCHED, ALONE = "stitched", "alone"


def _simulated(seed: int, size: Size) -> Simulated:
    num = size.of(150, 10)
    return Simulated(
        simulate_chaotic_rnn_sessions(seed, num_conditions=num, trials_per_condition=REPEATS)
    )


def keep(given: Simulated, posterior: Posterior) -> Found:
    """R² of the rates of every neuron, by session, and of the network's state by one map for all."""
    parts = matched_parts(given.dataset, posterior.sessions)
    r2 = {part.session.name: rate_r2(part.of_split("valid")).tolist() for part in parts}
    return Found(
        {
            "rate_r2_of_neurons": r2,
            "rate_r2_of_sessions": {name: float(np.mean(each)) for name, each in r2.items()},
            "state_r2": list(recovered(parts, LATENTS).r2["valid"]),
        }
    )


def claims(results: Results) -> Sequence[Claim]:
    """Stitched above alone in every session, and for how many neurons."""
    fits = (CASE, STITCHED), (CASE, ALONE)
    better = results.by_seed(
        lambda a, b: _share_better(a["rate_r2_of_sessions"], b["rate_r2_of_sessions"]), *fits
    )
    of_neurons = results.by_seed(
        lambda a, b: _share_better(a["rate_r2_of_neurons"], b["rate_r2_of_neurons"]), *fits
    )
    words = "whose rates one network for all gives better than one of their own"
    found = [
        claim(f"sessions {words}", "100 % (target)", better, 1.0, "{:.1%}"),
        claim(f"neurons {words}", "100 % (target)", of_neurons, 1.0, "{:.1%}"),
    ]
    for method in (STITCHED, ALONE):
        fit = CASE, method
        means = results.by_seed(
            lambda n: float(np.mean(list(n["rate_r2_of_sessions"].values()))), fit
        )
        state = results.by_seed(lambda n: float(np.mean(n["state_r2"])), fit)
        found.append(claim(f"mean R² of rates, {method}", "", means))
        found.append(claim(f"R² of the network's state by one map, {method}", "", state))
    return found


def _share_better(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> float:
    """Of numbers of sessions, or of the neurons of sessions."""
    better = [np.greater(ours[name], theirs[name]).ravel() for name in ours]
    return float(np.concatenate(better).mean())


def draw(figure: Any, results: Results) -> None:
    """R² of each neuron's rates, stitched against alone, and of the state."""
    left, right = figure.subplots(1, 2, width_ratios=(1.3, 1.0))
    together, alone = (
        results.number(CASE, method, "rate_r2_of_neurons") for method in (STITCHED, ALONE)
    )
    for color, name in zip(house.PALETTE, together, strict=False):
        left.plot(
            alone[name], together[name], "o", markersize=3.5, markeredgewidth=0, color=color,
            label=house.as_label(name),
        )  # fmt: skip
    left.axline((0, 0), slope=1, color=house.GREY, linewidth=0.7)
    equal_axes([left], [r2 for each in (together, alone) for rows in each.values() for r2 in rows])
    left.set_xlabel("R² of a neuron's rates, its session alone")
    left.set_ylabel("R², all sessions together")
    left.legend(loc="upper left", bbox_to_anchor=(1, 1))
    house.tidy(left)
    for color, method in ((house.BLUE, STITCHED), (house.GREY, ALONE)):
        state = results.number(CASE, method, "state_r2")
        right.plot(np.arange(len(state)), state, "o-", color=color, markersize=3.5, label=method)
    right.set_xlabel("component of the network's state")
    right.set_ylabel("R², one map for all sessions")
    right.set_ylim(-0.05, 1.02)
    right.legend(loc="lower left")
    house.tidy(right)


EXPERIMENT = Experiment(
    title="Sessions of different neurons",
    figures="",
    about=(
        "Five sessions record different neurons of one chaotic network. Stitched together they share "
        "generator and factors; alone each has a network of its own, whose factors mean nothing to the "
        f"others. {REPEATS} trials of each condition and session, where the paper's code has 40."
    ),
    cases={CASE: Case("chaotic network", _simulated)},
    methods={STITCHED: LFADS(SETTINGS), ALONE: LFADSAlone(SETTINGS)},
    keep=keep,
    claims=claims,
    draw=draw,
    height_in=3.4,
    caption=(
        "Validation trials. Left: R² of the rates of each neuron; above the line, sessions together are "
        "better. Right: R² of the ten leading components of the whole network's state, predicted by one "
        "linear map from the factors of all sessions."
    ),
)
"""What `reproduce` runs."""
