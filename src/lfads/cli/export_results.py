"""The command that writes what a run infers in the format of another tool, or the network's step itself."""

from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.cli.answer import Answer
from lfads.cli.flags import BinWidthOfRun, DataOfRun, Overwrite, PlaceOfRun
from lfads.cli.outputs import refuse_input
from lfads.paths import refuse_to_replace
from lfads.storage.run_folder import run_folder


def export(
    run: PlaceOfRun,
    data: DataOfRun = None,
    /,
    *,
    format: str | None = None,
    out: Path | None = None,
    source: Path | None = None,
    session: str | None = None,
    decoder: str | None = None,
    bin_width_s: BinWidthOfRun = None,
    overwrite: Overwrite = False,
) -> Answer:
    """Write what a run infers in another format, such as that of MATLAB; or its step, as C or ONNX.

    Parameters
    ----------
    format
        One of those that `lfads parts formats` lists, such as mat; by default that of the suffix of OUT.
        Or c, or onnx: the step of a causal network, one bin at a time, which needs neither JAX nor Python.
    out
        File to write, or a folder where a format keeps a file for each session; posterior.mat, say, in the
        run's folder by default. The folder's posterior.nc is what is written, if it is there and of these
        data; otherwise the run infers.
    source
        The NWB file that the trials were cut from, for --format nwb: OUT is a copy of it with the results.
    session
        Whose neurons come, of a run with several, for c and onnx.
    decoder
        Behaviour whose decoder goes along, for c and onnx; `lfads evaluate RUN --decode NAME` keeps one.
    """
    if format in ("c", "onnx"):
        beside = {"DATA": data, "--source": source, "--bin-width-s": bin_width_s}
        refuse_beside_step(format, [name for name, given in beside.items() if given is not None])
        return export_step_of(run, out, format, session, decoder, overwrite)
    if session is not None or decoder is not None:
        raise UserError("`--session` and `--decoder` are for the formats c and onnx")
    from lfads.paths import best_folder
    from lfads.results.writers import choices_of, format_for, format_named, needed_by, places_of

    if format is None and out is None:
        raise UserError(
            "name a format, such as `--format mat`, or a file with a suffix that tells it: `--out FILE.mat`"
        )
    takes = choices_of(format) if format is not None else []
    choices: dict[str, Any] = {} if source is None else {"source": source}
    if source is not None and "source" not in takes:
        raise UserError(f"`source=` is for the format `nwb`; got {format or 'none'}")
    if format is None:
        format_for(out or Path())
    elif missing := [one for one in needed_by(format) if one not in {**choices, "dataset": None}]:
        raise UserError(f"the format `{format}` needs `{missing[0]}=`, the recording's file")
    if out is not None:
        refuse_input(out, [*(data or ()), *([] if source is None else [source])])
        if not out.is_dir():
            refuse_to_replace(out, overwrite=overwrite)
    if out is None and data:
        raise UserError("say where to write what is inferred from these data: `--out FILE`")
    with run_folder(run) as kept:
        folder = best_folder(kept.path)
        _, dataset, posterior = posterior_of_run(folder, data, bin_width_s)
        if "dataset" in takes:
            choices["dataset"] = dataset
        writer = format_for(out or Path()) if format is None else format_named(format, choices)
        path = out or folder / usual_name(writer, format or "", posterior.sessions)
        refuse_input(path, dataset.paths)
        posterior.save(path, writer, overwrite=overwrite)
        files = list(places_of(writer, posterior.sessions, path))
    written = [kept.name_of(file) for file in files]
    return Answer(
        {"out": kept.name_of(path), **({"files": written} if len(files) > 1 else {})},
        "\n".join(f"wrote {name}" for name in written),
    )


def refuse_beside_step(format: str, given: list[str]) -> None:
    """A UserError if there is something that the network's step has no use for."""
    if given:
        raise UserError(
            f"{given[0]} is for results: the format `{format}` writes the network itself, of no data"
        )


def export_step_of(
    run: Path,
    out: Path | None,
    format: Any,
    session: str | None,
    decoder: str | None,
    overwrite: bool,
) -> Answer:
    """Write the step of a run; step.c or step.onnx in its folder by default."""
    from lfads.closed_loop.exported import export_step
    from lfads.paths import best_folder

    with run_folder(run) as kept:
        folder = best_folder(kept.path)
        path = out or folder / f"step.{format}"
        found = export_step(
            folder, path, format, session=session, decoder=decoder, overwrite=overwrite
        )
        files = [kept.name_of(file) for file in found]
    return Answer(
        {"out": kept.name_of(path), "files": files}, "\n".join(f"wrote {f}" for f in files)
    )


def usual_name(writer: Any, format: str, sessions: Any) -> str:
    """What a file, or a folder of several, is called in a run's folder: as the tool does, if it does."""
    from lfads.results.writers import FormatOfFiles

    if not isinstance(writer, FormatOfFiles):
        return f"posterior{writer.suffixes[0]}"
    several = list(writer.files(sessions))
    return several[0] if len(several) == 1 else format


def posterior_of_run(
    folder: Path, data: list[Path] | None, bin_width_s: float | None
) -> tuple[Any, Any, Any]:
    """The run in a folder, the data, and their posterior: the folder's if it is of them, else a new one."""
    from lfads.cli.data_of_runs import run_and_data
    from lfads.runs.kept_posterior import kept_or_inferred

    opened, dataset = run_and_data(folder, data, bin_width_s)
    posterior = opened.infer(dataset) if data else kept_or_inferred(opened, folder, dataset)
    return opened, dataset, posterior
