"""What is said of trials beside each other: the main numbers, and the caption of the figure."""

import numpy as np
import xarray as xr

from lfads.analysis.tsne import INSTALL
from lfads.checks import many
from lfads.evaluation.listed import in_words

NUM_COMPONENTS = 30
"""Principal components that t-SNE and neighbours see, since more are noise."""

SOURCES = {
    "initial_conditions": "initial conditions",
    "inferred_inputs": "inferred inputs",
    "state": "states",
}
"""What is embedded, and how it is called."""

ERRORS_OF_ANGLE = ("error_deg", "error_chance_deg", "error_chance_low_deg")
"""Median error, that of shuffled angles (median over shuffles), and what 5 % of shuffles stay below."""


def numbers_of(result: xr.Dataset) -> list[tuple[str, ...]]:
    """Of each source: how well conditions are told by neighbours, and angles by regression."""
    by = result.attrs["by"] or "condition"
    header = (
        f"{by}, by neighbours",
        "chance",
        "95 % of shuffles below",
        "p",
        "median error of angle",
        "of shuffled angles",
        "5 % of shuffles below",
    )
    rows: list[tuple[str, ...]] = [("", *header)]
    for k, name in enumerate(result["source"].values.astype(str).tolist()):
        each = {
            n: float(result[n].values[k])
            for n in ("accuracy", "chance", "chance_high", "p", *ERRORS_OF_ANGLE)
        }
        told = [in_words(each[n]) for n in ("accuracy", "chance", "chance_high")]
        errors = [f"{each[n]:.1f}°" if np.isfinite(each[n]) else "–" for n in ERRORS_OF_ANGLE]
        rows.append(
            (
                SOURCES[name],
                *told,
                f"{each['p']:.2g}" if np.isfinite(each["p"]) else "–",
                *errors,
            )
        )
    return rows


def caption_of(result: xr.Dataset) -> str:
    """What the figure shows, how it was made, and what t-SNE does to noise."""
    attrs = result.attrs
    names = [SOURCES[name] for name in result["source"].values.astype(str).tolist()]
    planes = "two principal components" + (" and of t-SNE" if attrs["with_tsne"] else "")
    trials = many(result.sizes["trial"], "trial")
    text = f"A dot is one of {trials}: {' and '.join(names)} in the plane of {planes}"
    text += f", coloured by {attrs['by']}. " if attrs["by"] else ". "
    if attrs["by"]:
        text += (
            f"Numbers: how often {attrs['num_neighbors']} nearest neighbours in the first "
            f"{NUM_COMPONENTS} "
            f"principal components vote for a trial's {attrs['by']}, beside shuffled labels. "
        )
    if attrs["with_tsne"]:
        text += (
            f"t-SNE (perplexity {attrs['perplexity']:g}) draws clusters even of noise, and distances "
            "between clusters mean nothing: believe the numbers, not the picture. "
        )
    else:
        text += f"{INSTALL}. "
    if attrs["angle"]:
        text += (
            f"Error: of {attrs['angle']}, told by regression in left-out trials, beside shuffled "
            "angles: an error above what 5 % of these stay below tells nothing. "
        )
    if left := int(attrs["trials_left_out"]):
        text += f"{many(left, 'trial')} of the data are not drawn, since there are very many. "
    return text.rstrip()
