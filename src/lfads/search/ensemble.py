"""Rates averaged over the best members of a search; everything else stays that of the best.

Factors of different members live in different spaces, rates do not.
"""

from collections.abc import Sequence
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from lfads.checks import UserError
from lfads.inference.averages import PosteriorArrays
from lfads.model.lfads import LFADS
from lfads.paths import folder_of_search
from lfads.search.record import MemberRow, best_of, read_population
from lfads.training.checkpoint import checkpoint_in, read_checkpoint, read_header
from lfads.training.folder import open_trained


def other_members(folder: Path, number: int) -> list[LFADS]:
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
    kept = 1 if alone else int(read_header(checkpoint_in(search))["generation"])
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
        return [open_trained(search / "members" / f"{row.member:03d}").model for row in chosen]
    return _from_population(folder, chosen)


def _from_population(folder: Path, rows: Sequence[MemberRow]) -> list[LFADS]:
    """Members of the population that is kept for resuming, at the best weights that each had."""
    parameters, static = eqx.partition(open_trained(folder).model, eqx.is_inexact_array)
    members = 1 + max(row.member for row in read_population(folder.parent / "population.csv"))
    stacked = jax.tree.map(lambda x: jax.ShapeDtypeStruct((members, *x.shape), x.dtype), parameters)
    name = "population/kept/average"
    averages = read_checkpoint(checkpoint_in(folder.parent), {name: stacked})[0][name]
    return [
        eqx.combine(jax.tree.map(lambda x, m=row.member: jnp.asarray(x[m]), averages), static)
        for row in rows
    ]


def with_rates_of(best: PosteriorArrays, others: Sequence[PosteriorArrays]) -> PosteriorArrays:
    """The best member's averages with rates averaged over all members.

    The mean square error of an average is that of its members less the variance between them (Krogh &
    Vedelsby 1995, NIPS 7:231), and so is the square of its spread; at least a member's share of it is left.
    """
    means = [member.mean.rates for member in (best, *others)]
    variances = [member.std.rates**2 for member in (best, *others)]
    mean, of_members = np.mean(means, axis=0), np.mean(variances, axis=0)
    variance = np.maximum(of_members - np.var(means, axis=0), of_members / len(means))
    return best._replace(
        mean=best.mean._replace(rates=mean), std=best.std._replace(rates=np.sqrt(variance))
    )
