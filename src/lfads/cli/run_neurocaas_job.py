"""The commands of NeuroCAAS' contract about what a job runs: check its configuration, and run it.

Heavy modules are imported inside the functions, so that help and mistakes answer at once.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from lfads.checks import UserError
from lfads.cli.answer import Answer
from lfads.cli.flags import RAY, Whole
from lfads.cli.processes import cluster_of


def run(
    data: Path,
    config: Path,
    result: Path,
    /,
    *,
    hours: float | None = None,
    engine: Annotated[Literal["local", "ray"], RAY] = "local",
    address: Annotated[str | None, RAY] = None,
    num_workers: Annotated[Whole | None, RAY] = None,
    resources: Annotated[str | None, RAY] = None,
) -> Answer:
    """Do what a job of AutoLFADS does: search a population, infer, and pack results into autolfads.zip.

    Parameters
    ----------
    data
        A data file; or a folder of files, where the configuration says `multisession: True`.
    config
        The one file of AutoLFADS on NeuroCAAS (YAML or JSON), or settings of lfads (TOML, YAML or JSON).
    result
        Folder of the job. The same command goes on in one that was begun.
    hours
        That it may take, results included; the configuration's `__duration__` counts, too.
    engine
        local: the cores or GPUs of this machine, in one process; ray: workers on a Ray cluster.
    address
        Of a running Ray cluster, or auto for that of this machine.
    num_workers
        Ray workers; as many as there is room for if not given.
    resources
        That each Ray worker asks for, as in CPU=2,GPU=1. One CPU if not given.
    """
    from lfads.neurocaas.analysis import analyse
    from lfads.terminal.saying import say

    if hours is not None and not hours > 0:
        raise UserError(f"`--hours` must be above 0; got {hours:g}")
    cluster = cluster_of(engine, address, num_workers, resources)
    found = analyse(data, config, result, hours=hours, cluster=cluster, say=say)
    values = {"stopped_by": found.stopped_by, "out": str(found.archive), "notes": [*found.notes]}
    if found.stopped_by == "interrupted":
        return Answer(values, "interrupted; the same command goes on", 130)
    return Answer(values, f"wrote {found.archive}")


def check(config: Path, data: Path | None = None, /) -> Answer:
    """Say what a configuration is for a job, and what of it is refused, before it is submitted.

    Parameters
    ----------
    config
        As of `run`.
    data
        A data file, or a folder of them: then all of it is checked, with the sizes of the data.
    """
    from lfads.neurocaas.job_config import read_job_config, settings_of

    job = read_job_config(config)
    lines = [
        "settings of lfads" if job.is_ours else "settings of AutoLFADS (lfads-torch)",
        "several sessions share a network"
        if job.limits.is_multisession
        else "a network for each file",
        "no limit of time" if job.limits.hours is None else f"{job.limits.hours:.4g} h at most",
    ]
    values: dict[str, Any] = {
        "written_for": "lfads" if job.is_ours else "AutoLFADS (lfads-torch)",
        "multisession": job.limits.is_multisession, "hours": job.limits.hours,
    }  # fmt: skip
    if data is not None:
        from lfads.neurocaas.job_data import files_of, read_sessions

        files, left_out = files_of(data, job)
        dataset, unknown = read_sessions(files, job)
        settings = settings_of(job, dataset)
        notes = [*settings.notes, *left_out, *unknown]
        values |= {
            "data": [path.name for path in files],
            "settings": settings.given,
            "notes": notes,
        }
        lines += notes
    return Answer(values, "\n".join(["nothing in it is refused", *lines]))
