"""Train a run, or search one."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.config import RunConfig
from lfads.data.dataset import Dataset
from lfads.files import PathLike
from lfads.paths import best_folder
from lfads.runs.places import refuse_baseline, run_in
from lfads.runs.tracked_figures import with_figures
from lfads.runs.trained_run import Run
from lfads.search.ray_cluster import Cluster
from lfads.search.record import SearchTracker
from lfads.search.search_run import search_in_folder
from lfads.storage.pusher import Pusher
from lfads.storage.run_folder import run_folder
from lfads.terminal.progress import EpochProgress
from lfads.terminal.search_progress import GenerationProgress
from lfads.training.folder import is_done
from lfads.training.tracking import Tracker, trackers_in
from lfads.training.training_run import train_in_folder


def train(
    dataset: Dataset,
    config: RunConfig | None = None,
    *,
    out: PathLike,
    resume: bool = False,
    given: Mapping[str, Any] | None = None,
    trackers: Sequence[Tracker | str] = (),
    progress: bool = True,
) -> Run:
    """Train LFADS on a data set.

    Parameters
    ----------
    dataset
        Trials of counts: one session, or several that share the network.
    config
        Settings; what is left open is derived from the data.
    out
        Folder of the run, new or empty; or an address where it is kept, such as `s3://bucket/run`.
    resume
        Continue the run in `out`; only budgets (`num_epochs`, `max_hours`) may differ.
    given
        The settings to compare with those of a resumed run; by default those of `config` that differ
        from the defaults.
    trackers
        Told of every epoch: trackers, or names of those that `lfads parts trackers` lists, with their
        choices if any, such as `name(choice=2)`.
    progress
        Show on stderr what was derived, the losses and the time left.

    Returns
    -------
    Run
        The trained run, at its best weights.

    Raises
    ------
    UserError
        If the folder is in use, or settings do not fit the data.

    References
    ----------
    Pandarinath et al. 2018, Nature Methods 15:805-815.

    Examples
    --------
    >>> run = lfads.train(dataset, config, out=folder / "run", progress=False)
    >>> run.summary["stopped_by"], run.infer(progress=False).factors.shape
    ('num_epochs', (50, 12, 2))
    """
    config = _checked(config)
    shown = [EpochProgress()] if progress else []
    with run_folder(out) as folder:
        refuse_baseline(folder)
        told = with_figures(trackers_in(folder.path, trackers), dataset)
        train_in_folder(
            dataset, config, folder.path, resume=resume, given=given,
            trackers=[*shown, *told, Pusher(folder)], own=partial(folder.owned, "train"),
        )  # fmt: skip
    return run_in(folder, dataset)


def search_population(
    dataset: Dataset,
    config: RunConfig | None = None,
    *,
    out: PathLike,
    resume: bool = False,
    given: Mapping[str, Any] | None = None,
    cluster: Cluster | None = None,
    trackers: Sequence[SearchTracker] = (),
    progress: bool = True,
) -> Run:
    """Find hyperparameters by population-based training, and train with them (AutoLFADS).

    Parameters
    ----------
    dataset
        Trials of counts: one session, or several that share the network.
    config
        Settings; `config.search` says what is searched and how.
    out
        Folder of the search, new or empty; or an address where it is kept, such as `s3://bucket/run`.
    resume
        Continue the search in `out`; only its budgets may differ: `max_hours`, and `num_generations` or,
        of a random search, `population`.
    given
        The settings to compare with those of a resumed search; by default those of `config` that differ
        from the defaults.
    cluster
        Ray cluster to train on; this machine alone if there is none.
    trackers
        Told of every generation.
    progress
        Show the generations on stderr.

    Returns
    -------
    Run
        The best member, a run of its own in `out/best`.

    Raises
    ------
    UserError
        If the folder is in use, or settings do not fit the data.

    References
    ----------
    Keshtkaran et al. 2022, Nature Methods 19:1572-1577.

    Examples
    --------
    >>> search = {"population": 2, "num_generations": 1, "epochs_per_generation": 1}
    >>> config = lfads.read_config(flags={**config.to_dict(), "search": search})
    >>> best = lfads.search_population(dataset, config, out=folder / "search", progress=False)
    >>> best.folder.name, best.config.model.num_factors
    ('best', 2)
    """
    config = _checked(config)
    for one in trackers:
        if not isinstance(one, SearchTracker):
            raise UserError(
                "a search tells its trackers of generations (`lfads.SearchTracker`); those of `lfads "
                f"parts trackers` are told of epochs, by `lfads.train`; got {one!r}"
            )
    shown = [GenerationProgress()] if progress else []
    with run_folder(out) as folder:
        refuse_baseline(folder)
        trackers = [*shown, *trackers, Pusher(folder)]
        search_in_folder(
            dataset, config, folder.path,
            resume=resume, given=given, cluster=cluster, trackers=trackers,
            own=partial(folder.owned, "search"),
        )  # fmt: skip
    return run_in(folder, dataset)


def trained_to_the_end(
    dataset: Dataset,
    config: RunConfig | None,
    folder: Path,
    *,
    given: Mapping[str, Any] | None = None,
    search: bool = False,
    progress: bool,
) -> Run:
    """The run in a folder, or the best member of a search, as far as it is not trained yet.

    Parameters are those of `train` and `search_population`; `search` says which of the two.

    Raises
    ------
    KeyboardInterrupt
        If the user stopped it: of half a training there shall be no numbers.
    UserError
        As of `train`.
    """
    if not is_done(folder):
        begun = (folder / "config.toml").is_file()
        begin = search_population if search else train
        begin(dataset, config, out=folder, resume=begun, given=given, progress=progress)
    if not is_done(folder):
        raise KeyboardInterrupt
    return Run(best_folder(folder), dataset)


def _checked(config: RunConfig | None) -> RunConfig:
    """A configuration; the default one for None."""
    config = RunConfig() if config is None else config
    if not isinstance(config, RunConfig):
        raise UserError(
            f"expected an lfads.RunConfig; got {type(config).__name__}: make one with "
            "lfads.read_config(path) or lfads.read_config(flags={...})"
        )
    return config
