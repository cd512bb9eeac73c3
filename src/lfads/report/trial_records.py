"""Single trials as small records, one after another: what a page that steps through them draws of each.

Numbers are kept in 4,094 steps of their column's range over all trials, so that a trial of 200 neurons and
100 bins takes about 100 kB. `about` says what a record holds, in which unit, and what stands on the axes.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Shaped, UInt8

from lfads.data.session import Session
from lfads.evaluation.matching import bin_width_of, holds, matched
from lfads.numerics.evenly import evenly
from lfads.numerics.means import std_of_known

STEPS = 4094
"""Of a column's range: far finer than a screen, and coarse enough to be packed well."""

NONE = 65535
"""Stands for what is not known: behind a trial's end, not observed."""

MOST_COUNT = 254
_AT_ONCE = 64  # trials that are put into steps together
_LOOKED_AT = 200  # of trials, for what is typical
_BEYOND = 0.001  # of values on each side that axes leave out; the page marks them
_SHOWN_PERCENT = 99.5  # of rates, by colours: one fast neuron must not darken all others
_AXES = {"rates": "neuron", "factors": "factor", "inferred_inputs": "input"}


class Records(NamedTuple):
    """The trials of a session: what records hold, and the records, a row each."""

    about: dict[str, Any]
    rows: UInt8[np.ndarray, "trial byte"]


class _Block(NamedTuple):
    """A part of a record: its words, and its values as numbers of 1 or 2 bytes."""

    about: dict[str, Any]
    values: Shaped[np.ndarray, "trial time column"]


def records_of(
    posterior: xr.Dataset, session: Session | None, num_forward_bins: int = 0
) -> Records:
    """What is drawn of each trial of a session.

    Parameters
    ----------
    posterior
        Its results.
    session
        What they were inferred from, for spikes and for what a simulation knows; None if it is not there.
    num_forward_bins
        At the end of trials, which no encoder saw.
    """
    data = None if session is None else matched(session, posterior)
    rates = posterior["rates"].to_numpy()
    blocks = [] if data is None else [_recorded(data)]
    for name, axis in _AXES.items():
        if not holds(posterior, name):
            continue
        columns = _names(posterior) if name == "rates" else _numbered(axis, posterior.sizes[axis])
        blocks += _with_spread(posterior, name, columns)
    if data is not None and data.true_rates_hz is not None:
        unit, names = _unit(posterior["rates"]), _names(posterior)
        blocks.append(_block("true_rates", "true_rates", data.true_rates_hz, unit, names))
    blocks += _behavior(posterior)
    if data is not None and data.external_inputs is not None:
        given = np.where(data.valid_bins()[:, :, None], data.external_inputs, np.nan)
        names = _numbered("channel", given.shape[2])
        blocks.append(_block("external inputs", "measured", given, "", names))
    about: dict[str, Any] = {**_about(posterior, data, rates), "forward_bins": num_forward_bins}
    sizes = [one.values[0].nbytes for one in blocks]
    sizes = [num_bytes + num_bytes % 2 for num_bytes in sizes]  # numbers of 2 bytes at even places
    rows, place = np.zeros((len(rates), sum(sizes)), np.uint8), 0
    for one, num_bytes in zip(blocks, sizes, strict=True):
        flat = np.ascontiguousarray(one.values).reshape(len(rates), -1).view(np.uint8)
        rows[:, place : place + flat.shape[1]] = flat
        about["blocks"].append({**one.about, "offset": place})
        place += num_bytes
    return Records(about, rows)


def chosen_of(records: Records, positions: Sequence[int]) -> Records:
    """Some trials of a session, in that order."""
    places = list(positions)
    about = dict(records.about)
    about |= {name: [about[name][k] for k in places] for name in ("number", "length", "split")}
    if about["condition"] is not None:
        about["condition"] = [about["condition"][k] for k in places]
    return Records(about, records.rows[places])


def words_of(posterior: xr.Dataset, title: str, notes: Sequence[str] = ()) -> dict[str, Any]:
    """What the page says of all trials: its title, what bands are, and sentences on what is not there."""
    made = posterior.attrs
    return {
        "title": title, "method": str(made.get("baseline", "LFADS")),
        "spread": str(made.get("spread", "as the method gives it")), "notes": list(notes),
    }  # fmt: skip


def _about(posterior: xr.Dataset, data: Session | None, rates: np.ndarray) -> dict[str, Any]:
    """Labels of trials, bins and neurons."""
    known = np.isfinite(rates)
    in_bin = np.asarray(known.any(2))
    length = np.where(in_bin.any(1), rates.shape[1] - in_bin[:, ::-1].argmax(1), 0)
    times = max(int(in_bin.sum()), 1)
    if data is not None and data.kind == "counts":
        times = np.maximum(data.observed_bins().sum((0, 1)), 1)
        mean = data.values.sum((0, 1), dtype=np.int64) / (times * bin_width_of(posterior))
    else:
        mean = np.where(known, rates, 0).sum((0, 1), dtype=np.float64) / times
    course = np.where(known, rates, 0).sum(0, dtype=np.float64) / np.maximum(known.sum(0), 1)
    coords = posterior.coords
    number = (
        np.arange(len(rates)) if "trial_index" not in coords else coords["trial_index"].to_numpy()
    )

    def texts(name: str) -> list[str] | None:
        return coords[name].to_numpy().astype(str).tolist() if name in coords else None

    held_out = (
        coords["held_out"].to_numpy() if "held_out" in coords else np.zeros(rates.shape[2], bool)
    )
    return {
        "name": "" if data is None else data.name, "counts": data is None or data.kind == "counts",
        "number": number.astype(int).tolist(), "length": length.astype(int).tolist(),
        "split": texts("split") or [""] * len(rates), "condition": texts("condition"),
        "time_s": [round(float(t), 9) for t in posterior["time"].to_numpy()],
        "bin_width_s": bin_width_of(posterior), "neurons": _names(posterior), "area": texts("area"),
        "held_out": held_out.astype(bool).tolist(), "mean": _numbers(mean),
        "peak": course.argmax(0).astype(int).tolist(), "blocks": [], **_shown(rates),
    }  # fmt: skip


def _shown(rates: np.ndarray) -> dict[str, Any]:
    """How much each neuron's rate moves, and the rate at which colours end: of at most so many trials."""
    some = rates[evenly(len(rates), _LOOKED_AT)]
    known = np.isfinite(some)
    swing = std_of_known(np.where(known, some, np.nan).reshape(-1, some.shape[2]), 0)
    top = float(np.percentile(some[known], _SHOWN_PERCENT)) if known.any() else 0.0
    return {"swing": _numbers(np.nan_to_num(swing)), "top": float(f"{max(1.0, top):.3g}")}


def _recorded(data: Session) -> _Block:
    """Spikes as counts in one byte, or signals in steps."""
    seen, names = data.observed_bins(), [str(k) for k in range(data.num_neurons)]
    if data.kind != "counts":
        return _block("signals", "signals", np.where(seen, data.values, np.nan), "", names)
    most = int(data.values.max(initial=0))
    kind, none = (np.uint8, 255) if most <= MOST_COUNT else (np.dtype("<u2"), NONE)
    about = {
        "key": "spikes",
        "role": "spikes",
        "unit": "spikes",
        "columns": [],
        "none": none,
        "scale": None,
    }
    counts = np.where(seen, np.minimum(data.values, none - 1), none).astype(kind)
    return _Block({**about, "bytes": counts.itemsize, "num": data.num_neurons}, counts)


def _with_spread(posterior: xr.Dataset, name: str, columns: list[str]) -> list[_Block]:
    """Means, and their spread if there is one; axes are those of mean ± spread."""
    mean, unit = posterior[name].to_numpy(), _unit(posterior[name])
    blocks = [_block(name, name, mean, unit, columns)]
    if f"{name}_std" in posterior:
        std = posterior[f"{name}_std"].to_numpy()
        blocks.append(_block(f"{name}_std", f"{name}_std", std, unit, []))
        some = evenly(len(mean), _LOOKED_AT)
        low, high = _scale_of(mean[some] - std[some])[0], _scale_of(mean[some] + std[some])[1]
        blocks[0].about["scale"] = [_numbers(low), _numbers(high)]
    return blocks


def _behavior(posterior: xr.Dataset) -> list[_Block]:
    found = []
    for name, one in posterior.data_vars.items():
        key = str(name)
        if key.startswith("behavior_") and one.dims[:2] == ("trial", "time"):
            values = one.to_numpy().reshape(*one.shape[:2], -1)
            columns = _numbered("channel", values.shape[2]) if values.shape[2] > 1 else [""]
            words, unit = key.removeprefix("behavior_"), str(one.attrs.get("units", ""))
            found.append(_block(words, "measured", values, "" if unit == "1" else unit, columns))
    return found


def _block(key: str, role: str, values: np.ndarray, unit: str, columns: list[str]) -> _Block:
    """Values in steps of the range of their column."""
    low, high = _range_of(values)
    steps = np.empty(values.shape, "<u2")
    span = np.where(high > low, high - low, 1.0)
    for first in range(0, len(values), _AT_ONCE):
        scaled = (values[first : first + _AT_ONCE] - low) / span * STEPS
        known = np.isfinite(scaled)
        steps[first : first + _AT_ONCE] = np.where(known, np.rint(np.where(known, scaled, 0)), NONE)
    about = {
        "key": key, "role": role, "unit": unit, "columns": columns,
        "none": NONE, "steps": STEPS, "bytes": 2,
        "num": values.shape[2], "low": low.tolist(), "high": high.tolist(),
        "scale": [_numbers(edge) for edge in _scale_of(values[evenly(len(values), _LOOKED_AT)])],
    }  # fmt: skip
    return _Block(about, steps)


def _scale_of(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Between which nearly all values of each column lie: one trial must not flatten all others."""
    flat = np.sort(np.where(np.isfinite(values), values, np.nan).reshape(-1, values.shape[2]), 0)
    last = np.maximum(np.isfinite(flat).sum(0) - 1, 0)
    ends = [np.rint(share * last).astype(int)[None] for share in (_BEYOND, 1 - _BEYOND)]
    low, high = (np.nan_to_num(np.take_along_axis(flat, end, 0)[0]) for end in ends)
    return low, high


def _range_of(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest finite value of each column, 0 where there is none."""
    low = np.full(values.shape[2], np.inf)
    high = -low
    for first in range(0, len(values), _AT_ONCE):
        some = values[first : first + _AT_ONCE]
        known = np.isfinite(some)
        low = np.minimum(low, np.where(known, some, np.inf).min((0, 1), initial=np.inf))
        high = np.maximum(high, np.where(known, some, -np.inf).max((0, 1), initial=-np.inf))
    return np.where(np.isfinite(low), low, 0.0), np.where(np.isfinite(high), high, 0.0)


def _names(posterior: xr.Dataset) -> list[str]:
    if "name" in posterior.coords:
        return posterior["name"].to_numpy().astype(str).tolist()
    return _numbered("neuron", posterior.sizes["neuron"])


def _numbered(word: str, num: int) -> list[str]:
    return [f"{word} {k}" for k in range(num)]


def _numbers(values: np.ndarray) -> list[float]:
    return [float(f"{value:.6g}") for value in np.asarray(values).tolist()]


def _unit(one: xr.DataArray) -> str:
    unit = str(one.attrs.get("units", ""))
    return "arbitrary unit" if unit in ("1", "") else unit
