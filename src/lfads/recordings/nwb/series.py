"""Signals in NWB files, under names that a user can choose."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lfads.checks import many
from lfads.guarded.memory import require_memory
from lfads.recordings.nwb.contents import Signal, as_text, kind_of, part_of, shape_of
from lfads.recordings.nwb.units import reading
from lfads.recordings.series import Series, about_lengths, about_rate, about_start

MOST_CHANNELS = 10_000

OF_IMAGES = ("Image", "Photon", "Optical", "IndexSeries")
"""In the names of kinds of signals that are pictures, which nobody expects to be read."""

ToSeconds = Callable[[Any], np.ndarray]


def series_of(
    signals: Mapping[str, Signal], where: str, to_seconds: ToSeconds = np.asarray
) -> tuple[dict[str, Series], list[str]]:
    """Signals of a file that are numbers, by name, and what is to be said of the others.

    Parameters
    ----------
    signals
        Of the file.
    where
        The file, for messages.
    to_seconds
        From the unit that irregular times are in.
    """
    found: dict[str, Series] = {}
    left_out: list[str] = []
    for name, one in signals.items():
        if any(word in one.kind for word in OF_IMAGES):
            continue
        if problem := _no_series(one):
            left_out.append(f"`{name}` (a {one.kind} {problem})")
        elif kind_of(one.data) in "biuf" and one.data is not None:
            found[name] = _series(name, one, where, to_seconds)
    return found, left_out


def _no_series(one: Signal) -> str:
    """Why a signal is none that can be listed, where someone may expect it; empty for text, too."""
    shape, numbers = shape_of(one.data), kind_of(one.data) in "biuf"
    if one.rate is None and one.timestamps is None:
        return "with neither times nor a rate"
    if not shape:
        return "" if one.kind.endswith("Events") else "without values"
    if not numbers:
        text = kind_of(one.data) in tuple("OSU") and one.timestamps is not None
        return "" if text else "of values that are no numbers"
    if not shape[0]:
        return ""
    if len(shape) > 2 or 0 in shape:
        return f"of shape {shape}, where (sample, channel) is read"
    if len(shape) == 2 and shape[1] > MOST_CHANNELS and not _problem(one, shape):
        return f"of {many(shape[1], 'channel')}, where at most {MOST_CHANNELS:,} are read"
    return ""


def _series(name: str, one: Signal, where: str, to_seconds: ToSeconds) -> Series:
    """One signal of numbers."""
    data, stamps = one.data, one.timestamps
    shape = shape_of(data)
    rate = None if one.rate is None else float(one.rate)
    channels = 1 if len(shape) == 1 else int(shape[1])
    scale, problem = _scale(one, channels)
    offset = 0.0 if one.offset is None else float(one.offset)
    begin = float(one.starting_time or 0.0)

    def values(start: int, stop: int) -> np.ndarray:
        require_memory(
            16.0 * max(0, stop - start) * channels,
            f"{where}: series `{name}`, {stop - start:,} samples of it at once,",
            "choose shorter trials",
        )
        with reading(where, name):
            part = np.asarray(data[start:stop], np.float64).reshape(-1, channels)
        return part * scale + offset

    def times(start: int, stop: int) -> np.ndarray:
        if rate is None:
            with reading(where, f"{name}/timestamps"):
                return to_seconds(part_of(stamps, start, stop).astype(np.float64))
        return begin + np.arange(start, min(stop, shape[0])) / rate

    return Series(
        name=name, num_samples=int(shape[0]), num_channels=channels, times=times, values=values,
        unit=as_text(one.unit or ""), rate_hz=rate, problem=_problem(one, shape) or problem,
    )  # fmt: skip


def _scale(one: Signal, channels: int) -> tuple[np.ndarray, str]:
    """What to multiply each channel with, and what is wrong with that; empty if nothing is."""
    whole = np.array(1.0 if one.conversion is None else float(one.conversion))
    if one.channel_conversion is None:
        return whole, ""
    of_each = part_of(one.channel_conversion)
    if of_each.shape != (channels,) or of_each.dtype.kind not in "iuf":
        said = (
            f"its `channel_conversion` must have one number for each of {many(channels, 'channel')}; got "
            f"shape {of_each.shape}"
        )
        return whole, said
    return whole * of_each.astype(np.float64), ""


def _problem(one: Signal, shape: tuple[int, ...]) -> str:
    """Why a signal cannot be used; empty if it can."""
    if one.rate is not None:
        return about_rate(one.rate) or about_start(one.starting_time or 0.0)
    if kind_of(one.timestamps) not in "iuf":
        return "its times must be numbers of seconds"
    return about_lengths(shape_of(one.timestamps), shape)
