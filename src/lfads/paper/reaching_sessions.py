"""Figure 4 and S6 (right): sessions of reaches stitched, against a network for each of them.

A simulated task stands for the paper's 44 recordings: five sessions of forty neurons each, all of the same
system. Scored are reaction times on single trials, and one decoder of the hand for all sessions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from lfads.analysis.agreement import cross_decoding, mean_of_sessions
from lfads.analysis.decoding_across import DecodingAcross
from lfads.analysis.reaction_time import ReactionTime
from lfads.data.dataset import Dataset
from lfads.evaluation.matching import values_of
from lfads.evaluation.scores import matched_parts
from lfads.numerics.correlations import correlations
from lfads.paper.ceilings.known import known_rates
from lfads.paper.cells import Found
from lfads.paper.experiment import Case, Claim, Experiment, Results, claim, claim_of_each
from lfads.paper.methods import LFADS, REFINE_STEPS, LFADSAlone, Opponent, Simulated
from lfads.paper.panels import equal_axes
from lfads.paper.reach_decoding import VELOCITY
from lfads.paper.reaching import LEAST_REPEATS
from lfads.paper.size import Size
from lfads.plots import style as house
from lfads.results import Posterior
from lfads.simulate.reaching import simulate_reaching

CASE = "reaching"
NUM_SESSIONS, NUM_NEURONS = 5, 40
STITCHED, ALONE, SMOOTHING = "stitched", "alone", "smoothing"
REFINED = "stitched, refined"
OF_STITCHED = (STITCHED, REFINED)
COLORS = {STITCHED: house.BLUE, ALONE: house.VERMILLION, SMOOTHING: house.GREY}

LEAST_R, LEAST_BETTER, LEAST_SHARE = 0.92, 0.8, 0.95
NUM_COMPONENTS, MOST_SAMPLES = 40, 20_000
"""Of the decoders: all factors that there are, and trials enough for them."""

EVERY_BIN = 4
"""Of the factors that are kept, so that networks can be compared."""

LOWEST_R2 = -0.3
"""That is drawn."""


def _simulated(seed: int, size: Size) -> Simulated:
    return Simulated(
        simulate_reaching(
            seed, num_sessions=NUM_SESSIONS, num_neurons=NUM_NEURONS,
            trials_per_condition=size.of(20, LEAST_REPEATS),
        )
    )  # fmt: skip


def keep(given: Simulated, posterior: Posterior) -> Found:
    """By session: r of reaction times; where there are factors, R² of the velocity by both decoders."""
    numbers = {
        "reaction_time_r": _reaction_time_r(given.dataset, posterior.sessions, "rates"),
        "of_true_rates": _of_true_rates(given.dataset),
    }
    if not all("factors" in found for found in posterior.sessions.values()):
        return Found(numbers)
    of_factors = _reaction_time_r(given.dataset, posterior.sessions, "factors")
    numbers |= {"reaction_time_r_of_factors": of_factors, **_decoded(given, posterior)}
    return Found(numbers, {"factors": _factors(given, posterior)})


def _reaction_time_r(
    dataset: Dataset, results: Mapping[str, xr.Dataset], signal: str
) -> dict[str, list[float]]:
    """Correlations of predicted and measured times by session, of validation trials and of all."""
    found: dict[str, list[float]] = {"valid": [], "all": []}
    for session in dataset.sessions:
        times = ReactionTime(signal=signal).compute(results[session.name], session)
        pair = times["predicted_s"].values, times["measured_s"].values
        left_out = session.trial_index[session.of_split("valid")]
        valid = np.isin(times["trial_index"].values, left_out)
        found["valid"].append(float(correlations(pair[0][valid], pair[1][valid], 0)))
        found["all"].append(float(times["r"]))
    return found


def _of_true_rates(dataset: Dataset) -> dict[str, list[float]]:
    """What the same prediction reaches from the true rates; seconds, so that nothing is kept."""
    return _reaction_time_r(dataset, known_rates(dataset).sessions, "rates")


def _decoded(given: Simulated, posterior: Posterior) -> dict[str, Any]:
    across = DecodingAcross(
        behavior=VELOCITY, num_components=(NUM_COMPONENTS,), most_samples=MOST_SAMPLES
    )
    sessions = {session.name: session for session in given.dataset.sessions}
    result = across.compute_together(posterior.sessions, sessions)
    own, common = result["r2"].mean("channel").values.tolist()
    return {"own_r2": own, "across_r2": common, "share": result["share"].values.tolist()}


def _factors(given: Simulated, posterior: Posterior) -> np.ndarray:
    """`session trial time factor`, some bins of the validation trials."""
    parts = matched_parts(given.dataset, posterior.sessions)
    valid = [values_of(part.of_split("valid").found, "factors", "factor") for part in parts]
    return np.stack(valid)[:, :, ::EVERY_BIN].astype(np.float32)


def claims(results: Results) -> Sequence[Claim]:
    """Reaction times stitched against alone; one decoder against each session's own; agreement."""
    by_factors = "reaction_time_r_of_factors"
    found = [_better(results, "reaction_time_r", "rates", target=True)]
    found.append(_better(results, by_factors, "factors", target=False))
    rows = [(method, "reaction_time_r", method) for method in EXPERIMENT.methods]
    rows.append(("true rates", "of_true_rates", STITCHED))
    rows += [(f"factors, {method}", by_factors, method) for method in (*OF_STITCHED, ALONE)]
    for words, key, method in rows:
        each = results.by_seed(lambda n, k=key: n[k]["valid"], (CASE, method))
        target, least = _aimed(LEAST_R) if words in OF_STITCHED else ("", None)
        found.append(claim_of_each(f"r of reaction times, {words}", target, each, least))
    for words, key, method in rows:
        mean = results.by_seed(lambda n, k=key: float(np.mean(n[k]["all"])), (CASE, method))
        found.append(claim(f"mean r of reaction times of all trials, {words}", "", mean))
    for method in (*OF_STITCHED, ALONE):
        target, least = _aimed(LEAST_SHARE) if method in OF_STITCHED else ("", None)
        shares = results.by_seed(lambda n: n["share"], (CASE, method))
        kept = f"share of the R² of its own decoder that one decoder keeps, {method}"
        found.append(claim_of_each(kept, target, shares, least))
        own = results.by_seed(lambda n: float(np.mean(n["own_r2"])), (CASE, method))
        words = f"mean R² of the velocity by each session's own decoder, {method}"
        found.append(claim(words, "", own))
    return [*found, *_agreement(results)]


def _aimed(least: float) -> tuple[str, float]:
    """At no less, in every session."""
    return f"≥ {least:.2f} in each session (target)", least


def _better(results: Results, key: str, signal: str, *, target: bool) -> Claim:
    """In how many sessions of all seeds together reaction times are told better by one network for all."""
    better = results.by_seed(
        lambda a, b: int(np.greater(a[key]["valid"], b[key]["valid"]).sum()),
        (CASE, STITCHED), (CASE, ALONE),
    )  # fmt: skip
    reached = sum(better.values()) >= LEAST_BETTER * NUM_SESSIONS * len(better)  # 12 of 15
    return Claim(
        "sessions whose reaction times one network for all tells better than one of their own, by "
        f"{signal}",
        "≥ 12 of 15, seeds together (target)" if target else "",
        {seed: f"{number} of {NUM_SESSIONS}" for seed, number in better.items()},
        reached if target and better else None,
    )


def _agreement(results: Results) -> list[Claim]:
    """R² with which factors of either kind of network are predicted from the other's."""
    here: dict[tuple[str, str], dict[int, float]] = {(STITCHED, ALONE): {}, (ALONE, STITCHED): {}}
    for seed in results.sizes:
        of = {
            m: results.of(CASE, m, seed).arrays["factors"]
            for m in (STITCHED, ALONE)
            if (CASE, m, seed) in results and "factors" in results.of(CASE, m, seed).arrays
        }  # numbers alone, as a benchmark keeps them, are without
        if len(of) < 2:
            continue
        num_trials, num_bins = of[ALONE].shape[1:3]
        fitted_to, within = np.ones(num_trials, bool), np.ones((num_trials, num_bins), bool)
        r2 = mean_of_sessions([
            cross_decoding({m: of[m][session] for m in of}, fitted_to, within)
            for session in range(NUM_SESSIONS)
        ])["r2"]  # fmt: skip
        for source, predicted in here:
            value = r2.sel({"predicted": predicted, "from": source})
            here[source, predicted][seed] = float(value)
    return [
        claim(f"mean R² of factors, {predicted} from {source}", "", numbers)
        for (source, predicted), numbers in here.items()
    ]


def draw(figure: Any, results: Results) -> None:
    """Reaction times against those of networks alone, and one decoder against each session's own."""
    left, right = figure.subplots(1, 2)
    of = {
        method: [results.of(CASE, method, s).numbers for s in _seeds(results, method)]
        for method in EXPERIMENT.methods
    }
    shown: list[float] = []
    for method in (SMOOTHING, STITCHED):
        pairs = [
            (a["reaction_time_r"]["valid"], b["reaction_time_r"]["valid"])
            for a, b in zip(of[ALONE], of[method], strict=False)
        ]
        shown += _draw_pairs(left, pairs, method)
    if shown:
        equal_axes([left], shown)
    left.axhline(LEAST_R, color=house.GREY, linewidth=0.7, linestyle=house.DOTTED, zorder=0)
    _finish(left, "r of reaction times, networks alone", "r, other method")
    shown = []
    for method in (ALONE, STITCHED):
        pairs = [(n["own_r2"], np.maximum(n["across_r2"], LOWEST_R2)) for n in of[method]]
        shown += _draw_pairs(right, pairs, method)
    equal_axes([right], [0.0, 1.0, *shown])
    _finish(right, "R² of the velocity, own decoder", "R², one decoder for all sessions")


def _seeds(results: Results, method: str) -> list[int]:
    return [seed for seed in results.sizes if (CASE, method, seed) in results]


def _draw_pairs(axes: Any, pairs: Sequence[tuple[Any, Any]], method: str) -> list[float]:
    """A dot for each session of each seed; the numbers are given back."""
    if not pairs:
        return []
    x, y = np.concatenate([np.asarray(pair, np.float64) for pair in pairs], axis=1)
    axes.plot(
        x, y, "o", color=COLORS[method], markersize=4.5, markeredgewidth=0, alpha=0.8, label=method
    )
    return [*x.tolist(), *y.tolist()]


def _finish(axes: Any, x: str, y: str) -> None:
    axes.axline((0, 0), slope=1, color=house.GREY, linewidth=0.7)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    house.tidy(axes)


EXPERIMENT = Experiment(
    title="Sessions of reaches",
    figures="4, S6",
    about=(
        f"{NUM_SESSIONS} sessions of {NUM_NEURONS} neurons each, none in two, plan and make the same "
        "reaches. One network for all is compared with a network for each session. The condition-"
        "independent signal of a trial tells when the hand will start; in the paper it does so better "
        "from the stitched network, and one decoder from its factors reads the hand in all sessions."
    ),
    cases={CASE: Case("reaching", _simulated)},
    methods={
        STITCHED: LFADS(),
        REFINED: LFADS(refine=REFINE_STEPS),
        ALONE: LFADSAlone(),
        SMOOTHING: Opponent("smoothing"),
    },
    keep=keep,
    claims=claims,
    draw=draw,
    height_in=3.0,
    caption=(
        "A dot is a session. Left: correlation of measured reaction times and those that rates tell, in "
        "validation trials, by one network for all sessions (blue) and by smoothed spikes (grey), against "
        "that by the session's own network; the dotted line is the target. Right: R² of the hand's "
        "velocity in trials that were left out, by one linear decoder for all sessions against each "
        f"session's own; factors of networks that were trained apart share no space. R² below {LOWEST_R2} "
        "is drawn there."
    ),
)
"""What `reproduce` runs."""
