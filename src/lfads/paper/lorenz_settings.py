"""Lorenz systems of eight settings drawn at random, to ask whether defaults are good beyond one of them.

Not in the paper: 15 to 60 neurons, 1 to 8 spikes/s at rest, weights of norm 0.4 to 1.2, and a ceiling for
each.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lfads.paper.ceilings.lorenz import lorenz_ceiling
from lfads.paper.experiment import Case, Claim, Experiment, Results
from lfads.paper.lorenz import keep, share_of_ceiling
from lfads.paper.methods import OURS, Ceiling, Simulated
from lfads.paper.panels import bars
from lfads.paper.size import Size
from lfads.simulate.lorenz import lorenz_system, simulate_lorenz

NUM_SETTINGS = 8
DRAWN_WITH = 2018


class Setting(NamedTuple):
    """What differs from the simulation's defaults."""

    num_neurons: int
    base_rate_hz: float
    gain: float

    @property
    def words(self) -> str:
        """For figures and tables."""
        return f"{self.num_neurons} neurons, {self.base_rate_hz:.1f} Hz, gain {self.gain:.2f}"


def settings() -> list[Setting]:
    """Drawn once for all: numbers of neurons and gains evenly, rates evenly in their logarithm."""
    rng = np.random.default_rng(DRAWN_WITH)
    return [
        Setting(
            int(rng.integers(15, 61)),
            round(float(np.exp(rng.uniform(0.0, np.log(8.0)))), 2),
            round(float(rng.uniform(0.4, 1.2)), 2),
        )
        for _ in range(NUM_SETTINGS)
    ]


def _simulated(setting: Setting) -> Any:
    def simulate(seed: int, size: Size) -> Simulated:
        chosen = {**setting._asdict(), "num_conditions": size.of(65, 8)}
        return Simulated(simulate_lorenz(seed, **chosen), lorenz_system(seed, **chosen))

    return simulate


def claims(results: Results) -> Sequence[Claim]:
    """The share of the ceiling in each setting."""
    words = "share of the ceiling's mean R²"
    return [
        share_of_ceiling(results, case, f"{words}: {about.title}", method)
        for case, about in EXPERIMENT.cases.items()
        for method in OURS
    ]


def draw(figure: Any, results: Results) -> None:
    """Mean R² of LFADS beside the ceiling's."""
    axes = figure.subplots()
    heights = {
        method: [
            results.number(case, method, "latent_r2_mean")
            if (case, method, 0) in results
            else np.nan
            for case in EXPERIMENT.cases
        ]
        for method in EXPERIMENT.methods
    }
    names = [about.title.replace(", ", "\n") for about in EXPERIMENT.cases.values()]
    bars(axes, names, heights, "mean R² of the latents")
    axes.set_ylim(min(0.0, axes.get_ylim()[0]), 1)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper right", ncols=2)


EXPERIMENT = Experiment(
    title="Lorenz systems of other settings",
    figures="",
    about=(
        "Eight settings of the Lorenz simulation, drawn at random once: how near do the same defaults of "
        "LFADS come to the ceiling of each?"
    ),
    cases={f"setting_{k}": Case(one.words, _simulated(one)) for k, one in enumerate(settings(), 1)},
    methods={
        **OURS,
        "ceiling": Ceiling(lorenz_ceiling),
    },
    keep=keep,
    claims=claims,
    draw=draw,
    height_in=3.2,
    caption="Mean R² of the three latents in validation trials, by LFADS and by the ceiling.",
)
"""What `reproduce` runs."""
