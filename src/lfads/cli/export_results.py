"""The command that writes what a run infers in the format of another tool."""

from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.cli.answer import Answer
from lfads.cli.flags import BinWidthOfRun, DataOfRun, Overwrite, PlaceOfRun
from lfads.cli.outputs import refuse_input
from lfads.paths import refuse_to_replace
from lfads.storage import run_folder


def export(
    run: PlaceOfRun,
    data: DataOfRun = None,
    /,
    *,
    format: str | None = None,
    out: Path | None = None,
    bin_width_s: BinWidthOfRun = None,
    overwrite: Overwrite = False,
) -> Answer:
    """Write what a run infers in another format, such as that of MATLAB.

    Parameters
    ----------
    format
        One of those that `lfads parts formats` lists, such as mat; by default that of the suffix of OUT.
    out
        File to write; posterior.mat, say, in the run's folder by default. The folder's posterior.nc is what
        is written, if it is there and of these data; otherwise the run infers.
    """
    from lfads.paths import best_folder
    from lfads.results.writers import format_for, format_named

    if format is None and out is None:
        raise UserError(
            "name a format, such as `--format mat`, or a file with a suffix that tells it: `--out FILE.mat`"
        )
    suffix = format_named(format).suffixes[0] if format is not None else ""
    if out is not None:
        format_for(out, format)  # before the work
        refuse_input(out, data or ())
        refuse_to_replace(out, overwrite=overwrite)
    if out is None and data:
        raise UserError("say where to write what is inferred from these data: `--out FILE`")
    with run_folder(run) as kept:
        folder = best_folder(kept.path)
        path = out or folder / f"posterior{suffix}"
        _, dataset, posterior = posterior_of_run(folder, data, bin_width_s)
        refuse_input(path, dataset.paths)
        posterior.save(path, format, overwrite=overwrite)
    written = kept.name_of(path)
    return Answer({"out": written}, f"wrote {written}")


def posterior_of_run(
    folder: Path, data: list[Path] | None, bin_width_s: float | None
) -> tuple[Any, Any, Any]:
    """The run in a folder, the data, and their posterior: the folder's if it is of them, else a new one."""
    from lfads.cli.data_of_runs import run_and_data
    from lfads.runs.kept_posterior import kept_or_inferred

    opened, dataset = run_and_data(folder, data, bin_width_s)
    posterior = opened.infer(dataset) if data else kept_or_inferred(opened, folder, dataset)
    return opened, dataset, posterior
