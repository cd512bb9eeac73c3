"""The PSTH as a prediction: the average of the training trials of the same condition, smoothed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lfads.baselines.baseline import Stored, fit_of, rates_alone, require_counts
from lfads.baselines.psth_averages import Averages, FittedTrials, fit_session
from lfads.checks import Problems, UserError
from lfads.data.dataset import Dataset
from lfads.results import Posterior

WIDTHS_S = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.14, 0.2)
PULLS = (1.0, 4.0, 16.0)
LAYOUT = 1


@dataclass(frozen=True)
class PSTH:
    """Average spikes over the training trials of a condition, smoothed by a Gaussian.

    A trial's rates are the average over the *other* training trials of its condition: a trial that was
    fitted is left out of its own prediction, which would copy it otherwise. A condition's average is pulled
    towards that of all trials, as if it had some more trials which are like that, and the latter towards
    the neuron's mean. So a condition of few trials is not noise, and one that training has not seen, or
    data without conditions, have the average over all trials.

    Width and pull are those with the most bits per spike on validation trials, or, where there are none, on
    every fifth training trial. Sessions are fitted each by itself.

    Parameters
    ----------
    widths_s
        Standard deviations of the Gaussian to choose from, in seconds.
    pulls
        Trials that count for the average over all, to choose from.

    Examples
    --------
    >>> import numpy as np
    >>> counts = np.random.default_rng(0).poisson(0.5, (20, 30, 4))
    >>> dataset = Dataset.from_arrays(counts, bin_width_s=0.02, condition=np.arange(20) % 2)
    >>> PSTH().fit(dataset).infer(dataset).rates.dims
    ('trial', 'time', 'neuron')
    """

    widths_s: Sequence[float] = WIDTHS_S
    pulls: Sequence[float] = PULLS

    def __post_init__(self) -> None:
        problems = Problems("psth")
        for name in ("widths_s", "pulls"):
            values = getattr(self, name)
            problems.require(
                len(values) > 0 and all(0 < value < math.inf for value in values),
                f"`{name}=` must be numbers above 0, at least one; got {tuple(values)}",
            )
        problems.raise_if_any()

    def fit(self, dataset: Dataset) -> "FittedPSTH":
        """Choose and average for each session.

        Raises
        ------
        UserError
            If a session has no training trials, or holds signals.
        """
        require_counts("psth", dataset)
        return FittedPSTH(
            {s.name: fit_session(s, dataset, self.widths_s, self.pulls) for s in dataset.sessions}
        )

    def from_arrays(self, stored: Stored) -> "FittedPSTH":
        """What was fitted, from what `FittedPSTH.to_arrays` gave."""
        if (layout := stored.about.get("layout")) != LAYOUT:
            raise UserError(
                f"psth: the arrays have layout {layout}, and this version reads {LAYOUT}: fit again"
            )
        found = {}
        for number, about in enumerate(stored.about["sessions"]):
            arrays = {name: stored.arrays[f"{number}/{name}"] for name in FittedTrials._fields}
            found[about["name"]] = Averages(
                FittedTrials(**arrays), about["width_s"], about["pull"],
                about["bits_per_spike"], about["scored"],
            )  # fmt: skip
        return FittedPSTH(found)


@dataclass(frozen=True, eq=False)
class FittedPSTH:
    """Training trials, width and pull of each session, by name."""

    sessions: Mapping[str, Averages]

    def infer(self, dataset: Dataset) -> Posterior:
        """Rates of every trial in spikes/s; nothing else is known."""
        return Posterior(
            {
                s.name: rates_alone(
                    fit_of(self.sessions, s).rates_of(s, dataset) / dataset.bin_width_s,
                    s,
                    dataset,
                    knows_conditions=s.condition is not None,
                )
                for s in dataset.sessions
            }
        )

    def to_arrays(self) -> Stored:
        """Training trials by number of the session, and what was chosen for each."""
        arrays, about = {}, list[dict[str, Any]]()
        for number, (name, fit) in enumerate(self.sessions.items()):
            arrays |= {f"{number}/{key}": value for key, value in fit.trials._asdict().items()}
            about.append({
                "name": name, "width_s": fit.width_s, "pull": fit.pull,
                "bits_per_spike": fit.bits_per_spike, "scored": fit.scored,
            })  # fmt: skip
        return Stored(arrays, {"layout": LAYOUT, "sessions": about})

    def choices_made(self) -> list[tuple[str, str]]:
        """Width and pull of each session, and how they scored."""
        rows = []
        for name, fit in self.sessions.items():
            of = f" of {name}" if len(self.sessions) > 1 else ""
            rows += [
                (f"width{of}", f"{1000 * fit.width_s:g} ms"),
                (f"pull to the average over all{of}", f"{fit.pull:g} trials"),
                (f"bits per spike{of}, {fit.scored}", f"{fit.bits_per_spike:.4f}"),
            ]
        return rows
