"""The part of the report on the search that a run is the best member of."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from lfads.checks import UserError, many
from lfads.config import SearchConfig, SearchRange, read_config
from lfads.evaluation.listed import in_words
from lfads.plots import search_captions as captions
from lfads.plots.families import failed_of, family_of
from lfads.plots.lineages import plot_lineages, plot_population_scores
from lfads.plots.page import figure_block, heading, note, paragraph, table
from lfads.plots.searched import plot_hyperparameter_paths, plot_scores_over_values
from lfads.search.population import has_converged
from lfads.search.record import MemberRow, best_of, best_scores, read_population
from lfads.training.folder import ENDED, read_summary

AT_LIMIT = 0.03
"""Share of a range, along its law, that counts as its limit: perturbation seldom ends on the limit."""

MANY_FAILED = 0.05
"""Share of members without a finite score that calls for other limits."""


class SearchFigure(NamedTuple):
    """A figure of a search: the end of its name, the heading above it, how it is drawn, and its caption."""

    key: str
    title: str
    draw: Callable[[], Figure]
    caption: str


class SearchSoFar(NamedTuple):
    """What a search has left in its folder, while it runs as well."""

    rows: Sequence[MemberRow]
    best: MemberRow
    settings: SearchConfig
    folder: Path

    def sentences(self) -> tuple[str, str]:
        """What kind of search it is and who is best; why it ended, or that it has not."""
        return _opening(self.rows, self.best, self.settings), _ending(self.folder, self.rows)

    def warnings(self) -> list[str]:
        """What calls for another search."""
        return _warnings(self.rows, self.best, self.settings)

    def figures(self) -> list[SearchFigure]:
        """Those that say something of such a search."""
        rows, best, space = self.rows, self.best, self.settings.space
        if self.settings.method == "random":
            draw, words = (
                partial(plot_scores_over_values, rows, best, space),
                captions.scores_over_values,
            )
            return [SearchFigure("values", "", draw, words(rows))] if space else []
        scores, paths = partial(plot_population_scores, rows, best), captions.hyperparameter_paths
        found = [SearchFigure("scores", "", scores, captions.population_scores(rows))]
        if space:
            draw = partial(plot_hyperparameter_paths, rows, best, space)
            found.append(SearchFigure("paths", "Hyperparameters", draw, paths(rows)))
        if any(row.parent != row.member for row in rows):  # else lineages are straight lines
            draw = partial(plot_lineages, rows, best)
            found.append(SearchFigure("lineages", "Lineages", draw, captions.lineages(rows)))
        return found


def search_so_far(folder: Path) -> SearchSoFar:
    """What stands of the search in a folder.

    Raises
    ------
    UserError
        If its table is not there, or damaged.
    """
    rows = read_population(folder / "population.csv")
    settings = read_config(folder / "config.toml").search or SearchConfig()
    best = best_of(rows)
    family_of(rows, best)
    return SearchSoFar(rows, best, settings, folder)


def search(folder: Path) -> list[str]:
    """How a search went: what was searched, scores, hyperparameters and lineages.

    A table that cannot be read is named in a sentence; the rest of the report does without it.
    """
    try:
        found = search_so_far(folder)
    except (UserError, KeyError) as error:
        return [note(f"The search cannot be shown: {error}")]
    parts = [*map(note, found.sentences()), *map(paragraph, found.warnings())]
    for one in found.figures():
        block = figure_block(one.draw(), f"search-{one.key}", one.caption)
        parts += [*([heading(one.title)] if one.title else []), block]
        if one.key in ("paths", "values"):
            parts.append(_table_of(found))
    return parts


def _table_of(found: SearchSoFar) -> str:
    """Hyperparameters of the best member beside those that it is to be compared with."""
    rows = found.rows
    if found.settings.method == "random":
        quarter = sorted(rows, key=lambda row: row.score)[: -(-len(rows) // 4)]
        return _table(found.best, quarter, found.settings.space, "median of the best quarter")
    last = [row for row in rows if row.generation == rows[-1].generation]
    return _table(found.best, last, found.settings.space, "median of the last generation")


def _opening(rows: Sequence[MemberRow], best: MemberRow, settings: SearchConfig) -> str:
    """What kind of search it was, and who won."""
    size, generations = len({row.member for row in rows}), max(row.generation for row in rows)
    gains = {"spike": best.valid_bits_per_spike, "sample": best.valid_bits_per_sample}
    per = "sample" if np.isnan(gains["spike"]) else "spike"
    score, bits = map(in_words, (best.score, gains[per]))
    won = f"{score} nats per bin and neuron, {bits} bits per {per}"
    if settings.method == "random":
        return (
            f"Random search: {many(size, 'member')}, each trained alone with hyperparameters drawn "
            f"between limits. The best is member {best.member}: {won} on validation trials."
        )
    compared = {
        "tournament": "each member meets another, and the worse of the two goes on with the weights and "
        "settings of the better",
        "truncation": "the worst fifth goes on with the weights and settings of the best fifth",
    }[settings.selection]
    changes = {"perturb": "changed a little", "resample": "with hyperparameters drawn anew"}
    changed = changes[settings.exploration]
    how = f" After a generation, {compared}, {changed}." if size > 1 else ""
    return (
        f"Population-based training: {many(size, 'member')}, {many(generations, 'generation')} of "
        f"{many(settings.epochs_per_generation, 'epoch')}, the first with the ramp.{how} The best is "
        f"member {best.member} of generation {best.generation}: {won} on validation trials."
    )


def _ending(folder: Path, rows: Sequence[MemberRow]) -> str:
    """Why the search ended, if its summary is about all these rows."""
    try:
        summary = read_summary(folder)
    except UserError:
        summary = {}
    ended = summary.get("stopped_by")
    if ended is None or summary.get("generations") != rows[-1].generation:
        return "The search has not ended."
    return f"The search ended: {ENDED.get(str(ended), ended)}."


def _warnings(rows: Sequence[MemberRow], best: MemberRow, settings: SearchConfig) -> list[str]:
    """What calls for another search, in words."""
    warnings = []
    if settings.method == "population":
        for name, range_ in settings.space.items():
            warnings += _limit_warning(name, best.hyperparameters[name], range_)
        bests = best_scores(rows)
        window = min(settings.patience_generations, len(bests) - 1)
        if window and not has_converged(bests, settings.min_improvement, window):
            warnings.append(
                f"The best score still fell within the last {many(window, 'generation')}: more may "
                "find better settings. Go on with `lfads search DATA --out RUN --resume "
                "--search.num-generations NUMBER`."
            )
    failed = len(failed_of(rows))
    if failed > MANY_FAILED * len(rows):
        what = "members" if settings.method == "random" else "generations of a member"
        searched = "learning_rate" in settings.space
        cure = "lower `high` in [search.space.learning_rate]" if searched else "lower it"
        warnings.append(
            f"{failed} of {len(rows)} {what} ended without a finite score. The likely cause is a "
            f"learning rate that is too high: {cure}."
        )
    return warnings


def _limit_warning(name: str, value: float, range_: SearchRange) -> list[str]:
    """A sentence if the best value lies at a limit that held the search back."""
    share = _share(value, range_)
    if not range_.enforced or AT_LIMIT < share < 1 - AT_LIMIT or (share < 0.5 and range_.low == 0):
        return []
    upper, lower = ("upper", range_.high, "high"), ("lower", range_.low, "low")
    which, limit, key = upper if share > 0.5 else lower
    return [
        f"The winning line ends at the {which} limit of {name} ({value:.3g}; the limit is {limit:g}): "
        f"better values may lie beyond. Widen the limit, `{key}` in [search.space.{name}], and search "
        "again."
    ]


def _share(value: float, range_: SearchRange) -> float:
    """Where a value lies between its limits, from 0 to 1 along the law."""
    ends = np.array([range_.low, value, range_.high])
    low, at, high = np.log(ends) if range_.law == "log_uniform" else ends
    return float((at - low) / (high - low))


def _table(
    best: MemberRow, others: Sequence[MemberRow], space: Mapping[str, SearchRange], words: str
) -> str:
    """Hyperparameters of the best member, beside others' and what was allowed."""
    known = [row for row in others if np.isfinite(row.score)] or list(others)
    rows = [
        [
            name,
            f"{best.hyperparameters[name]:.3g}",
            f"{np.median([row.hyperparameters[name] for row in known]):.3g}",
            "drawn" if range_.start is None else f"{range_.start:.3g}",
            f"{range_.low:.3g}–{range_.high:.3g}",
            "always" if range_.enforced else "for first values",
        ]
        for name, range_ in space.items()
    ]
    return table(["hyperparameter", "best member", words, "start", "limits", "limits hold"], rows)
