"""The command that puts runs beside each other."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lfads.checks import UserError
from lfads.cli.answer import Answer
from lfads.cli.flags import Overwrite, Switch


def compare(
    run: list[Path],
    /,
    *,
    dataset: Annotated[list[Path] | None, Parameter(consume_multiple=True)] = None,
    out: Path | None = None,
    skip_few_shot: Switch = False,
    overwrite: Overwrite = False,
) -> Answer:
    """Put runs beside each other that were trained on the same trials: scores, agreement, settings.

    Parameters
    ----------
    run
        Two runs or more, of networks or baselines.
    dataset
        Files to compare on; by default those that the runs were trained on, or the trials they share.
    out
        Folder for comparison.json and comparison.png.
    skip_few_shot
        Leave out how soon held-out neurons are learnt from factors, which takes some seconds a run.
    """
    from lfads.formats.read import read
    from lfads.runs.compare import compare as compare_runs
    from lfads.runs.places import open_run

    if out is not None and out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file: `--out` must name a folder")
    opened = [open_run(place) for place in run]
    given = None
    if dataset:
        width = opened[0].data["bin_width_s"]
        given = read(dataset, default_bin_width_s=width, for_inference=True)
    found = compare_runs(opened, given, few_shot=not skip_few_shot)
    text = str(found)
    values = found.to_dict()
    if out is not None:
        values["files"] = [str(path) for path in found.save(out, overwrite=overwrite)]
        text += "\n\n" + "\n".join(f"wrote {path}" for path in values["files"])
    return Answer(values, text)
