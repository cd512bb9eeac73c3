"""Figures S7 and S8: pulses that perturb a chaotic network, found as inferred inputs; and their strength.

Supplementary Note of Pandarinath et al. 2018: both gains, with pulses and without, one inferred input.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lfads.evaluation.matching import values_of
from lfads.evaluation.scores import matched_parts
from lfads.paper.ceilings.pulses import pulse_times
from lfads.paper.cells import Found
from lfads.paper.experiment import Case, Claim, Experiment, Results, claim
from lfads.paper.methods import LFADS, UNGATED, Ceiling, Simulated
from lfads.paper.panels import METHOD_COLORS
from lfads.paper.size import Size
from lfads.plots import style as house
from lfads.results import Posterior
from lfads.simulate.catalogue import STRONG
from lfads.simulate.chaotic_rnn import chaotic_rnn_system, simulate_chaotic_rnn

NUM_FACTORS = 20
NEAR_BINS = 3
"""About a pulse: its bin, and so many before and behind."""

FOUND = 0.95
"""Share of the pulses that a threshold on the input finds, when false alarms are counted."""

MOST_SHOWN = 200
GAINS = {"mild": 1.5, "strong": STRONG}


def _simulated(gain: float, *, pulses: bool) -> Any:
    def simulate(seed: int, size: Size) -> Simulated:
        num = size.of(400, 10)
        dataset = simulate_chaotic_rnn(seed, gain=gain, pulses=pulses, num_conditions=num)
        return Simulated(dataset, chaotic_rnn_system(seed, gain=gain, num_conditions=num))

    return simulate


def keep(given: Simulated, posterior: Posterior) -> Found:
    """When the inferred input peaks in each validation trial, when the pulse came, and √⟨u²⟩."""
    (part,) = matched_parts(given.dataset, posterior.sessions)
    valid, width = part.of_split("valid"), given.dataset.bin_width_s
    inferred = values_of(valid.found, "inferred_inputs", "input")[:, :, 0]
    strength = np.sqrt((inferred**2).mean(1))
    numbers: dict[str, Any] = {"strength_mean": float(strength.mean())}
    arrays = {"strength": strength, "time_s": given.dataset.time_s}
    known = valid.session.true_inputs
    if known is not None:
        pulse, peak = known[:, :, 0].argmax(1), np.abs(inferred).argmax(1)
        off = peak - pulse
        near = np.abs(np.arange(inferred.shape[1]) - pulse[:, None]) <= NEAR_BINS
        numbers |= {
            "within_10_ms": float((np.abs(off) * width <= 0.010 + 1e-9).mean()),
            "within_20_ms": float((np.abs(off) * width <= 0.020 + 1e-9).mean()),
            "mean_error_ms": float(off.mean() * width * 1000),
            "one_bin_early": float((off == -1).mean()),
            "one_bin_late": float((off == 1).mean()),
            "strength_near_over_elsewhere": ratio_of_strengths(inferred[near], inferred[~near]),
            "false_alarms_within_10_ms": false_alarms(np.abs(inferred), pulse, 0.010 / width),
            "false_alarms_within_20_ms": false_alarms(np.abs(inferred), pulse, 0.020 / width),
        }
        shown = np.argsort(pulse, kind="stable")
        shown = shown[np.linspace(0, len(shown) - 1, min(len(shown), MOST_SHOWN)).astype(int)]
        arrays |= {
            "inferred": inferred[shown].astype(np.float32), "shown_pulse_s": pulse[shown] * width,
            "pulse_s": pulse * width, "peak_s": peak * width,
        }  # fmt: skip
    return Found(numbers, arrays)


def ratio_of_strengths(near: np.ndarray, elsewhere: np.ndarray) -> float:
    """Of root mean squares, at most a million; NaN if there is no input at all.

    >>> ratio_of_strengths(np.array([3.0]), np.array([-1.0, 1.0]))
    3.0
    """
    here, there = (float(np.sqrt((each**2).mean())) for each in (near, elsewhere))
    return here / max(there, 1e-6 * here) if here or there else np.nan


def false_alarms(strength: np.ndarray, pulse: np.ndarray, tolerance_bins: float) -> float:
    """Share of trials that cross a threshold away from their pulse: the one that finds nineteen of twenty.

    Parameters
    ----------
    strength
        `trial time`, never negative.
    pulse
        The bin of each trial's pulse.
    tolerance_bins
        A crossing so near to the pulse finds it; one within three bins of it is no false alarm.

    Examples
    --------
    >>> strength = np.zeros((2, 20))
    >>> strength[:, 10], strength[0, 2] = 1.0, 1.5
    >>> false_alarms(strength, np.array([10, 10]), 1.0)
    0.5
    """
    apart = np.abs(np.arange(strength.shape[1]) - pulse[:, None])
    at_pulse = np.where(apart <= tolerance_bins + 1e-9, strength, 0).max(1)
    elsewhere = np.where(apart > NEAR_BINS, strength, 0).max(1)
    threshold = np.quantile(at_pulse, 1 - FOUND, method="lower")
    return float((elsewhere >= threshold).mean())


def claims(results: Results) -> Sequence[Claim]:
    """Times of peaks, false alarms, strength near the pulse; strength with pulses and without."""
    found = []
    for name, gain in GAINS.items():
        for method in ("LFADS", UNGATED, "ceiling"):
            fit, about = (f"{name}_pulses", method), f"gain {gain}, {method}"
            near = results.by_seed(lambda n: n["within_10_ms"], fit)
            aimed = ("≥ 95 % (target)", near, 0.95) if method == "LFADS" else ("", near, None)
            words = f"{about}: trials whose input peaks within 10 ms of the pulse"
            found.append(claim(words, *aimed, "{:.1%}"))
            near = results.by_seed(lambda n: n["within_20_ms"], fit)
            found.append(claim(f"{about}: within 20 ms", "", near, None, "{:.1%}"))
        for method in ("LFADS", UNGATED):
            found += _claims_of_inputs(results, name, f"gain {gain}, {method}", method)
        ratio = results.by_seed(
            lambda pulses, none: pulses["strength_mean"] / none["strength_mean"],
            (f"{name}_pulses", "LFADS"), (name, "LFADS"),
        )  # fmt: skip
        words = f"gain {gain}, LFADS: √⟨u²⟩ with pulses over without (S8)"
        found.append(claim(words, "above 1", ratio, 1.0, "{:.2f}"))
    return found


def _claims_of_inputs(results: Results, name: str, about: str, method: str) -> list[Claim]:
    fit = (f"{name}_pulses", method)
    ratio = results.by_seed(lambda n: n["strength_near_over_elsewhere"], fit)
    words = f"{about}: input about the pulse over input elsewhere (r.m.s.)"
    found = [claim(words, "≥ 3 (target)", ratio, 3.0, "{:.2f}")]
    for key, words in (("one_bin_early", "one bin early"), ("one_bin_late", "one bin late")):
        share = results.by_seed(lambda n, k=key: n[k], fit)
        found.append(claim(f"{about}: inputs that peak {words}", "", share, None, "{:.1%}"))
    late_ms = results.by_seed(lambda n: n["mean_error_ms"], fit)
    words = f"{about}: mean time from pulse to peak (ms)"
    found.append(claim(words, "−2 to 2 (target)", late_ms, -2.0, "{:.1f}", most=2.0))
    for ms in (10, 20):
        share = results.by_seed(lambda n, k=f"false_alarms_within_{ms}_ms": n[k], fit)
        words = f"{about}: trials with a false alarm where 95 % are found within {ms} ms"
        found.append(claim(words, "≤ 5 % (target)", share, 0.0, "{:.1%}", most=0.05))
    return found


def draw(figure: Any, results: Results) -> None:
    """Rows are gains: inputs of trials in order of their pulse, times of peaks, strengths."""
    rows = figure.subfigures(len(GAINS), 1)
    for part, (name, gain) in zip(rows, GAINS.items(), strict=True):
        part.suptitle(f"gain {gain}", x=0.01, ha="left", fontweight="bold")
        image, peaks, strengths = part.subplots(1, 3, width_ratios=(1.5, 1.0, 1.2))
        arrays = results.of(f"{name}_pulses", "LFADS").arrays
        _draw_image(part, image, arrays)
        _draw_peaks(peaks, results, f"{name}_pulses")
        _draw_strengths(strengths, results, name)


def _draw_image(part: Any, axes: Any, arrays: Any) -> None:
    inferred, time_s = arrays["inferred"], arrays["time_s"]
    width = time_s[1] - time_s[0]
    limit = float(np.quantile(np.abs(inferred), 0.995)) or 1.0
    extent = (time_s[0], time_s[-1] + width, len(inferred), 0)
    colors = house.draw_image(axes, inferred, extent, vmin=-limit, vmax=limit, cmap="RdBu_r")
    middle = np.arange(len(inferred)) + 0.5
    axes.plot(arrays["shown_pulse_s"] + width / 2, middle, color=house.INK, linewidth=0.8)
    axes.set_ylabel("trials, in order of their pulse")
    house.over_time(axes, time_s)
    house.draw_scale(part, colors, axes, "inferred input (a.u.)")


def _draw_peaks(axes: Any, results: Results, case: str) -> None:
    house.tidy(axes)
    axes.axline((0, 0), slope=1, color=house.GREY, linewidth=0.7)
    for method, size in (("ceiling", 6), ("LFADS", 3), (UNGATED, 2)):
        if (case, method, 0) in results:
            arrays = results.of(case, method).arrays
            axes.plot(
                arrays["pulse_s"], arrays["peak_s"], "o", markersize=size, markeredgewidth=0,
                alpha=0.5, color=METHOD_COLORS[method], label=method,
            )  # fmt: skip
    axes.set_xlabel("time of the pulse (s)")
    axes.set_ylabel("time of the peak (s)")
    axes.set_xlim(0.2, 0.8)
    axes.set_ylim(-0.02, 1.02)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)


def _draw_strengths(axes: Any, results: Results, name: str) -> None:
    house.tidy(axes)
    both = {"with pulses": f"{name}_pulses", "without": name}
    there = {k: case for k, case in both.items() if (case, "LFADS", 0) in results}
    values = {words: results.of(case, "LFADS").arrays["strength"] for words, case in there.items()}
    edges = np.linspace(0, max(float(v.max()) for v in values.values()) or 1.0, 31)
    for color, (words, strength) in zip((house.BLUE, house.GREY), values.items(), strict=False):
        axes.hist(strength, edges, density=True, color=color, alpha=0.6, label=words)
    axes.set_xlabel("√⟨u²⟩ of a trial (a.u.)")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)


EXPERIMENT = Experiment(
    title="Pulses found as inferred inputs",
    figures="S7, S8",
    about=(
        "One pulse, at a time that differs from trial to trial, perturbs the chaotic network. The paper "
        "finds the pulse in the input that LFADS infers, and a larger input where the data have pulses "
        "than where they have none. The ceiling knows network, start and size of the pulse and takes the "
        "likelihood of each bin that may have a pulse. Settings are the defaults with twenty factors, and "
        "where there are pulses the same with a generator without gates (`vanilla_rnn`), in which an input "
        "acts at once."
    ),
    cases={
        **{
            f"{k}_pulses": Case(f"gain {g}, pulses", _simulated(g, pulses=True))
            for k, g in GAINS.items()
        },
        **{k: Case(f"gain {g}", _simulated(g, pulses=False), ("LFADS",)) for k, g in GAINS.items()},
    },
    methods={
        "LFADS": LFADS({"model": {"num_factors": NUM_FACTORS}}),
        UNGATED: LFADS({"model": {"num_factors": NUM_FACTORS, "generator": "vanilla_rnn"}}),
        "ceiling": Ceiling(pulse_times),
    },
    keep=keep,
    claims=claims,
    draw=draw,
    height_in=5.4,
    caption=(
        "Validation trials. Left: the inferred input of single trials, in order of the true time of their "
        "pulse (line). Middle: when the input peaks against when the pulse came. Right: strength of the "
        "input in trials of the data with pulses, and of a network of its own for data without."
    ),
)
"""What `reproduce` runs."""
