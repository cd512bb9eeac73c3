"""Figure S1: a pendulum that is pushed or not, from spikes and from noisy traces."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lfads.evaluation.matching import values_of
from lfads.evaluation.scores import matched_parts
from lfads.evaluation.truth import LATENTS, recovered
from lfads.paper.ceilings.pendulum import pendulum_ceiling
from lfads.paper.cells import Found
from lfads.paper.experiment import Case, Claim, Experiment, Results, claim
from lfads.paper.methods import LFADS, Ceiling, Simulated
from lfads.paper.panels import METHOD_COLORS, trace
from lfads.paper.size import Size
from lfads.plots import style as house
from lfads.results import Posterior
from lfads.simulate.pendulum import pendulum_system, simulate_pendulum

LEAST_STATE_R2 = 0.95
NEAR_BINS = 2
LEAST_NEAR = 0.95
LATENT_NAMES = ("angle", "angular velocity")
CONDITIONS = ("start 1, no push", "start 1, push", "start 2, no push", "start 2, push")


def _simulated(*, traces: bool) -> Any:
    def simulate(seed: int, size: Size) -> Simulated:
        num = size.of(200, 20)
        return Simulated(
            simulate_pendulum(seed, traces=traces, trials_per_condition=num),
            pendulum_system(seed, trials_per_condition=num),
        )

    return simulate


def keep(given: Simulated, posterior: Posterior) -> Found:
    """R² of angle and velocity, when the input peaks, and one validation trial of each condition."""
    parts = matched_parts(given.dataset, posterior.sessions)
    found = recovered(parts, LATENTS)
    (part,) = parts
    valid = part.of_split("valid")
    assert valid.session.true_inputs is not None
    assert valid.session.condition is not None
    pushes = valid.session.true_inputs[:, :, 0]
    pushed = np.abs(pushes).max(1) > 0
    inferred = values_of(valid.found, "inferred_inputs", "input")[:, :, 0]
    off = np.abs(inferred).argmax(1) - np.abs(pushes).argmax(1)
    of_split = part.session.of_split("valid")
    shown = [int(np.argmax(valid.session.condition == k)) for k in range(len(CONDITIONS))]
    return Found(
        {
            "state_r2": list(found.r2["valid"]),
            "pushes_near": float((np.abs(off[pushed]) <= NEAR_BINS).mean()),
            "median_offset_bins": float(np.median(off[pushed])),
        },
        {
            "true": found.known[0][of_split][shown],
            "found": found.estimate[0][of_split][shown],
            "pushes": pushes[shown],
            "inferred": inferred[shown],
            "time_s": given.dataset.time_s,
        },
    )


def claims(results: Results) -> Sequence[Claim]:
    """The state, and when the push came, beside what one who knows the pendulum can tell."""
    found = []
    for case, about in EXPERIMENT.cases.items():
        for method in EXPERIMENT.methods:
            fit, ours = (case, method), method == "LFADS"
            words = f"{about.title}, {method}" if method != "LFADS" else about.title
            for latent, name in enumerate(LATENT_NAMES):
                r2 = results.by_seed(lambda n, k=latent: n["state_r2"][k], fit)
                target = (f"≥ {LEAST_STATE_R2} (target)", r2, LEAST_STATE_R2)
                aimed = target if ours else ("", r2, None)
                found.append(claim(f"{words}: R² of the {name}", *aimed))
            near = results.by_seed(lambda n: n["pushes_near"], fit)
            target = (f"≥ {100 * LEAST_NEAR:.0f} % (target)", near, LEAST_NEAR)
            aimed = target if ours else ("", near, None)
            peaks = f"{words}: pushes whose inferred input peaks within ± {NEAR_BINS} bins"
            found.append(claim(peaks, *aimed, "{:.1%}"))
            off = results.by_seed(lambda n: n["median_offset_bins"], fit)
            peaks = f"{words}: median of peak less push, in bins; peaks of whole trials are counted"
            found.append(claim(peaks, "", off, None, "{:+.1f}"))
    return found


def draw(figure: Any, results: Results) -> None:
    """Rows: spikes and traces; a column each condition: the phase plane, and below it the input."""
    parts = np.ravel(figure.subfigures(len(EXPERIMENT.cases), 1))
    for part, (case, about) in zip(parts, EXPERIMENT.cases.items(), strict=True):
        if (case, "LFADS", 0) not in results:
            continue
        part.suptitle(about.title, x=0.01, ha="left", fontweight="bold")
        arrays = results.of(case, "LFADS").arrays
        planes, inputs = part.subplots(2, len(CONDITIONS), height_ratios=(2.0, 1.0), sharey="row")
        scale = np.abs(arrays["inferred"]).max() or 1.0
        for k, name in enumerate(CONDITIONS):
            _draw_plane(planes[k], arrays["true"][k], arrays["found"][k])
            planes[k].set_title(name, fontweight="normal")
            push = np.sign(arrays["pushes"][k])
            trace(inputs[k], arrays["time_s"], push, arrays["inferred"][k] / scale)
            house.over_time(inputs[k], arrays["time_s"])
        planes[0].set_ylabel("angular velocity\n(z-scored)")
        inputs[0].set_ylabel("push,\ninput (a.u.)")
        part.legend(*inputs[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)


def _draw_plane(axes: Any, true: np.ndarray, found: np.ndarray) -> None:
    axes.plot(*true.T, color=house.TRUE, linewidth=1.0)
    axes.plot(*found.T, color=METHOD_COLORS["LFADS"], linewidth=1.3)
    axes.plot(*true[0], "o", color=house.TRUE, markersize=3)
    axes.set_xlabel("angle (z-scored)")
    house.tidy(axes)


EXPERIMENT = Experiment(
    title="A pendulum, pushed or not",
    figures="S1",
    about=(
        "Neurons follow the angle and velocity of a pendulum, which starts from one of two angles and is "
        "pushed once in half of the trials. LFADS, which knows nothing of pendulums, is given spikes or "
        "noisy traces."
    ),
    cases={
        "spikes": Case("spikes", _simulated(traces=False)),
        "traces": Case("noisy traces", _simulated(traces=True)),
    },
    methods={"LFADS": LFADS(), "ceiling": Ceiling(pendulum_ceiling)},
    keep=keep,
    claims=claims,
    draw=draw,
    height_in=6.4,
    caption=(
        "A validation trial of each condition. Above: the true course of the pendulum (black, from the "
        "dot) and that of the factors, mapped linearly to it (blue). Below: the push, of height 1, and the "
        "inferred input, by its largest value in these trials; its sign is free."
    ),
)
"""What `reproduce` runs."""
