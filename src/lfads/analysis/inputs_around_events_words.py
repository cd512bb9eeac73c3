"""What is said of inputs around an event: the main numbers, and the caption of the figure."""

import numpy as np
import xarray as xr

from lfads.checks import many
from lfads.evaluation.listed import in_words

BAND = 0.99
"""Share of shuffled labels whose largest difference over the window lies below the band."""


def numbers_of(result: xr.Dataset) -> list[tuple[str, ...]]:
    """How many trials, how well groups are told apart, from when on they differ, and strength."""
    rows: list[tuple[str, ...]] = [("inputs around " + result.attrs["event"], "")]
    rows.append(("trials", f"{result.sizes['trial']:,}"))
    rows.append(("trials without the event or a group", str(result.attrs["trials_left_out"])))
    rows.append(("bins outside trials", f"{result.attrs['cells_outside']:,}"))
    if result.sizes["group"] > 1:
        first, largest = float(result["first_s"]), float(result["largest_s"])
        rows += [
            ("accuracy, left-out trials", in_words(float(result["accuracy"]))),
            ("chance", f"{in_words(float(result['chance']))} (95 % below "
                       f"{in_words(float(result['chance_high']))}; p = {float(result['p']):.2g})"),
            ("groups differ from", f"{first:g} s" if np.isfinite(first) else "no time"),
            ("largest difference", f"{largest:g} s" if np.isfinite(largest) else "no time"),
        ]  # fmt: skip
    for k in range(result.sizes["input"]):
        before, after = result["strength"].values[:, k]
        rows.append((f"strength of input {k}, before, after", f"{before:.3g}, {after:.3g}"))
    return rows


def caption_of(result: xr.Dataset) -> str:
    """What the figure shows and how it was made."""
    attrs, several = result.attrs, result.sizes["group"] > 1
    text = (
        f"Inferred inputs (posterior means) around {attrs['event']}, aligned by whole bins. Above: "
        f"averages over {many(result.sizes['trial'], 'trial')}"
    )
    text += f", by {attrs['by']}, ± s.e.m. " if several else " ± s.e.m. "
    if not result["reached"].values.all():
        text += "Averages are drawn in bins that half of the trials reach. "
    text += "Below: single trials, in blocks by group, in the order of the event's time."
    if several:
        score = result["score_window_s"].values
        where = f", within {attrs['within']}" if attrs["within"] else ""
        text += (
            f" Right: share of the variance that groups explain in each bin{where}, and the band that "
            f"the largest share of shuffled labels stays below ({100 * BAND:g} %). "
            f"Accuracy: of a regularised discriminant of {attrs['by']} on left-out trials, from inputs "
            f"{score[0]:g} to {score[1]:g} s after the event, beside that with shuffled labels."
        )
        if "along" in result:
            text += " Left: inputs along the difference of the two groups, fitted on other trials."
        if not np.isfinite(float(result["first_s"])):
            text += " No bin exceeds the band: no time of an effect is claimed."
    if attrs["other_events"]:
        text += f" Times of other events are in {attrs['other_events']}."
    if left := int(attrs["trials_left_out"]):
        text += f" {many(left, 'trial')} without the event, or of no group, are left out."
    if cells := int(attrs["cells_outside"]):
        text += f" {many(cells, 'bin')} outside the trials stay empty."
    return text
