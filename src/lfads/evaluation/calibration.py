"""Whether posteriors are right for data from the model itself: numbers and words of ranks.

Simulation-based calibration: trials are drawn from a trained network, and the rank of what each was drawn
from among samples of its posterior is uniform if posteriors are right (Talts et al. 2018,
arXiv:1804.06788). Ranks heaped up at both ends say that posteriors are too narrow, in the middle that they
are too wide.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int
from scipy.stats import kstest

from lfads.tables import Table, aligned, html_of

LEVEL = 0.05
"""Posteriors are called calibrated if p is larger."""

NUM_BARS = 20
WITHIN = 0.9


@dataclass(frozen=True, kw_only=True)
class RankTest:
    """Ranks of one kind of quantity.

    Parameters
    ----------
    p_value
        Of Kolmogorov and Smirnov's test, the smallest of the dimensions' times their number.
    within_90
        Share of true values in the middle 90 % of posterior samples.
    bars
        Share of ranks in each of twenty equal parts, from the lowest, all dimensions together.

    Examples
    --------
    >>> lfads.RankTest(p_value=0.4, within_90=0.88, bars=(0.05,) * 20).is_calibrated
    True
    >>> lfads.RankTest(p_value=0.01, within_90=0.7, bars=(0.05,) * 20).is_calibrated
    False
    """

    p_value: float
    within_90: float
    bars: tuple[float, ...]

    @property
    def is_calibrated(self) -> bool:
        """Whether p is above .05."""
        return self.p_value > LEVEL


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Posteriors of trials that a network has drawn, by its own encoders and by some trained on such.

    Parameters
    ----------
    session
        Whose neurons were drawn.
    seed
        Of the draws.
    num_ranked
        Trials whose ranks were taken.
    num_trained
        Other trials, that encoders were trained on.
    as_inferred
        Of the initial condition's `code` and of the `inputs` if there are any, by the run's encoders with
        spreads as `lfads infer` stores them.
    retrained
        The same by encoders that were trained on draws at Kullback-Leibler weights of 1, all that trials
        are generated with being held; empty if they were not trained to their end.
    interrupted
        Whether that training was.

    Examples
    --------
    >>> test = lfads.RankTest(p_value=0.4, within_90=0.88, bars=(0.05,) * 20)
    >>> found = lfads.Calibration(
    ...     session="monday", seed=0, num_ranked=400, num_trained=0, as_inferred={"code": test}
    ... )
    >>> found.as_inferred["code"].is_calibrated, found.interrupted
    (True, False)
    """

    session: str
    seed: int
    num_ranked: int
    num_trained: int
    as_inferred: Mapping[str, RankTest]
    retrained: Mapping[str, RankTest] = dataclasses.field(default_factory=dict)
    interrupted: bool = False

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        found = dataclasses.asdict(self)
        for tests in encoders_of(found).values():
            for test in tests.values():
                test["bars"] = list(test["bars"])
        return found

    def __str__(self) -> str:
        """What `lfads calibrate` prints."""
        found = self.to_dict()
        return "\n\n".join([aligned(calibration_rows(found)), *calibration_words(found)])

    def _repr_html_(self) -> str:
        found = self.to_dict()
        rows = Table(calibration_rows(found), has_header=True)
        return html_of("Calibration", lambda: [self.session, rows, *calibration_words(found)])


def rank_tests(
    ranks: Mapping[str, Int[np.ndarray, "trial *more dimension"] | None],
    num_samples: int,
    seed: int = 0,
) -> dict[str, RankTest]:
    """Tests of ranks 0 to `num_samples`, by the name of the quantity.

    Bins of one trial depend on each other: the test takes one of each trial, at random.

    Parameters
    ----------
    ranks
        Of each quantity, by trial, by bin if it varies in time, and by dimension; None if there is none.
    num_samples
        Of the posterior.
    seed
        Of the bins, and of what breaks ties.

    Examples
    --------
    >>> uniform = np.arange(400)[:, None] % 100
    >>> rank_tests({"code": uniform}, 99)["code"].is_calibrated
    True
    >>> rank_tests({"code": np.full((400, 1), 99)}, 99)["code"].within_90
    0.0
    """
    rng = np.random.default_rng(seed)
    return {
        name: _test(np.asarray(of), num_samples, rng)
        for name, of in ranks.items()
        if of is not None
    }


def calibration_rows(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """A table, header first, of what `Calibration.to_dict` gives."""
    rows = [("posteriors of trials drawn from the model", "in 90 % bars", "p of uniform ranks")]
    for encoders, tests in encoders_of(found).items():
        for name, test in tests.items():
            p = test["p_value"]
            rows.append(
                (
                    f"{NAMES[name]}, {encoders}",
                    f"{test['within_90']:.0%}",
                    f"{p:.2f}" if p >= 0.01 else f"{p:.1g}",
                )
            )
    return rows


def encoders_of(found: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Tests by whose posteriors they are of."""
    return {
        "encoders of the run": found["as_inferred"],
        "encoders trained on draws": found["retrained"],
    }


NAMES = {"code": "initial condition", "inputs": "inferred inputs"}


def calibration_words(found: Mapping[str, Any]) -> list[str]:
    """What follows, in sentences, from what `Calibration.to_dict` gives."""
    said = [
        f"Ranks of {found['num_ranked']} trials drawn from the model of {found['session']}; uniform ones "
        f"(p above {LEVEL:g}) are those of right posteriors."
    ]
    own = [NAMES[name] for name, test in found["as_inferred"].items() if test["p_value"] <= LEVEL]
    said.append(
        f"The run's posteriors are not right for its own model: {' and '.join(own)}."
        if own
        else "The run's posteriors are right for its own model, as far as these trials show."
    )
    if found["retrained"]:
        still = [
            NAMES[name] for name, test in found["retrained"].items() if test["p_value"] <= LEVEL
        ]
        said.append(
            f"Encoders that were trained on {found['num_trained']} draws do not bring them right either: "
            f"{' and '.join(still)}. Posteriors of this form, or so much training, do not reach the true "
            "ones."
            if still
            else f"Encoders that were trained on {found['num_trained']} draws are right."
        )
    return said


def _test(ranks: np.ndarray, num_samples: int, rng: np.random.Generator) -> RankTest:
    where = (ranks + rng.random(ranks.shape)) / (num_samples + 1)
    each = where.reshape(len(where), -1, where.shape[-1])
    bins = rng.integers(each.shape[1], size=len(each))
    one_bin = each[np.arange(len(each)), bins]
    smallest = min(float(kstest(of, "uniform").pvalue) for of in one_bin.T)
    outside = (1 - WITHIN) / 2
    within = (where > outside) & (where < 1 - outside)
    counts = np.histogram(where, NUM_BARS, (0.0, 1.0))[0]
    return RankTest(
        p_value=min(1.0, smallest * one_bin.shape[1]),
        within_90=float(within.mean()),
        bars=tuple((counts / counts.sum()).tolist()),
    )
