"""The commands. Each reads its arguments, calls the library, and returns what to print.

Heavy modules are imported inside the functions, so that help and mistakes answer at once.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from lfads.cli.answer import Answer
from lfads.cli.flags import (
    HyperParameterFlags,
    ModelFlags,
    ObjectiveFlags,
    SearchFlags,
    TrainingFlags,
    Whole,
    given_settings,
)
from lfads.cli.outputs import (
    refuse_existing,
)
from lfads.cli.processes import cluster_of, join
from lfads.cli.tables import aligned
from lfads.config import merge
from lfads.storage import address_of


def simulate(name: str, /, *, out: Path, seed: Whole = 0) -> Answer:
    """Make spikes with known rates and latents.

    Parameters
    ----------
    name
        The simulation: lorenz, chaotic_rnn, chaotic_rnn_pulses or chaotic_rnn_sessions.
    out
        HDF5 file to write.
    seed
        Same seed, same data.
    """
    from lfads.formats.hdf5 import write
    from lfads.simulate.catalogue import simulate as make

    refuse_existing(out)
    write(make(name, seed=seed), out)
    return Answer({"out": str(out)}, f"wrote {out}; `lfads show {out}` prints what it holds")


def show(path: Path, /) -> Answer:
    """Print what a data file, a recording or a run holds.

    Parameters
    ----------
    path
        A data file, an NWB file, or the folder of a run; or an address of the latter two.
    """
    from lfads.recordings.sources import is_recording, open_recording

    if is_recording(path):
        from lfads.recordings.listing import rows_of

        with open_recording(path) as recording:
            rows = rows_of(recording)
        return Answer({"rows": rows}, aligned(rows))
    if path.is_dir() or address_of(path):
        from lfads.cli.tables import run_rows
        from lfads.runs.run import open_run

        rows = run_rows(open_run(path))
        return Answer(dict(rows), aligned(rows))
    from lfads.formats.table import describe_file

    summary = describe_file(path)
    return Answer(asdict(summary), aligned(summary.rows()))


ModelGroup = Annotated[ModelFlags | None, Parameter(group="Model: sizes and form of the network")]
ObjectiveGroup = Annotated[
    ObjectiveFlags | None, Parameter(group="Objective: how the terms combine")
]
TrainingGroup = Annotated[TrainingFlags | None, Parameter(group="Training: the training run")]
HyperParameterGroup = Annotated[
    HyperParameterFlags | None, Parameter(group="Hyperparameters: rates and weights")
]
SearchGroup = Annotated[
    SearchFlags | None, Parameter(group="Search: the population, and what it searches")
]


def train(
    data: list[Path],
    /,
    *,
    out: Path,
    bin_width_s: float | None = None,
    config: Path | None = None,
    preset: str | None = None,
    seed: Whole | None = None,
    resume: bool = False,
    coordinator: str | None = None,
    num_processes: Whole | None = None,
    process_id: Whole | None = None,
    model: ModelGroup = None,
    objective: ObjectiveGroup = None,
    training: TrainingGroup = None,
    hyperparameters: HyperParameterGroup = None,
) -> Answer:
    """Train LFADS; settings that are not given are derived from the data.

    Parameters
    ----------
    data
        Data files.
    out
        Folder of the run, new or empty; or where it is kept, such as s3://bucket/run.
    bin_width_s
        Width of a bin in seconds, for files that do not say it.
    config
        TOML file of settings. Flags win over it, and it wins over a preset.
    preset
        A recipe that comes with lfads.
    seed
        Of everything random.
    resume
        Continue the run in OUT; only --training.num-epochs and --training.max-hours may change.
    coordinator
        Train with other processes, on other machines, say: HOST:PORT of the first one, or auto under
        Slurm and Open MPI. All give the same command.
    num_processes
        How many processes there are; not with `--coordinator auto`.
    process_id
        Which one this is, from 0; not with `--coordinator auto`.
    """
    join(coordinator, num_processes, process_id)
    from lfads.formats.read import read
    from lfads.runs.train import train as train_run

    tables = {
        "model": model,
        "objective": objective,
        "training": training,
        "hyperparameters": hyperparameters,
    }
    settings, given = settings_of(config, preset, given_settings(tables, seed))
    dataset = read(data, bin_width_s=bin_width_s)
    run = train_run(dataset, settings, out=out, resume=resume, given=given)
    summary = run.summary
    where = address_of(out) or out
    text = f"best epoch {summary['best_epoch']} of {summary['epochs']}, in {where}"
    # The first process speaks for all.
    return ended(summary, "" if process_id else text)


def search(
    data: list[Path],
    /,
    *,
    out: Path,
    engine: Literal["local", "ray"] = "local",
    address: str | None = None,
    num_workers: Whole | None = None,
    resources: str | None = None,
    method: str | None = None,
    population: Whole | None = None,
    max_hours: float | None = None,
    bin_width_s: float | None = None,
    config: Path | None = None,
    preset: str | None = None,
    seed: Whole | None = None,
    resume: bool = False,
    search: SearchGroup = None,
    model: ModelGroup = None,
    objective: ObjectiveGroup = None,
    training: TrainingGroup = None,
    hyperparameters: HyperParameterGroup = None,
) -> Answer:
    """Find hyperparameters by population-based training (AutoLFADS); the best member is a run in OUT/best.

    Parameters
    ----------
    data
        Data files.
    out
        Folder of the search, new or empty; or where it is kept, such as s3://bucket/run.
    engine
        local: the cores or GPUs of this machine, in one process; ray: workers on a Ray cluster.
    address
        Of a running Ray cluster, or auto for that of this machine. Without one, the Ray engine starts Ray
        here, for this search alone.
    num_workers
        Ray workers; as many as there is room for if not given.
    resources
        That each Ray worker asks for, as in CPU=2,GPU=1. One CPU if not given.
    method
        population (members train together), or random (each alone); short for --search.method.
    population
        Members; short for --search.population.
    max_hours
        Stop after the generation in which so much time has passed; short for --search.max-hours.
    bin_width_s
        Width of a bin in seconds, for files that do not say it.
    config
        TOML file of settings. Flags win over it, and it wins over a preset.
    preset
        A recipe that comes with lfads.
    seed
        Of everything random.
    resume
        Continue the search in OUT; only --search.num-generations and --search.max-hours may change, or
        --search.population of a random search.
    """
    from lfads.formats.read import read
    from lfads.runs.train import search_population
    from lfads.training.folder import read_summary

    tables = {
        "search": search,
        "model": model,
        "objective": objective,
        "training": training,
        "hyperparameters": hyperparameters,
    }
    short = {"method": method, "population": population, "max_hours": max_hours}
    short = {name: value for name, value in short.items() if value is not None}
    cluster = cluster_of(engine, address, num_workers, resources)
    flags = merge(given_settings(tables, seed), {"search": short} if short else {})
    settings, given = settings_of(config, preset, flags)
    dataset = read(data, bin_width_s=bin_width_s)
    found = search_population(
        dataset, settings, out=out, resume=resume, given=given, cluster=cluster
    )
    summary = read_summary(found.folder.parent)
    where = f"{address_of(out) or out}/best"
    return ended(summary, f"best of {summary['generations']} generations: {where}")


def ended(summary: dict[str, Any], text: str) -> Answer:
    """How a run or a search ended; interrupted ones say how to go on."""
    if summary["stopped_by"] != "interrupted":
        return Answer(summary, text)
    return Answer(summary, text and f"{text}; continue with the same command and --resume", 130)


def settings_of(
    config: Path | None, preset: str | None, flags: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """The configuration, and what was given of it."""
    from lfads.config import read_config, read_preset, read_toml

    settings = read_config(config, preset, flags)
    given = merge(read_preset(preset) if preset else {}, read_toml(config) if config else {}, flags)
    return settings, given
