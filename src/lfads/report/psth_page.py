"""A page with every neuron: averages and single trials, methods side by side (Supplementary Data 1).

It stands by itself and needs no network. Rows are drawn by a script when they come into view, so that five
hundred neurons open at once; values are kept to one part in 250 of each neuron's range.
"""

import base64
import json
from collections.abc import Mapping
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.colors import to_hex

from lfads.analysis.psth_figure import colors_of_conditions
from lfads.checks import UserError, many
from lfads.files import write_text
from lfads.paths import refuse_to_replace
from lfads.plots.conditions import Angles
from lfads.plots.page import page

TITLE = "Every neuron: "
MOST_BINS = 100
"""Of more bins than these, evenly chosen ones are drawn."""

_NONE = 255
_STYLE = """<style>
main { max-width: 110rem; }
.psth-tools { position: sticky; top: 0; background: #fff; padding: .5rem 0; z-index: 1; }
.psth-row { display: flex; gap: 1rem; min-height: 13rem; border-top: 1px solid #d9d9d9; padding: .4rem 0; }
.psth-row > b { flex: 0 0 8rem; overflow-wrap: anywhere; }
.psth-row > div { flex: 1 1 0; min-width: 8rem; }
.psth-row canvas { display: block; width: 100%; height: 11.5rem; }
.psth-key span { margin-right: 1rem; white-space: nowrap; }
</style>"""


def write_psth_page(
    results: Mapping[str, xr.Dataset],
    out: Path,
    *,
    name: str,
    angles: Angles | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the page of every neuron.

    Parameters
    ----------
    results
        Of the analysis `psth`, by session, all of the same methods.
    out
        Of the page.
    name
        Of the run, for the title.
    angles
        Directions of conditions in degrees, for their colours.
    overwrite
        Replace another file, too.

    Raises
    ------
    UserError
        If there is no result, methods differ, or another file lies there.
    """
    methods = {tuple(of["signal"].values.astype(str).tolist()) for of in results.values()}
    if len(methods) != 1:
        raise UserError(
            "the page of every neuron needs results of the same methods in all sessions; got "
            f"{len(methods)} "
            "different sets: analyse all sessions with the same results of others"
        )
    refuse_to_replace(out, _is_ours, "is no page of neurons", overwrite=overwrite)
    write_text(out, psth_page(results, name, angles))
    return out


def psth_page(results: Mapping[str, xr.Dataset], name: str, angles: Angles | None = None) -> str:
    """The page as HTML."""
    first = next(iter(results.values()))
    methods = first["signal"].values.astype(str).tolist()
    sessions = [_session(key, of, angles) for key, of in results.items()]
    about = {"methods": methods, "sessions": sessions}
    script = resources.files("lfads.report").joinpath("psth_page.js").read_text(encoding="utf-8")
    data = json.dumps(about, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    number = sum(of.sizes["neuron"] for of in results.values())
    parts = [
        _STYLE,
        _explained(first),
        '<div class="psth-tools"><label>find a neuron by name or number '
        '<input id="psth-search" type="search"></label> '
        '<label>in the order of <select id="psth-sort"><option value="place">the recording</option>'
        f'<option value="r">r of {escape(methods[1])}</option></select></label> '
        f'<small id="psth-count"></small>{_key(sessions)}</div>',
        '<noscript><p class="note">The rows are drawn by a script, which this browser does not run.</p>'
        "</noscript>",
        '<div id="psth-rows"></div>',
        f'<script type="application/json" id="psth-data">{data}</script>',
        f"<script>\n{script}</script>",
    ]
    result = f"{many(number, 'neuron')} by {', '.join(methods)}."
    return page(f"{TITLE}{name}", result, [("neurons", "Averages and single trials", parts)])


def _explained(result: xr.Dataset) -> str:
    text = (
        f"In each panel averages over the trials of each condition above, single trials below, in "
        f"{result['average'].attrs['units']}, on one scale for all methods of a neuron. Averages "
        "are over trials "
        f"that the other side of r has not: r is the correlation with averages of smoothed spikes; these "
        f"and the method's are of {result.attrs['sides']}: {result.attrs['of_noise']}. Spikes are smoothed "
        "with a Gaussian of "
        f"{1000 * result.attrs['smoothing_s']:g} ms."
    )
    return f"<p>{escape(text)}</p>"


def _key(sessions: list[dict[str, Any]]) -> str:
    of = sessions[0]
    words = "".join(
        f'<span><b style="color:{of["colors"][c]}">━</b> {escape(of["labels"][c])}</span>'
        for c in of["drawn"]
    )
    return f'<div class="psth-key">{words}</div>'


def _session(name: str, result: xr.Dataset, angles: Angles | None) -> dict[str, Any]:
    conditions = colors_of_conditions(result, angles)
    step = -(-result.sizes["time"] // MOST_BINS)
    drawn = conditions.chosen.tolist()
    average = result["average"].values[:, drawn, ::step]
    single = result["single"].values[:, :, ::step]
    colors = [to_hex(tuple(color)) for color in conditions.colors]
    average_bytes, average_range = _packed(average)
    single_bytes, single_range = _packed(single)
    return {
        "name": name,
        "neurons": _names(result),
        "time": [round(float(t), 5) for t in result["time"].values[::step]],
        "labels": result["condition"].values.astype(str).tolist(),
        "colors": colors,
        "drawn": drawn,
        "shown": result["condition_of_shown"].values.tolist(),
        "r": [[_told(value) for value in each] for each in result["correlation"].values.tolist()],
        "average": average_bytes,
        "single": single_bytes,
        "rangeAverage": average_range,
        "rangeSingle": single_range,
    }  # fmt: skip


def _packed(values: Float[np.ndarray, "signal line time neuron"]) -> tuple[str, list[list[float]]]:
    """Values of each neuron in 255 steps of its range over methods, as base64; the ranges."""
    by_neuron = np.moveaxis(values, -1, 0).astype(np.float64)
    known = np.isfinite(by_neuron)
    flat = (len(by_neuron), -1)
    low = np.where(known, by_neuron, np.inf).reshape(flat).min(1)
    high = np.where(known, by_neuron, -np.inf).reshape(flat).max(1)
    low = np.where(np.isfinite(low), np.minimum(low, 0.0), 0.0)
    high = np.where(np.isfinite(high) & (high > low), high, low + 1.0)
    shape = (-1, 1, 1, 1)
    scaled = (by_neuron - low.reshape(shape)) / (high - low).reshape(shape)
    steps = np.where(known, np.rint(254 * np.where(known, scaled, 0.0)), _NONE).astype(np.uint8)
    ranges = [[float(f"{a:.5g}"), float(f"{b:.5g}")] for a, b in zip(low, high, strict=True)]
    return base64.b64encode(np.ascontiguousarray(steps).tobytes()).decode("ascii"), ranges


def _told(value: float) -> float | None:
    return round(value, 3) if np.isfinite(value) else None


def _names(result: xr.Dataset) -> list[str]:
    names = [f"neuron {k}" for k in range(result.sizes["neuron"])]
    for column in ("name", "area"):
        if column in result.coords:
            words = result[column].values.astype(str).tolist()
            names = [f"{a}, {b}" if b else a for a, b in zip(names, words, strict=True)]
    return names


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return f"<title>{TITLE}".encode() in file.read(1000)
