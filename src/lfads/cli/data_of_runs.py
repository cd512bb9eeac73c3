"""The data that a command works on a run with: those given, cut as the run's own were, else its own.

Heavy modules are imported inside the functions, so that help and mistakes answer at once.
"""

from pathlib import Path
from typing import Any

from lfads.checks import UserError


def run_and_data(run: Path, data: list[Path] | None, bin_width_s: float | None) -> tuple[Any, Any]:
    """A run, and the data to work on: those given, else those it was trained on."""
    from lfads.formats.read import read
    from lfads.runs.places import open_run

    opened = open_run(run)
    if not data:
        return opened, opened.training_data()
    from lfads.recordings.sources import is_recording

    if len(data) == 1 and is_recording(data[0]):
        return opened, cut_alike(data[0], opened)
    if bin_width_s is None and are_to_be_cut(data, opened):
        return opened, counts_cut_alike(data[0], opened)
    width = opened.data["bin_width_s"]
    dataset = read(data, bin_width_s=bin_width_s, default_bin_width_s=width, for_inference=True)
    return opened, dataset


def are_to_be_cut(data: list[Path], opened: Any) -> bool:
    """Whether these are counts of the kind that a run's trials were cut from."""
    from lfads.formats.matlab.file import is_matlab

    if "counted_in_s" not in (opened.data.get("prepared") or {}):
        return False
    counts = [path for path in data if is_matlab(path)]
    if counts and len(data) > 1:
        width = opened.data["bin_width_s"]
        raise UserError(
            f"{counts[0]}: the run's trials were cut by `lfads prepare` from counts such as these, which "
            "can be cut alike one file at a time: give it alone; or, if its counts are in bins of "
            f"{width:g} s already, say `bin_width_s={width:g}`"
        )
    return bool(counts)


def counts_cut_alike(counts: Path, opened: Any) -> Any:
    """Trials of counts in narrow bins, cut as those that a run was trained on."""
    try:
        return cut_alike(counts, opened)
    except UserError as error:
        width = opened.data["bin_width_s"]
        raise UserError(
            f"{error}. These counts were to be cut as the run's trials were, by `lfads prepare`; counts "
            f"that are in bins of {width:g} s already are read as they are with `bin_width_s={width:g}`"
        ) from error


def cut_alike(recording: Path, opened: Any) -> Any:
    """Trials of a recording, cut as those that a run was trained on."""
    from lfads.nlb.prepare import REMEMBERED
    from lfads.recordings.prepare import prepare_alike
    from lfads.recordings.sources import open_recording

    remembered = opened.data.get("prepared")
    if REMEMBERED in (remembered or {}):
        raise UserError(
            f"{recording} is a recording, and the run's trials were cut by `lfads prepare --nlb "
            f"{remembered[REMEMBERED]}`: cut it with that, and give the file"
        )
    if not remembered:
        raise UserError(
            f"{recording} is a recording, and the run does not know how its trials were cut: cut them with "
            "`lfads prepare`, and give that file"
        )
    with open_recording(recording, **remembered.get("reading", {})) as found:
        return prepare_alike(found, remembered)
