"""Folders of Kilosort and phy: spike times in samples, the cluster of each, and tables of the clusters."""

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError, first_of
from lfads.data.companions import is_finite_number
from lfads.formats.guarded import one_message
from lfads.formats.headers import column_of, mapped
from lfads.paths import printable
from lfads.recordings.by_unit import TimesByUnit
from lfads.recordings.folders.beside import trials_beside
from lfads.recordings.folders.clusters import of_clusters
from lfads.recordings.folders.text_tables import is_text_table, read_text_table
from lfads.recordings.reading import Reading, in_seconds
from lfads.recordings.recording import Recording, table, with_names

TIMES = "spike_times.npy"
CLUSTERS = ("spike_clusters.npy", "spike_templates.npy")
"""The unit of each spike: as curated in phy, else as sorted."""

PARAMETERS = "params.py"
"""In which phy looks for the sampling rate; parsed here, never run."""

MOST_BYTES = 1_000_000
"""Of a file of parameters."""


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
    unit_file = next(name for name in CLUSTERS if (folder / name).is_file())
    times = column_of(mapped(folder / TIMES), TIMES)
    unit = column_of(mapped(folder / unit_file), unit_file)
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
    columns, tables = _cluster_tables(folder, grouped.labels)
    trials = trials_beside(folder, reading)
    used = {TIMES, unit_file, PARAMETERS, *tables, *trials.files}
    others = [name for name in sorted(p.name for p in folder.iterdir()) if name not in used]
    left_out = [f"{first_of(others, 6)} (files of the sorter that no trial is cut from)"]
    return Recording(
        name=printable(folder.name) or "session",
        source=where,
        spike_times_s=grouped,
        units=with_names(table("units", columns, len(grouped))),
        trials=trials.columns,
        trial_seconds=1 / reading.per_second_of_trials,
        is_in_seconds=True,
        read_as=f"output of Kilosort or phy: `{TIMES}`, `{unit_file}`"
        + ("" if rate is None else f", {rate:g} samples per second"),
        left_out=(*trials.left_out, *(left_out if others else [])),
    )


def _sampling_rate(folder: Path, reading: Reading) -> float:
    """Samples a second, of `params.py` or as it was said."""
    path = folder / PARAMETERS
    found = assigned(path, "sample_rate") if path.is_file() else None
    given = reading.sampling_rate_hz
    if found is not None and not (is_finite_number(found) and found > 0):
        raise UserError(
            f"{printable(path)}: `sample_rate` must be samples per second; got {found!r}"
        )
    if found is None:
        if given is not None:
            return given
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
    return float(found)


def assigned(path: Path, name: str) -> Any:
    """The number or text that a file of Python gives a name; None if it does not. Nothing is run."""
    with one_message(
        printable(path), "parameters", (OSError, SyntaxError, ValueError, RecursionError)
    ):
        with path.open("rb") as file:
            content = file.read(MOST_BYTES)
        for line in ast.parse(content).body:
            named = isinstance(line, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == name for target in line.targets
            )
            if named and isinstance(line, ast.Assign):
                return ast.literal_eval(line.value)
    return None


def _cluster_tables(folder: Path, labels: np.ndarray) -> tuple[dict[str, Any], list[str]]:
    """Columns of the clusters, by their numbers, and the files that they are from.

    `cluster_info.tsv` comes first: what phy saves of single columns is newer.
    """
    columns: dict[str, Any] = {"id": labels}
    files = sorted(
        (p for p in folder.iterdir() if p.name.startswith("cluster_") and is_text_table(p)),
        key=lambda path: (path.stem != "cluster_info", path.name),
    )
    used: list[str] = []
    for path in files:
        found = of_clusters(read_text_table(path), labels)
        if found is not None:
            used.append(path.name)
            columns |= found
    return columns, used
