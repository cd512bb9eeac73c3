"""Results of several methods on the same sessions, and the conditions and bins that they share."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from lfads.checks import UserError, first_of, many
from lfads.data.companions import in_order
from lfads.evaluation.matching import bin_width_of, holds
from lfads.files import PathLike
from lfads.paths import best_folder, printable
from lfads.results.posterior import Posterior, open_posterior

Results = PathLike | Posterior
"""A posterior, its file, or the folder of a run that holds it."""

Methods = Mapping[str, Mapping[str, xr.Dataset]]
"""By name of the method and of the session."""


def results_of(
    given: Results | Sequence[Results], wanted: Sequence[str], who: str
) -> dict[str, xr.Dataset]:
    """Results with factors of all sessions that are wanted, from one or several places.

    Raises
    ------
    UserError
        If there is nothing at a place, or a session or its factors are missing.
    """
    places = [given] if isinstance(given, Posterior | str | os.PathLike) else list(given)
    found: dict[str, xr.Dataset] = {}
    for place in places:
        opened = place if isinstance(place, Posterior) else _opened(Path(place), who)
        found |= opened.sessions
    for name in wanted:
        if not holds(found.get(name), "factors"):
            there = first_of(f"`{n}`" for n in found if holds(found[n], "factors")) or "none"
            raise UserError(
                f"{who} must have factors of session `{name}`; there are those of {there}. Give a result "
                "of each session, inferred from the same data"
            )
    return {name: found[name] for name in wanted}


def labels_of_all(methods: Methods, fewest: int = 2) -> list[str]:
    """Conditions with so many trials, or more, in each session and method.

    Raises
    ------
    UserError
        If there are fewer than two.
    """
    kept: set[str] | None = None
    for method, sessions in methods.items():
        for name, of in sessions.items():
            if "condition" not in of.coords:
                raise UserError(
                    f"the results of {method} have no conditions of the trials of session `{name}`: "
                    "infer them from data with conditions"
                )
            labels, number = np.unique(of["condition"].to_numpy().astype(str), return_counts=True)
            own = {str(label) for label in labels[number >= fewest] if label}
            kept = own if kept is None else kept & own
    if not kept or len(kept) < 2:
        raise UserError(
            "sessions can be shown in one space if two conditions have two trials in each of them; "
            f"there {'is 1' if kept else 'are 0'}: name conditions alike in all sessions"
        )
    return in_order(kept)


def shared_bins(
    methods: Methods,
) -> tuple[Float[np.ndarray, " time"], dict[tuple[str, str], Int[np.ndarray, " time"]]]:
    """Middles of the bins that all results have, and their places in each, by method and session.

    Raises
    ------
    UserError
        If widths of bins differ, or fewer than three bins are shared.
    """
    every = {(m, name): of for m, sessions in methods.items() for name, of in sessions.items()}
    widths = {round(bin_width_of(of), 9) for of in every.values()}
    if len(widths) > 1:
        told = ", ".join(f"{1000 * width:g} ms" for width in sorted(widths))
        raise UserError(
            f"results must have bins of one width; got {told}: infer them from the same data"
        )
    width_s = widths.pop()
    numbers = {
        key: np.round(of["time"].to_numpy() / width_s).astype(np.int64) for key, of in every.items()
    }
    shared = set.intersection(*(set(own.tolist()) for own in numbers.values()))
    if len(shared) < 3:
        raise UserError(
            f"results must share three bins or more; they share {many(len(shared), 'bin')}: infer them "
            "from the same data"
        )
    kept = np.array(sorted(shared), np.int64)
    places = {key: np.searchsorted(own, kept) for key, own in numbers.items()}
    first = next(iter(every))
    return every[first]["time"].to_numpy()[places[first]] + width_s / 2, places


def _opened(place: Path, who: str) -> Posterior:
    file = best_folder(place) / "posterior.nc" if place.is_dir() else place
    if not file.is_file():
        raise UserError(
            f"{who}: there is no {printable(file)}: write it with `lfads infer RUN`, or name the file of a "
            "posterior"
        )
    return open_posterior(file)
