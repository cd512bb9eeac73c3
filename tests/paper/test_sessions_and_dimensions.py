"""Claims that take several sessions, seeds or methods together, from numbers made by hand."""

from collections.abc import Sequence

import numpy as np
import pytest

from lfads.paper import dimensions, reaching_sessions
from lfads.paper.cells import Found
from lfads.paper.experiment import Results, claim_of_each
from lfads.paper.reaching_sessions import ALONE, CASE, SMOOTHING, STITCHED
from lfads.paper.size import FULL, QUARTER
from lfads.plots.drawn import drawn

SIZES = {0: FULL, 1: QUARTER, 2: QUARTER}


def sessions_found(r: Sequence[float], share: float = 1.0) -> Found:
    times = {"valid": [*r], "all": [*r]}
    own = np.full(5, 0.9)
    factors = np.random.default_rng(0).normal(size=(5, 20, 10, 3)).astype(np.float32)
    return Found(
        {
            "reaction_time_r": times, "reaction_time_r_of_factors": times, "of_true_rates": times,
            "own_r2": own.tolist(), "across_r2": (share * own).tolist(), "share": [share] * 5,
        },
        {"factors": factors},
    )  # fmt: skip


def sessions_results(num_better: Sequence[int], share: float = 1.0) -> Results:
    cells = {}
    for seed, better in enumerate(num_better):
        r = [0.96] * better + [0.94] * (5 - better)
        cells[CASE, STITCHED, seed] = sessions_found(r, share)
        cells[CASE, ALONE, seed] = sessions_found([0.95] * 5, -5.0)
    return Results(cells, SIZES)


@pytest.mark.parametrize(
    ("num_better", "share", "better", "kept"),
    [([5, 5, 2], 0.96, True, True), ([5, 5, 1], 0.94, False, False), ([5, 5], 0.96, None, None)],
)
def test_sessions_of_all_seeds_are_counted_together(num_better, share, better, kept) -> None:
    results = sessions_results(num_better, share)
    claims = {one.what: one for one in reaching_sessions.EXPERIMENT.judged(results)}
    (of_better,) = [c for w, c in claims.items() if w.startswith("sessions") and "rates" in w]
    assert of_better.here[0] == "5 of 5"
    assert of_better.reached is better
    of_share = claims[f"share of the R² of its own decoder that one decoder keeps, {STITCHED}"]
    assert of_share.here[0] == ", ".join([f"{share:.3f}"] * 5)
    assert of_share.reached is kept
    assert claims[f"mean R² of factors, {ALONE} from {STITCHED}"].here[0] == "1.000"  # the same


def test_sessions_are_drawn_with_methods_missing_and_below_what_is_drawn() -> None:
    results = sessions_results([4, 4, 4])
    experiment = reaching_sessions.EXPERIMENT
    left, right = drawn(lambda f: experiment.draw(f, results), experiment.height_in).axes
    assert left.get_legend_handles_labels()[1] == [STITCHED]
    dots = [np.asarray(line.get_ydata()) for line in right.lines if line.get_marker() == "o"]
    lowest = min(each.min() for each in dots)
    assert lowest == reaching_sessions.LOWEST_R2
    only = Results({(CASE, SMOOTHING, 0): sessions_found([0.8] * 5)}, {0: FULL})
    drawn(lambda f: experiment.draw(f, only), experiment.height_in)
    assert {one.what for one in experiment.judged(only)} == {
        "r of reaction times, smoothing", "mean r of reaction times of all trials, smoothing"
    }  # fmt: skip


def dimensions_results(ours: Sequence[float], theirs: Sequence[float]) -> Results:
    cells = {}
    for line in dimensions.LINES:
        r2 = ours if line.words == "LFADS" else theirs
        less = 0.0 if line.words in ("LFADS", "GPFA, 50 ms") else 0.3
        for value, method in zip(r2, line.methods, strict=True):
            found = {"factors": value - less, "rates": value}
            numbers = {"velocity_r2": found, "smoothed_r2": 0.5}
            cells[dimensions.CASE, method, 0] = Found(numbers)
    return Results(cells, {0: FULL})


def test_lfads_is_compared_with_the_best_width_number_by_number_and_at_best() -> None:
    results = dimensions_results((0.5, 0.7, 0.9, 0.9, 0.9), (0.6, 0.65, 0.7, 0.8, 0.8))
    of_each, best, of_rates, best_rates = dimensions.EXPERIMENT.judged(results)[:4]
    assert of_each.here[0] == "-0.100, +0.050, +0.200, +0.100, +0.100"
    assert of_each.reached is False
    assert (best.here[0], best.reached) == ("+0.100", True)
    assert of_rates.here[0] == of_each.here[0]
    assert best_rates.reached is True


def test_methods_have_so_many_dimensions() -> None:
    methods = dimensions.EXPERIMENT.methods
    assert set(methods) == {m for line in dimensions.LINES for m in line.methods}
    assert methods["LFADS_5"].settings(FULL, 0)["model"]["num_factors"] == 5
    chosen = methods["GPFA_50ms_20"].settings(FULL, 0)["choices"]
    assert (chosen["num_latents"], chosen["bins_together"]) == (20, 10)
    together = round(0.05 / dimensions.BIN_WIDTH_S)
    assert chosen["bins_together"] == together


def test_one_of_several_numbers_that_is_less_misses() -> None:
    assert claim_of_each("r", "", {0: [1.0, 0.9], 1: [1.0, 0.8]}, 0.9).reached is False
    assert claim_of_each("r", "", {0: [1.0, float("nan")]}, 0.9).reached is False
    assert claim_of_each("r", "", {0: [1.0, 0.9]}, 0.9).reached is True
    assert claim_of_each("r", "", {}, 0.9).reached is None
