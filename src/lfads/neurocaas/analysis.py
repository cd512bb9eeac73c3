"""What a job runs: a population is searched on its data, and the best member's results are packed.

The folder of results keeps the search, so that a job that was broken off goes on where it was.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lfads.checks import UserError
from lfads.config import RunConfig, merge, to_toml
from lfads.data.dataset import Dataset
from lfads.files import write_json, write_text
from lfads.model.shapes import shapes_of
from lfads.neurocaas.archive import ARCHIVE, write_archive
from lfads.neurocaas.deadline import Deadline, TimeIsUp, trained_s
from lfads.neurocaas.fitlog import write_fitlog
from lfads.neurocaas.job_config import JobConfig, JobSettings, read_job_config, settings_of
from lfads.neurocaas.job_data import NO_WIDTH, files_of, read_sessions
from lfads.neurocaas.limits import DURATION
from lfads.neurocaas.outputs import write_outputs
from lfads.paths import best_folder
from lfads.results import Posterior
from lfads.runs.train import search_population
from lfads.runs.trained_run import Run
from lfads.search.ray_cluster import Cluster
from lfads.search.record import SearchTracker
from lfads.search.resolve import search_of
from lfads.training.folder import read_summary

SEARCH, OUTPUTS = "search", "outputs"
SETTINGS, ABOUT = "settings.toml", "settings.json"
OF_RUN = ("config.toml", "metrics.jsonl", "summary.json", "checkpoints/best.npz")
OF_SEARCH = ("config.toml", "population.csv", "summary.json")


@dataclass(frozen=True)
class Analysed:
    """How a job ended.

    Parameters
    ----------
    stopped_by
        Why the search ended; `interrupted` before its end, so that there is no archive yet.
    archive
        Of results.
    notes
        What was said of configuration and data, in words.
    """

    stopped_by: str
    archive: Path
    notes: tuple[str, ...]


def analyse(
    data: Path,
    config: Path,
    result: Path,
    *,
    hours: float | None = None,
    cluster: Cluster | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Analysed:
    """Search a population on the data of a job, and pack its results.

    Parameters
    ----------
    data
        A file, or a folder of sessions.
    config
        AutoLFADS' one file, or our tables.
    result
        Folder of the job; one that was begun goes on.
    hours
        That it may take, results included; those of the configuration count, too.
    cluster
        Ray cluster to train on; this machine alone if there is none.
    say
        Told what becomes of the configuration, and what goes on.

    Raises
    ------
    UserError
        If data and configuration are not as they should be, or time is over before there is a result.
    """
    job = read_job_config(config)
    files, left_out = files_of(data, job)
    dataset, unknown = read_sessions(files, job)
    settings = settings_of(job, dataset)
    notes = (*settings.notes, *left_out, *unknown)
    for note in notes:
        say(note)
    write_text(result / SETTINGS, to_toml(settings.given))
    write_json(result / ABOUT, about(job, settings, notes, files))
    heard = _Heard()
    limits = [one for one in (hours, job.limits.hours) if one is not None]
    run, stopped_by = _searched(
        dataset, settings, result / SEARCH, min(limits, default=None), cluster, heard
    )
    archive = result / ARCHIVE
    if stopped_by == "interrupted":
        return Analysed(stopped_by, archive, notes)
    if heard.trained or not archive.is_file():
        say("inferring, and packing results")
        _pack(run, dataset, files, job, result, baselines=NO_WIDTH not in unknown)
    return Analysed(stopped_by, archive, notes)


def about(
    job: JobConfig, settings: JobSettings, notes: Sequence[str], files: Sequence[Path]
) -> dict[str, object]:
    """What became of a configuration, for `settings.json`."""
    return {
        "configuration": job.where,
        "written_for": "lfads" if job.is_ours else "AutoLFADS (lfads-torch)",
        "data": [path.name for path in files],
        "translated": settings.given,
        "notes": list(notes),
        "posterior_samples": job.num_samples,
        "hours": job.limits.hours,
    }


class _Heard(SearchTracker):
    """Whether a generation was trained."""

    def __init__(self) -> None:
        self.trained = False

    def start(self, config: object, derived: object, first_generation: int) -> None: ...

    def epochs(self, generation: int, epoch: int, last_epoch: int) -> None: ...

    def generation(self, rows: object, best: object) -> None:
        self.trained = True

    def end(self, stopped_by: str) -> None: ...


def _searched(
    dataset: Dataset,
    settings: JobSettings,
    folder: Path,
    hours: float | None,
    cluster: Cluster | None,
    heard: SearchTracker,
) -> tuple[Run, str]:
    """The best member, and why the search ended; within `hours`, results included."""
    trackers = [heard] if hours is None else [heard, Deadline(folder, 3600 * hours)]
    own = search_of(settings.config).max_hours
    limits = [one for one in (hours, own) if one is not None]
    config, given = settings.config, dict(settings.given)
    if limits:
        config, given = _within(config, given, min(limits))
    begun = (folder / "config.toml").is_file()
    try:
        run = search_population(
            dataset,
            config,
            out=folder,
            resume=begun,
            given=given,
            cluster=cluster,
            trackers=trackers,
        )
    except TimeIsUp:
        if not (folder / "population.csv").is_file():
            raise UserError(
                f"the job's time of {60 * (hours or 0):g} minutes was over before the first generation: "
                f"there is no result. Raise `{DURATION}`, or ask for fewer members, or epochs in each"
            ) from None
        config, given = _within(config, given, max(trained_s(folder), 1e-3) / 3600)
        run = search_population(
            dataset, config, out=folder, resume=True, given=given, cluster=cluster, trackers=[heard]
        )
    return run, str(read_summary(folder)["stopped_by"])


def _within(
    config: RunConfig, given: dict[str, object], hours: float
) -> tuple[RunConfig, dict[str, object]]:
    """The same settings, with so much time."""
    search = replace(search_of(config), max_hours=hours)
    return replace(config, search=search), merge(given, {"search": {"max_hours": hours}})


def _pack(
    run: Run,
    dataset: Dataset,
    files: Sequence[Path],
    job: JobConfig,
    result: Path,
    *,
    baselines: bool,
) -> None:
    """Infer, and write every result and the archive of them."""
    search, outputs = result / SEARCH, result / OUTPUTS
    best = best_folder(search)
    found = run.infer(dataset, num_samples=job.num_samples, generator_states=True)
    packed = {path.name: path for path in write_outputs(found, dataset, files, outputs)}
    posterior = without_states(found)
    packed["posterior.nc"] = posterior.save(best / "posterior.nc", overwrite=True)
    packed["report.html"] = run.report(dataset, posterior=posterior, baselines=baselines)
    shapes = shapes_of(dataset)
    modelled = shapes.num_bins - run.config.model.initial_condition_length
    write_fitlog(search, modelled * shapes.mean_neurons, outputs / "fitlog.csv")
    packed["fitlog.csv"] = outputs / "fitlog.csv"
    packed |= {name: result / name for name in (SETTINGS, ABOUT)}
    packed |= {f"run/{name}": best / name for name in OF_RUN}
    packed |= {f"search/{name}": search / name for name in OF_SEARCH}
    write_archive(packed, result / ARCHIVE)


def without_states(posterior: Posterior) -> Posterior:
    """As `infer` gives it by default."""
    return Posterior({
        name: session.drop_vars(
            [one for one in ("generator_states", "generator_states_std") if one in session]
        )
        for name, session in posterior.sessions.items()
    })  # fmt: skip
