"""Signals in NWB files, under names that a user can choose."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from lfads.formats.guarded import require_memory
from lfads.recordings.nwb_units import reading
from lfads.recordings.series import Series, about_lengths, about_rate, about_start

MOST_CHANNELS = 10_000


def series_of(content: Any, where: str) -> dict[str, Series]:
    """Signals of a file by name: their own where only one has it, else with what they lie in before it.

    Parameters
    ----------
    content
        An `NWBFile` of pynwb.
    where
        The file, for messages.
    """
    found = [
        (path, made)
        for path, one in _everything(content)
        if (made := _series(path[-1], one, where)) is not None
    ]
    owns = [path[-1] for path, _ in found]
    named: dict[str, Series] = {}
    for path, one in found:
        name = path[-1] if owns.count(path[-1]) == 1 else "/".join(path)
        while name in named:  # a module of processing may be called `acquisition`
            name = f"processing/{name}"
        named[name] = replace(one, name=name)
    return named


def _everything(content: Any) -> Iterator[tuple[list[str], Any]]:
    """Each time series with its path."""
    places = {place: getattr(content, place) for place in ("acquisition", "stimulus")}
    modules = [(module.name, module.data_interfaces) for module in content.processing.values()]
    for name, interfaces in [*places.items(), *modules]:
        for interface in interfaces.values():
            yield from (([name, *path], one) for path, one in _time_series(interface))


def _time_series(interface: Any) -> Iterator[tuple[list[str], Any]]:
    """A series, or those of a container, with their path."""
    if hasattr(interface, "data") and hasattr(interface, "timestamps"):
        yield [interface.name], interface
        return
    for attribute in ("time_series", "spatial_series"):
        for one in getattr(interface, attribute, {}).values():
            yield [interface.name, one.name], one


def _series(name: str, one: Any, where: str) -> Series | None:
    """One signal; None for what is no signal of numbers (images, text)."""
    data = one.data
    shape = getattr(data, "shape", None)
    kind = getattr(getattr(data, "dtype", None), "kind", "")
    if shape is None or kind not in "biuf" or len(shape) not in (1, 2) or not shape[0]:
        return None
    rate, stamps = one.rate, one.timestamps
    if rate is None and stamps is None:
        return None
    channels = 1 if len(shape) == 1 else int(shape[1])
    if not channels:
        return None
    problem = _problem(one, shape)
    if channels > MOST_CHANNELS and not problem:
        return None
    scale, offset = float(one.conversion or 1.0), float(getattr(one, "offset", 0.0) or 0.0)
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
                return np.asarray(stamps[start:stop], np.float64)
        return begin + np.arange(start, min(stop, shape[0])) / float(rate)

    return Series(
        name=name, num_samples=int(shape[0]), num_channels=channels, times=times,
        values=values, unit=str(one.unit or ""), rate_hz=None if rate is None else float(rate),
        problem=problem,
    )  # fmt: skip


def _problem(one: Any, shape: tuple[int, ...]) -> str:
    """Why a signal cannot be used; empty if it can."""
    if one.rate is not None:
        return about_rate(one.rate) or about_start(one.starting_time or 0.0)
    if getattr(getattr(one.timestamps, "dtype", None), "kind", "f") not in "iuf":
        return "its times must be numbers of seconds"
    return about_lengths(np.shape(one.timestamps), shape)
