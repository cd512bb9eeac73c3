"""What stands out among runs on the same trials: factors that the others' do not tell, or constant ones."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray as xr

from lfads.analysis.agreement import means_of_others
from lfads.checks import first_of
from lfads.evaluation.listed import COMPARED, in_words
from lfads.numerics.means import mean_of_known

CLEAR, CLEAR_OF_DIRECTION = 0.1, 0.3
"""Of R²: how much worse than all others factors, or their worst direction, are predicted to be named."""
WELL = 0.5
"""R² with which a run must predict the others' factors at least to hold what they hold."""
CLOSE = 0.1
"""Share of the others' score by which scores may differ and still be close."""

Scores = Mapping[str, Mapping[str, float | None]]


def what_stands_out(
    runs: tuple[str, ...], r2: xr.DataArray, worst_direction: xr.DataArray, scores: Scores
) -> list[str]:
    """Sentences on runs whose factors do not vary, and on the one that the others predict clearly worst.

    It is said to carry what is not there only if it predicts the others' factors about as well as they do
    each other, and scores like them: a run that has not learnt is predicted badly, too.
    """
    by_others, _ = means_of_others(r2)
    found = [
        f"Factors of {run} do not vary: it has found nothing."
        for run, value in zip(runs, by_others, strict=True)
        if not math.isfinite(value)
    ]
    if (worst := _worst(by_others, CLEAR)) is not None:
        return [*found, _said_of_factors(_Odd.of(runs, worst, r2, scores), by_others[worst])]
    least, _ = means_of_others(worst_direction)
    if (worst := _worst(least, CLEAR_OF_DIRECTION)) is not None:
        odd = _Odd.of(runs, worst, r2, scores)
        if odd.predicts_well and odd.closeness == "close":
            found.append(
                f"Factors of {odd.name} have a direction that those of {odd.rest} do not tell (R² "
                f"{in_words(least[worst])}), although they agree by and large: it may carry dynamics of "
                "small scale that are not there."
            )
    return found


class _Odd(NamedTuple):
    """A run beside the rest: how well it predicts their factors, and how near its score is to theirs."""

    name: str
    rest: str
    predicts: float
    predicts_well: bool
    closeness: str

    @classmethod
    def of(cls, runs: tuple[str, ...], odd: int, r2: xr.DataArray, scores: Scores) -> "_Odd":
        rest = [number for number in range(len(runs)) if number != odd]
        among = r2.values[np.ix_(rest, rest)][~np.eye(len(rest), dtype=bool)]
        reached = float(mean_of_known(among, 0)) if np.isfinite(among).any() else 1.0
        predicts = float(mean_of_known(r2.values[rest, odd], 0))
        return cls(
            runs[odd], first_of(runs[number] for number in rest), predicts,
            predicts > max(reached - CLEAR, WELL), _closeness(runs, odd, scores),
        )  # fmt: skip


def _worst(values: list[float], clear: float) -> int | None:
    """The lowest, if it is clearly lower than every other."""
    known = [number for number, value in enumerate(values) if math.isfinite(value)]
    if len(known) < 2:
        return None
    worst, next_ = sorted(known, key=lambda number: values[number])[:2]
    return worst if values[worst] < values[next_] - clear else None


def _closeness(runs: tuple[str, ...], odd: int, scores: Scores) -> str:
    """Whether a run's score is close to the others' median, better or worse, or unknown."""
    of = next((scores[name] for name in COMPARED if name in scores), {})
    own = of.get(runs[odd])
    rest = [value for k, run in enumerate(runs) if k != odd and (value := of.get(run)) is not None]
    if own is None or not rest:
        return "unknown"
    usual = float(np.median(rest))
    if abs(own - usual) <= CLOSE * abs(usual):
        return "close"
    return "better" if own > usual else "worse"


def _said_of_factors(odd: _Odd, r2: float) -> str:
    where = (
        f"Factors of {odd.name} are predicted worst from those of {odd.rest} (R² {in_words(r2)})"
    )
    its = f"it predicts theirs with {in_words(odd.predicts)}"
    if not odd.predicts_well:
        return f"{where}, and {its}: it has found something else, or nothing."
    invents = "it carries dynamics that are not there"
    meant = {
        "close": f"and neurons about as well as they do: {invents}",
        "unknown": f"and if it predicts neurons about as well as they do, {invents}",
        "better": "and neurons better than they do: it may have found what they have not",
        "worse": "but neurons worse than they do: compare runs whose scores are close",
    }[odd.closeness]
    return f"{where}; {its}, {meant}."
