"""Fixed points as a table and in a caption."""

import numpy as np
import xarray as xr

from lfads.checks import many
from lfads.evaluation.listed import in_words

MOST_ROWS = 40

HEADER = (
    "point", "kind", "unstable directions", "largest |eigenvalue|", "its time constant (s)",
    "its frequency (Hz)", "starts", "distance to trials (spread)",
)  # fmt: skip


def rows_of(result: xr.Dataset) -> list[tuple[str, ...]]:
    """A row a point, of the eigenvalue of largest modulus; a last one says how many are left out."""
    number = result.sizes["point"]
    rows = [HEADER, *(_row(result, point) for point in range(min(number, MOST_ROWS)))]
    if number > MOST_ROWS:
        rows.append((f"and {number - MOST_ROWS} more", *[""] * (len(HEADER) - 1)))
    if not number:
        rows.append(("none", *[""] * (len(HEADER) - 1)))
    return rows


def _row(result: xr.Dataset, point: int) -> tuple[str, ...]:
    own = result.isel(point=point)
    first = own.isel(mode=0)
    modulus = float(np.hypot(first["eigenvalue_real"], first["eigenvalue_imag"]))
    kind = str(own["kind"].item())
    if own["found"].item() == "slow point":
        kind += ", slow point"
    if own["region"].item() == "outside":
        kind += ", outside of the trials"
    if at_limit := int(own["num_at_limit"]):
        kind += f", {many(at_limit, 'unit')} at the limit"
    numbers = (modulus, float(first["time_constant_s"]), float(first["frequency_hz"]))
    return (
        str(point + 1), kind, str(int(own["num_unstable"])), *map(in_words, numbers),
        str(int(own["num_led"])), in_words(float(own["distance"])),
    )  # fmt: skip


def caption_of(result: xr.Dataset) -> str:
    """What the figure shows, how it was made, and what was not found."""
    about = result.attrs
    return (
        f"{_counted(result)}, of the generator with its inputs {_held(about)}. Left: the plane of the "
        "first two principal components of the factors, with the flow (the move of a bin, from the mean of "
        "the states that trials go through at a place, by linear regression), some trials (a dot is the "
        "start), and the points: filled if stable, open if not, with a bar along the unstable directions "
        "(of a pair that turns, along one of its plane), shorter where they lead out of the plane; small "
        "grey dots are slow points. Right: eigenvalues of the linear dynamics about each point; those "
        "outside of the circle grow. Speed was minimised from "
        f"{many(about['num_starts'], 'state')} of the trials, with noise, by Adam and damped "
        f"Gauss-Newton; points within {about['merge_within']:g} of the spread of states are one."
        + _doubts(result)
    )


def _held(about: dict[str, object]) -> str:
    held = np.asarray(about["held_inputs"], np.float64)
    if not held.size:
        return "absent: it has none"
    return "held at their mean" if about["inputs"] == "mean" else "held at zero"


def _counted(result: xr.Dataset) -> str:
    fixed = result["found"].to_numpy().astype(str) == "fixed point"
    kinds = result["kind"].to_numpy().astype(str)
    if not len(fixed):
        return "No fixed and no slow points"
    said = [
        f"{number:,} {word}"
        for kind, word in (("stable", "stable"), ("saddle", "saddle"), ("source", "source"))
        if (number := int((fixed & (kinds == kind)).sum()))
    ]
    words = f"{many(int(fixed.sum()), 'fixed point')}" + (f" ({', '.join(said)})" if said else "")
    slow = int((~fixed).sum())
    return words + (f" and {many(slow, 'slow point')}" if slow else "")


def _doubts(result: xr.Dataset) -> str:
    """What was not found, or is to be doubted; empty if there is nothing."""
    about, said = result.attrs, ""
    lost, fast = about["num_lost"], about["num_fast"]
    outside = int((result["region"].to_numpy().astype(str) == "outside").sum())
    clipped = int((result["num_at_limit"].to_numpy() > 0).sum())
    alone = int((result["num_led"].to_numpy() == 1).sum())
    if lost:
        said += (
            f" {many(lost, 'start')} led to no minimum of speed: the search did not converge there."
        )
    if fast:
        said += f" {many(fast, 'start')} led to minima that are not slow, which are left out."
    if outside:
        said += (
            f" {many(outside, 'point')} farther than {about['reach']:g} of the spread from every state of "
            "the trials (crosses, or beyond the edges): the generator was never trained there."
        )
    if clipped:
        said += (
            f" {many(clipped, 'point')} with units at the limit of ±{about['state_limit']:g}: there it is "
            "the clipping of states that stops them."
        )
    if alone:
        said += (
            f" {many(alone, 'point')} found from one start alone: with more, there may be others."
        )
    return said
