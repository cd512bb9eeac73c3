"""Folders of Kilosort and phy: spike times in samples, the cluster of each, and tables of the clusters."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.formats.headers import column_of, mapped
from lfads.paths import printable
from lfads.recordings.by_unit import TimesByUnit
from lfads.recordings.folders.beside import WHERE, trials_beside
from lfads.recordings.folders.clusters import labels_of, of_clusters
from lfads.recordings.folders.parameters import PARAMETERS, stated_rate
from lfads.recordings.folders.text_tables import is_text_table, read_text_table
from lfads.recordings.folders.unreadable import others_in, read_or_said
from lfads.recordings.reading import Reading, in_seconds
from lfads.recordings.recording import Recording, table, with_names

TIMES = "spike_times.npy"
CLUSTERS = ("spike_clusters.npy", "spike_templates.npy")
"""The unit of each spike: as curated in phy, else as sorted."""


def is_kilosort(names: Sequence[str]) -> bool:
    """Whether files of these names are what Kilosort or phy writes."""
    return TIMES in names and any(name in names for name in CLUSTERS)


def from_kilosort(folder: Path, reading: Reading) -> Recording:
    """The recording in a folder of Kilosort or phy.

    Times are in samples; `params.py`, or `sampling_rate_hz`, says how many make a second. Clusters are
    units, with the columns of `cluster_*.tsv`; trials are a table beside them (`trials.csv`).

    Raises
    ------
    UserError
        If the sampling rate is missing, or files are damaged or do not fit together.
    """
    where = printable(folder)
    there = {path.name for path in folder.iterdir()}
    unit_file = next(name for name in CLUSTERS if name in there)
    times = column_of(mapped(folder / TIMES), TIMES)
    unit = labels_of(column_of(mapped(folder / unit_file), unit_file))
    said = reading.time_unit in ("s", "ms")
    rate = None if said else _sampling_rate(folder, reading)
    if not said and times.dtype.kind == "f" and (times[:1000] % 1 != 0).any():
        raise UserError(
            f"{where}: `{TIMES}` holds fractions, where whole numbers of samples were expected: if times "
            "are in seconds, say `time_unit='s'`"
        )
    grouped = TimesByUnit(
        times,
        unit,
        where,
        reading.seconds if rate is None else lambda samples: in_seconds(samples, rate),
    )
    left_out: list[str] = []
    columns, tables = _cluster_tables(folder, grouped.labels, left_out)
    trials = trials_beside(folder, reading)
    used = [TIMES, unit_file, PARAMETERS, *tables, *trials.files]
    left_out += others_in(folder, used, "files of the sorter that no trial is cut from")
    return Recording(
        name=printable(folder.name) or "session",
        source=where,
        spike_times_s=grouped,
        units=with_names(table("units", columns, len(grouped))),
        trials=trials.columns,
        where_trials=WHERE,
        trial_seconds=1 / reading.per_second_of_trials,
        is_in_seconds=True,
        read_as=f"output of Kilosort or phy: `{TIMES}`, `{unit_file}`"
        + ("" if rate is None else f", {rate:g} samples per second"),
        left_out=(*trials.left_out, *left_out),
    )


def _sampling_rate(folder: Path, reading: Reading) -> float:
    """Samples a second, of `params.py` or as it was said."""
    path = folder / PARAMETERS
    found, instead = stated_rate(path)
    given = reading.sampling_rate_hz
    if found is None:
        if given is not None:
            return given
        if instead:
            raise UserError(
                f"{printable(folder)}: {instead}: say `sampling_rate_hz=30000`, or whatever it was"
            )
        raise UserError(
            f"{printable(folder)}: spike times are in samples, and `{PARAMETERS}`, which should say how "
            "many make a second (`sample_rate = 30000`), does not: give `sampling_rate_hz=30000`, or "
            "whatever it was"
        )
    if given is not None and not np.isclose(found, given, rtol=1e-3):
        raise UserError(
            f"{printable(path)}: says `sample_rate = {found:g}`, but `sampling_rate_hz={given:g}` was "
            "given: leave that out, or mend the file"
        )
    return found


def _cluster_tables(
    folder: Path, labels: np.ndarray, left_out: list[str]
) -> tuple[dict[str, Any], list[str]]:
    """Columns of the clusters, by their numbers, and the files that need no further word.

    `cluster_info.tsv` comes first: what phy saves of single columns is newer.
    """
    columns: dict[str, Any] = {"id": labels}
    files = sorted(
        (p for p in folder.iterdir() if p.name.startswith("cluster_") and is_text_table(p)),
        key=lambda path: (path.stem != "cluster_info", path.name),
    )
    said: list[str] = []
    for path in files:
        content = read_or_said(read_text_table, path, left_out)
        found = None if content is None else of_clusters(content, labels)
        if content is None or found is not None:
            said.append(path.name)
        columns |= found or {}
    return columns, said
