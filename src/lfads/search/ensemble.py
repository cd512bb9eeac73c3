"""The best members of a search, whose rates can be averaged.

Factors of different members live in different spaces, rates do not.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from lfads.checks import UserError
from lfads.hyperparameters import HyperParameterSettings
from lfads.paths import folder_of_search
from lfads.search.record import MemberRow, best_of, read_population, standing_of
from lfads.training.checkpoint import checkpoint_in, read_checkpoint, read_header
from lfads.training.folder import TrainedModel, open_trained


def other_members(folder: Path, number: int) -> list[TrainedModel]:
    """The best members besides the best of the search, each at its best epoch, the better ones first.

    Parameters
    ----------
    folder
        Of the best member, in a search.
    number
        How many.

    Raises
    ------
    UserError
        If the folder is not in a search, or the search has fewer members.
    """
    search = folder_of_search(folder)
    if search is None:
        raise UserError(
            f"an ensemble is made of the members of a search; {folder} is a single run: "
            "`lfads.search_population` trains a population"
        )
    rows = read_population(search / "population.csv")
    best = best_of(rows)
    alone = (search / "members").is_dir()
    place = checkpoint_in(search)
    kept = 1 if alone else standing_of(read_header(place), place).generation
    if rows[-1].generation != kept:
        raise UserError(f"the search in {search} was killed while it wrote: `resume=True` mends it")
    others = [
        best_of([row for row in rows if row.member == member])
        for member in sorted({row.member for row in rows} - {best.member})
    ]
    others = [row for row in others if np.isfinite(row.score)]
    if len(others) < number:
        raise UserError(
            f"expected an ensemble of at most {len(others) + 1} members; got {number + 1}: the search in "
            f"{search} has no more with a finite score"
        )
    chosen = sorted(others, key=lambda row: row.score)[:number]
    if alone:
        return [open_trained(search / "members" / f"{row.member:03d}") for row in chosen]
    return _from_population(folder, chosen)


def _from_population(folder: Path, rows: Sequence[MemberRow]) -> list[TrainedModel]:
    """Members of the population that is kept for resuming, at the best weights that each had."""
    best = open_trained(folder)
    parameters, static = eqx.partition(best.model, eqx.is_inexact_array)
    members = 1 + max(row.member for row in read_population(folder.parent / "population.csv"))
    stacked = jax.tree.map(lambda x: jax.ShapeDtypeStruct((members, *x.shape), x.dtype), parameters)
    name = "population/kept/average"
    averages = read_checkpoint(checkpoint_in(folder.parent), {name: stacked})[0][name]

    def member(row: MemberRow) -> TrainedModel:
        own = jax.tree.map(lambda x: jnp.asarray(x[row.member]), averages)
        settings = replace(
            best.config, hyperparameters=HyperParameterSettings(**row.hyperparameters)
        )
        return replace(best, model=eqx.combine(own, static), config=settings)

    return [member(row) for row in rows]
