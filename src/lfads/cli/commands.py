"""The commands. Each reads its arguments, calls the library, and returns what to print.

Heavy modules are imported inside the functions, so that help and mistakes answer at once.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from lfads.checks import UserError, many
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
    continuous_beside,
    refuse_existing,
    refuse_other_than_posterior,
    refuse_to_mix,
)
from lfads.cli.processes import cluster_of, join
from lfads.cli.tables import aligned
from lfads.config import best_folder, merge
from lfads.storage import address_of, run_folder


def simulate(name: str, /, *, out: Path, seed: Whole = 0) -> Answer:
    """Make spikes with known rates and latents.

    Parameters
    ----------
    name
        The simulation: lorenz, chaotic_rnn or chaotic_rnn_pulses.
    out
        HDF5 file to write.
    seed
        Same seed, same data.
    """
    from lfads.data.hdf5 import write
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
    from lfads.data.recordings.sources import is_recording, open_recording

    if is_recording(path):
        from lfads.data.recordings.listing import rows_of

        with open_recording(path) as recording:
            rows = rows_of(recording)
        return Answer({"rows": rows}, aligned(rows))
    if path.is_dir() or address_of(path):
        from lfads.cli.tables import run_rows
        from lfads.estimator.run import open_run

        rows = run_rows(open_run(path))
        return Answer(dict(rows), aligned(rows))
    from lfads.data.table import describe_file

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
    from lfads.data.read import read
    from lfads.estimator.train import train as train_run

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
        Continue the search in OUT; only --search.num-generations and --search.max-hours may change.
    """
    from lfads.data.read import read
    from lfads.estimator.train import search_population
    from lfads.training.run import read_summary

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


def infer(
    run: Path,
    data: list[Path] | None = None,
    /,
    *,
    out: Path | None = None,
    num_samples: Whole = 50,
    seed: Whole = 0,
    generator_states: bool = False,
    ensemble: Whole = 1,
    bin_width_s: float | None = None,
) -> Answer:
    """Infer rates, factors, inputs and initial conditions, averaged over the posterior.

    Parameters
    ----------
    run
        Folder of a run; or where it is kept, such as s3://bucket/run.
    data
        Data files of the same neurons; the training data by default.
    out
        NetCDF file to write; posterior.nc in the run's folder for the training data. For windows of
        a continuous recording, merged results go to continuous.nc there, or to NAME.continuous.nc beside
        NAME.nc.
    num_samples
        Posterior samples that are averaged.
    seed
        Of the samples.
    generator_states
        Write the generator's states, too.
    ensemble
        Members of a search whose rates are averaged, the best ones.
    bin_width_s
        Width of a bin in seconds, for files that do not say it; the run's by default.
    """
    from lfads.estimator.progress import BatchProgress
    from lfads.results import save_continuous

    with run_folder(run) as kept:
        run = best_folder(kept.path)
        refuse_other_than_posterior(run / "posterior.nc" if out is None else out)
        opened, dataset = run_and_data(run, data, bin_width_s)
        given = out is not None
        if out is None:
            out = run / "posterior.nc"
            refuse_to_mix(opened, dataset, out)
        continuous = continuous_beside(out, dataset, given)
        posterior = opened.infer(
            dataset,
            num_samples=num_samples,
            seed=seed,
            generator_states=generator_states,
            ensemble=ensemble,
            progress=BatchProgress("inferred"),
        )
        posterior.save(out)
        if continuous is not None:
            save_continuous(posterior.merged(), continuous)
    written = kept.name_of(out)
    sizes = {str(k): int(v) for k, v in posterior.dataset.sizes.items()}
    names = {"time": "bin", "input": "inferred input"}
    words = ", ".join(many(size, names.get(name, name)) for name, size in sizes.items())
    values, text = {"out": written, "sizes": sizes}, f"wrote {written}: {words}"
    if continuous is not None:
        values["continuous"] = kept.name_of(continuous)
        text += f"\nwrote {values['continuous']}: the same, merged over overlapping windows"
    return Answer(values, text)


def evaluate(
    run: Path,
    data: list[Path] | None = None,
    /,
    *,
    num_samples: Whole = 50,
    ensemble: Whole = 1,
    bin_width_s: float | None = None,
) -> Answer:
    """Score a run: nats, bits/spike, and R² against what a simulation knows.

    Parameters
    ----------
    run
        Folder of a run; or where it is kept, such as s3://bucket/run.
    data
        Data files of the same neurons; the training data by default.
    num_samples
        Posterior samples that are averaged.
    ensemble
        Members of a search whose rates are averaged and scored beside those of the best alone.
    bin_width_s
        Width of a bin in seconds, for files that do not say it; the run's by default.
    """
    from lfads.evaluation.table import format_scores
    from lfads.files import write_json

    with run_folder(run) as kept:
        run = best_folder(kept.path)
        opened, dataset = run_and_data(run, data, bin_width_s)
        posterior = opened.infer(dataset, num_samples=num_samples)
        scores = opened.evaluate(dataset, posterior=posterior)
        text = aligned(format_scores(scores))
        if data is None:
            write_json(run / "scores.json", scores.to_dict())
            text += f"\nwrote {kept.name_of(run / 'scores.json')}"
    if ensemble == 1:
        return Answer(scores.to_dict(), text)
    together = opened.evaluate(
        dataset, posterior=opened.infer(dataset, num_samples=num_samples, ensemble=ensemble)
    )
    text = f"{text}\n\nrates averaged over {ensemble} members\n{aligned(format_scores(together))}"
    return Answer({**scores.to_dict(), "ensemble": together.to_dict()}, text)


def report(
    run: Path,
    data: list[Path] | None = None,
    /,
    *,
    out: Path | None = None,
    bin_width_s: float | None = None,
) -> Answer:
    """Write one page with figures that opens without a network.

    Parameters
    ----------
    run
        Folder of a run; or where it is kept, such as s3://bucket/run.
    data
        Data files of the same neurons; the training data by default.
    out
        HTML file to write; report.html in the run's folder for the training data.
    bin_width_s
        Width of a bin in seconds, for files that do not say it; the run's by default.
    """
    if out is not None:
        refuse_existing(out)
    with run_folder(run) as kept:
        run = best_folder(kept.path)
        opened, dataset = run_and_data(run, data, bin_width_s)
        if out is None:
            refuse_to_mix(opened, dataset, run / "report.html")
        written = kept.name_of(opened.report(dataset, out=out))
    return Answer({"out": written}, f"wrote {written}")


def sample(run: Path, /, *, num_trials: Whole, out: Path, seed: Whole = 0) -> Answer:
    """Draw trials of spikes from a trained model's prior.

    Parameters
    ----------
    run
        Folder of a run; or where it is kept, such as s3://bucket/run.
    num_trials
        Trials to draw.
    out
        HDF5 file to write.
    seed
        Of the draw.
    """
    from lfads.data.hdf5 import write
    from lfads.estimator.run import open_run

    refuse_existing(out)
    write(open_run(run).sample(num_trials, seed=seed), out)
    return Answer({"out": str(out)}, f"wrote {out}; `lfads show {out}` prints what it holds")


def ended(summary: dict[str, Any], text: str) -> Answer:
    """How a run or a search ended; interrupted ones say how to go on."""
    if summary["stopped_by"] != "interrupted":
        return Answer(summary, text)
    return Answer(summary, text and f"{text}; continue with the same command and --resume", 130)


def settings_of(
    config: Path | None, preset: str | None, flags: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """The configuration, and what was given of it."""
    from lfads.config import load_config, read_preset, read_toml

    settings = load_config(config, preset, flags)
    given = merge(read_preset(preset) if preset else {}, read_toml(config) if config else {}, flags)
    return settings, given


def run_and_data(run: Path, data: list[Path] | None, bin_width_s: float | None) -> tuple[Any, Any]:
    """A run, and the data to work on: those given, else those it was trained on."""
    from lfads.data.read import read
    from lfads.estimator.run import open_run

    opened = open_run(run)
    if not data:
        return opened, opened.training_data()
    from lfads.data.recordings.sources import is_recording

    if len(data) == 1 and is_recording(data[0]):
        return opened, cut_alike(data[0], opened)
    width = opened.trained.data["bin_width_s"]
    dataset = read(data, bin_width_s=bin_width_s, default_bin_width_s=width, for_inference=True)
    return opened, dataset


def cut_alike(recording: Path, opened: Any) -> Any:
    """Trials of a recording, cut as those that a run was trained on."""
    from lfads.data.recordings.prepare import prepare_alike
    from lfads.data.recordings.sources import open_recording

    remembered = opened.trained.data.get("prepared")
    if not remembered:
        raise UserError(
            f"{recording} is a recording, and the run does not know how its trials were cut: cut them with "
            "`lfads prepare`, and give that file"
        )
    with open_recording(recording) as found:
        return prepare_alike(found, remembered)
