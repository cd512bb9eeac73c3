"""What comparing runs gives: tables, a figure, files."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from lfads.analysis.agreement import means_of_others
from lfads.evaluation.listed import LABELS, in_words
from lfads.files import PathLike, write_json, written_beside
from lfads.paths import refuse_to_replace
from lfads.plots.comparison import HEIGHT_IN, draw_comparison
from lfads.plots.drawn import drawn
from lfads.tables import Table, aligned, html_of

NAME = "comparison"
SHOWN = ("bits_per_spike", "held_out_bits_per_spike", "bits_per_sample", "held_out_bits_per_sample")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs on the same trials, beside each other.

    Parameters
    ----------
    runs
        Their names.
    split
        Trials that are scored; None if there are none beside training trials.
    scores
        By name of the score and of the run; None where a run has none.
    cross_decoding
        R² of each run's factors, `predicted`, from those of each other, `from`, on trials that were not
        fitted to, mean over sessions. 1 from itself; NaN for factors that do not vary.
    worst_direction
        The same for the direction of the predicted factors that is predicted worst, among those that carry
        at least 1 % of their variance.
    few_shot
        Results of the analysis `few_shot` by session and run; empty where no neurons are held out.
    settings
        By setting, its value in each run that has it: those that differ.
    notes
        What could not be compared, and what stands out.

    Examples
    --------
    >>> baseline = lfads.fit_baseline("smoothing", dataset, out=folder / "smoothing")
    >>> found = lfads.compare([run, baseline])
    >>> found
    Comparison(run, smoothing)
    >>> found.split, list(found.scores["bits_per_spike"])
    ('valid', ['run', 'smoothing'])
    """

    runs: tuple[str, ...]
    split: str | None
    scores: Mapping[str, Mapping[str, float | None]]
    cross_decoding: xr.DataArray
    worst_direction: xr.DataArray
    few_shot: Mapping[str, Mapping[str, xr.Dataset]]
    settings: Mapping[str, Mapping[str, Any]]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Comparison({', '.join(self.runs)})"

    def __str__(self) -> str:
        return "\n\n".join([*map(aligned, self.tables()), *self.notes])

    def _repr_html_(self) -> str:
        tables = [Table(rows, has_header=True) for rows in self.tables()]
        return html_of("Comparison", lambda: [*tables, *self.notes])

    def tables(self) -> list[list[tuple[str, ...]]]:
        """Rows of words, the header of each table first: scores, factors, few-shot, settings."""
        where = f"scores, {self.split} trials" if self.split else "scores"
        scores = [(where, *self.runs)]
        for name, of in self.scores.items():
            values = (in_words(of.get(run)) for run in self.runs)
            scores.append((LABELS.get(name, name), *values))
        found = [scores, self._factors()]
        for session, of_runs in self.few_shot.items():
            found.append(_few_shot(session if len(self.few_shot) > 1 else "", of_runs, self.runs))
        settings = [("settings that differ", *self.runs)]
        for key, of in self.settings.items():
            settings.append((key, *(str(of[run]) if run in of else "–" for run in self.runs)))
        return [rows for rows in (*found, settings) if len(rows) > 1]

    def _factors(self) -> list[tuple[str, ...]]:
        sources = (f"from {run}" for run in self.runs)
        rows = [("R² of factors", *sources, "mean of others", "worst direction")]
        by_others, _ = means_of_others(self.cross_decoding)
        least, _ = means_of_others(self.worst_direction)
        for row, run in enumerate(self.runs):
            values = self.cross_decoding.values[row]
            each = ("" if k == row else in_words(float(v)) for k, v in enumerate(values))
            rows.append((run, *each, in_words(by_others[row]), in_words(least[row])))
        return rows

    def to_dict(self) -> dict[str, Any]:
        """Nested dictionary for JSON."""
        by_others, others = means_of_others(self.cross_decoding)
        least, _ = means_of_others(self.worst_direction)
        few = {
            session: {
                run: {
                    "shots": of["shot"].values.tolist(),
                    "gain": [*map(_finite, of["gain"].values)],
                    "gain_std": [*map(_finite, of["gain_std"].values)],
                }
                for run, of in of_runs.items()
            }
            for session, of_runs in self.few_shot.items()
        }
        predicted = {
            run: dict(zip(self.runs, map(_finite, self.cross_decoding.values[row]), strict=True))
            for row, run in enumerate(self.runs)
        }
        return {
            "runs": list(self.runs),
            "split": self.split,
            "scores": {name: dict(of) for name, of in self.scores.items()},
            "cross_decoding": predicted,
            "predicted_by_others": dict(zip(self.runs, map(_finite, by_others), strict=True)),
            "worst_direction_by_others": dict(zip(self.runs, map(_finite, least), strict=True)),
            "predicts_others": dict(zip(self.runs, map(_finite, others), strict=True)),
            "few_shot": few,
            "settings": {key: dict(of) for key, of in self.settings.items()},
            "notes": list(self.notes),
        }

    def figure(self) -> Any:
        """Scores, R² of factors from each other, and few-shot curves of the first session."""
        shown = {LABELS[name]: of for name, of in self.scores.items() if name in SHOWN}
        curves = next(iter(self.few_shot.values()), {})
        return drawn(
            lambda empty: draw_comparison(empty, shown, self.cross_decoding, curves), HEIGHT_IN
        )

    def save(self, folder: PathLike, *, overwrite: bool = False) -> list[Path]:
        """Write `comparison.json` and `comparison.png` into a folder; returns their paths.

        Raises
        ------
        UserError
            If such files lie there already, which are no comparison.
        """
        table, picture = Path(folder) / f"{NAME}.json", Path(folder) / f"{NAME}.png"
        ours = _is_comparison(table)
        for path in (table, picture):
            refuse_to_replace(path, lambda _: ours, "is not of a comparison", overwrite=overwrite)
        write_json(table, self.to_dict())
        figure = self.figure()
        with written_beside(picture) as beside:
            figure.savefig(beside, dpi=200)
        return [table, picture]


def _is_comparison(path: Path) -> bool:
    try:
        return "cross_decoding" in json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, RecursionError):
        return False


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _few_shot(
    session: str, of_runs: Mapping[str, xr.Dataset], runs: tuple[str, ...]
) -> list[tuple[str, ...]]:
    where = f" of {session}" if session else ""
    rows = [(f"few-shot, bits per spike of held-out neurons{where}", *runs)]
    shots = next(iter(of_runs.values()))["shot"].values.tolist()
    for number in shots:
        values = (
            in_words(float(of_runs[run]["gain"].sel(shot=number))) if run in of_runs else "–"
            for run in runs
        )
        rows.append((f"{number} trials", *values))
    return rows
