"""Scores that others reached on the benchmark, as published; on the test targets."""

from collections.abc import Mapping
from typing import NamedTuple


class Published(NamedTuple):
    """Scores of a method, by the benchmark's names; a range where several were published."""

    method: str
    scores: Mapping[str, str]


PUBLISHED: Mapping[str, tuple[Published, ...]] = {
    "mc_maze": (
        Published("smoothing", {"co-bps": ".211", "vel R2": ".624", "psth R2": ".185"}),
        Published("GPFA", {"co-bps": ".187", "vel R2": ".640", "psth R2": ".515"}),
        Published(
            "AutoLFADS",
            {"co-bps": ".336–.351", "vel R2": ".910", "psth R2": ".636", "fp-bps": ".235–.241"},
        ),
        Published(
            "NDT ensemble",
            {"co-bps": ".368", "vel R2": ".911", "psth R2": ".668", "fp-bps": ".259"},
        ),
        Published(
            "STNDT ensemble",
            {"co-bps": ".386", "vel R2": ".910", "psth R2": ".669", "fp-bps": ".269"},
        ),
    ),
    "mc_rtt": (
        Published("AutoLFADS", {"co-bps": ".187", "vel R2": ".617"}),
        Published("best ensemble", {"co-bps": ".210", "vel R2": ".627"}),
    ),
    "area2_bump": (
        Published("AutoLFADS", {"co-bps": ".257", "vel R2": ".849"}),
        Published("best ensemble", {"co-bps": ".290", "vel R2": ".891"}),
    ),
    "dmfc_rsg": (
        Published("AutoLFADS", {"co-bps": ".183", "tp corr": "-.825"}),
        Published("best ensemble", {"co-bps": ".194", "tp corr": "-.485"}),
    ),
}
"""By data set, bins of 5 ms."""


def beside_published(
    dataset: str, own: Mapping[str, Mapping[str, float]], bin_width_s: float
) -> list[tuple[str, ...]]:
    """Rows of words, the header first: this run, and what was published for bins of 5 ms; none of nothing.

    Parameters
    ----------
    dataset
        Its name.
    own
        Scores of this run by the trials that were scored: `validation`, `test`.
    bin_width_s
        Of this run.
    """
    names = list(dict.fromkeys(name for scores in own.values() for name in scores))
    if not names:
        return []
    rows: list[tuple[str, ...]] = [("method", *names)]
    for trials, scores in own.items():
        shown = (f"{scores[name]:.3f}" if name in scores else "" for name in names)
        rows.append((f"this run, {trials} trials", *shown))
    if abs(bin_width_s - 0.005) < 1e-6:
        for one in PUBLISHED.get(dataset, ()):
            rows.append((one.method, *(one.scores.get(name, "") for name in names)))
    return rows
