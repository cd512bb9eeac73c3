"""The commands that fit networks: train, search, adapt, leave-one-out.

Heavy modules are imported inside the functions, so that help and mistakes answer at once.
"""

import dataclasses
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from lfads.checks import UserError
from lfads.cli.answer import Answer, aligned
from lfads.cli.flags import (
    RAY,
    SEVERAL_PROCESSES,
    AnySettings,
    BinWidth,
    BinWidthOfRun,
    DataFiles,
    HyperParameterGroup,
    PlaceOfRun,
    SearchFlags,
    SearchGroup,
    Settings,
    Switch,
    TrainingGroup,
    Whole,
)
from lfads.cli.processes import cluster_of, join
from lfads.cli.tables import table_of
from lfads.files import address_of
from lfads.parts import parts

NONE_GIVEN = Settings()


def train(
    data: DataFiles,
    /,
    *,
    out: Path,
    bin_width_s: BinWidth = None,
    resume: Switch = False,
    report: Switch = False,
    track: Annotated[list[str] | None, Parameter(consume_multiple=True), SEVERAL_PROCESSES] = None,
    coordinator: Annotated[str | None, SEVERAL_PROCESSES] = None,
    num_processes: Annotated[Whole | None, SEVERAL_PROCESSES] = None,
    process_id: Annotated[Whole | None, SEVERAL_PROCESSES] = None,
    settings: AnySettings = NONE_GIVEN,
) -> Answer:
    """Train LFADS; settings that are not given are derived from the data.

    Parameters
    ----------
    out
        Folder of the run, new or empty; or where it is kept, such as s3://bucket/run.
    resume
        Continue the run in OUT; only --training.num-epochs and --training.max-hours may change.
    report
        Write the report when the training is done, as `lfads report` does.
    track
        Trackers that are told of every epoch, by name, as `lfads parts trackers` lists them.
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

    config, given = settings.read()
    dataset = read(data, bin_width_s=bin_width_s)
    if track is not None and not track:
        raise UserError(
            f"--track takes names of trackers: {', '.join(parts('trackers'))}; none was given"
        )
    settings.say_preset()
    run = train_run(dataset, config, out=out, resume=resume, given=given, trackers=track or ())
    if report and not process_id:
        run.report()
    # The first process speaks for all.
    return ended(run.summary, "" if process_id else best_epoch(run.summary, out))


def search(
    data: DataFiles,
    /,
    *,
    out: Path,
    population: Whole | None = None,
    max_hours: float | None = None,
    method: str | None = None,
    bin_width_s: BinWidth = None,
    resume: Switch = False,
    engine: Annotated[Literal["local", "ray"], RAY] = "local",
    address: Annotated[str | None, RAY] = None,
    num_workers: Annotated[Whole | None, RAY] = None,
    resources: Annotated[str | None, RAY] = None,
    search: SearchGroup = None,
    settings: AnySettings = NONE_GIVEN,
) -> Answer:
    """Find hyperparameters by population-based training (AutoLFADS); the best member is a run in OUT/best.

    Parameters
    ----------
    out
        Folder of the search, new or empty; or where it is kept, such as s3://bucket/run.
    method
        population (members train together), or random (each alone); short for --search.method.
    population
        Members; short for --search.population.
    max_hours
        Stop after the generation in which so much time has passed; short for --search.max-hours.
    resume
        Continue the search in OUT; only --search.num-generations and --search.max-hours may change, or
        --search.population of a random search.
    engine
        local: the cores or GPUs of this machine, in one process; ray: workers on a Ray cluster.
    address
        Of a running Ray cluster, or auto for that of this machine. Without one, the Ray engine starts Ray
        here, for this search alone.
    num_workers
        Ray workers; as many as there is room for if not given.
    resources
        That each Ray worker asks for, as in CPU=2,GPU=1. One CPU if not given.
    """
    from lfads.formats.read import read
    from lfads.runs.train import search_population
    from lfads.training.folder import read_summary

    short = {"method": method, "population": population, "max_hours": max_hours}
    short = {name: value for name, value in short.items() if value is not None}
    cluster = cluster_of(engine, address, num_workers, resources)
    if short:
        search = dataclasses.replace(search or SearchFlags(), **short)
    config, given = settings.read(search)
    dataset = read(data, bin_width_s=bin_width_s)
    settings.say_preset()
    found = search_population(dataset, config, out=out, resume=resume, given=given, cluster=cluster)
    summary = read_summary(found.folder.parent)
    where = f"{address_of(out) or out}/best"
    return ended(summary, f"best of {summary['generations']} generations: {where}")


def adapt(
    run: PlaceOfRun,
    data: list[Path],
    /,
    *,
    out: Path,
    training_data: list[Path] | None = None,
    bin_width_s: BinWidthOfRun = None,
    seed: Whole | None = None,
    resume: Switch = False,
    training: TrainingGroup = None,
    hyperparameters: HyperParameterGroup = None,
) -> Answer:
    """Fit new sessions to a trained run: their read-ins and read-outs only, all else stays.

    Parameters
    ----------
    data
        Data files of the new sessions.
    out
        Folder of the new run, new or empty; or where it is kept.
    training_data
        Where the data are that the run was trained on, if they have moved.
    seed
        Of everything random; the run's by default.
    resume
        Continue the run in OUT; only --training.num-epochs and --training.max-hours may change.
    """
    from lfads.formats.read import read
    from lfads.runs.adapt import adapt as fit
    from lfads.runs.places import open_run

    if not data:
        raise UserError("expected data files of new sessions after the run; got none")
    opened = open_run(run)
    width = opened.data["bin_width_s"]
    dataset = read(data, bin_width_s=bin_width_s, default_bin_width_s=width)
    trained_on = None
    if training_data:
        trained_on = read(training_data, default_bin_width_s=width, for_inference=True)
    given = Settings(seed=seed, training=training, hyperparameters=hyperparameters).given()
    found = fit(opened, dataset, out=out, training_data=trained_on, settings=given, resume=resume)
    return ended(found.summary, best_epoch(found.summary, out))


def leave_one_out(
    data: list[Path],
    /,
    *,
    out: Path,
    bin_width_s: BinWidth = None,
    resume: Switch = False,
    settings: AnySettings = NONE_GIVEN,
) -> Answer:
    """For each session: train on the others, fit it to that network, and score it.

    Parameters
    ----------
    data
        Data files of at least two sessions.
    out
        New folder, or where it is kept: SESSION/others and SESSION/adapted in it are runs, scores.json says
        how well it went.
    resume
        Go on in OUT.
    """
    from lfads.evaluation.listed import LABELS, gain_of, in_words, score_of
    from lfads.formats.read import read
    from lfads.runs.left_out import leave_one_out as score_each

    config, _ = settings.read()
    dataset = read(data, bin_width_s=bin_width_s)
    scores, interrupted = score_each(dataset, config, out=out, resume=resume)
    if interrupted:
        return Answer(scores, "interrupted; go on with the same command and --resume", 130)
    split = "test" if all("test" in each["splits"] for each in scores.values()) else "valid"
    gain = gain_of(scores.values())
    rows = [("session left out", f"{LABELS[gain]}, {split}")]
    for name, each in scores.items():
        rows.append((name, in_words(score_of(each, split, gain))))
    return Answer(scores, f"{aligned(rows)}\nwrote {address_of(out) or out}/scores.json")


def baseline(name: str, data: DataFiles, /, *, out: Path, bin_width_s: BinWidth = None) -> Answer:
    """Fit a method to compare LFADS with; what it leaves is a run that infer, evaluate and report know.

    Parameters
    ----------
    name
        The baseline, one of those that `lfads parts baselines` lists, such as smoothing.
    out
        Folder of the run, new or empty; or where it is kept, such as s3://bucket/run.
    """
    from lfads.formats.read import read
    from lfads.parts import part
    from lfads.runs.fit_baseline import fit_baseline

    part("baselines", name)  # before the data are read
    dataset = read(data, bin_width_s=bin_width_s)
    run = fit_baseline(name, dataset, out=out)
    rows = run.choices_made()
    text = [aligned(rows), table_of(run.summary["scores"]), f"wrote {address_of(out) or out}"]
    return Answer({"out": str(out), "choices": dict(rows), **run.summary}, "\n\n".join(text))


def best_epoch(summary: dict[str, Any], out: Path) -> str:
    """The best epoch of a run, and where it is."""
    where = address_of(out) or out
    return f"best epoch {summary['best_epoch']} of {summary['epochs']}, in {where}"


def ended(summary: dict[str, Any], text: str) -> Answer:
    """How a run or a search ended; interrupted ones say how to go on."""
    if summary["stopped_by"] != "interrupted":
        return Answer(summary, text)
    return Answer(summary, text and f"{text}; continue with the same command and --resume", 130)
