"""A data set of the benchmark from its files to its scores: prepare, train, infer, submit, score.

What is done is not done again: the same command goes on after a stop. Training trials validate, nothing is
chosen by test trials, and how often these were scored is kept in `nlb_scores.jsonl` beside the run.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lfads.checks import UserError, many
from lfads.config import RunConfig, read_config
from lfads.config.search import SearchConfig
from lfads.data.dataset import Dataset
from lfads.files import PathLike, written_beside
from lfads.formats.read import read
from lfads.nlb.datasets import DATASETS, group_of
from lfads.nlb.prepare import REMEMBERED, checked_choices, prepare_nlb
from lfads.nlb.published import beside_published
from lfads.nlb.scores import NLBScores, read_targets
from lfads.nlb.scoring import LOG, own_targets, score_run
from lfads.nlb.submission import NLBSubmission
from lfads.paths import best_folder
from lfads.recordings.sources import is_recording
from lfads.runs.train import trained_to_the_end
from lfads.runs.trained_run import Run
from lfads.search.resolve import in_stored_units, search_of
from lfads.search.search_run import BUDGETS as OF_SEARCHES
from lfads.tables import aligned
from lfads.training.checkpoint import checkpoint_in
from lfads.training.folder import describe_data, is_done, stored_config
from lfads.training.resuming import BUDGETS, not_default, resumed_config

DATA, RUN, POSTERIOR, SUBMISSION = "data.h5", "run", "posterior.nc", "submission.h5"


@dataclass(frozen=True, kw_only=True)
class NLBResult:
    """What came out.

    Parameters
    ----------
    dataset
        Its name in the file of the submission.
    submission
        The file that the benchmark's evaluation reads.
    scores
        On the test trials; None without targets.
    validation
        On the validation trials; None where their targets are not known, as of tensors.
    rows
        This run beside published scores, as words; empty where nothing was scored.
    """

    dataset: str
    submission: Path
    scores: NLBScores | None
    rows: tuple[tuple[str, ...], ...]
    validation: NLBScores | None = None

    def __str__(self) -> str:
        return aligned(self.rows) if self.rows else f"wrote {self.submission}"


def preset_of(name: str) -> str:
    """The preset of a data set's published settings.

    >>> preset_of("mc_maze")
    'nlb_mc_maze'
    """
    return f"nlb_{name}"


def benchmark(
    name: str,
    files: Sequence[PathLike],
    *,
    out: PathLike,
    bin_width_s: float = 0.005,
    targets: PathLike | None = None,
    config: RunConfig | None = None,
    given: Mapping[str, Any] | None = None,
    search: bool = False,
    ensemble: int = 1,
    num_samples: int = 50,
    progress: bool = True,
) -> NLBResult:
    """Train on a data set of the Neural Latents Benchmark, and score it as its evaluation does.

    Parameters
    ----------
    name
        `mc_maze`, `mc_maze_large`, `mc_maze_medium`, `mc_maze_small`, `mc_rtt`, `area2_bump` or `dmfc_rsg`.
    files
        NWB files of training and test trials, from which trials are cut; or tensors in the benchmark's
        HDF5 layout (`train_spikes_heldin`, …, `eval_spikes_heldin`).
    out
        Folder for the data, the run, the posterior, the submission and scores.
    bin_width_s
        0.005 or 0.02.
    targets
        The evaluation's file of targets, such as `eval_data_test.h5`.
    config
        Settings; those published for the data set by default (`nlb_NAME` of the presets).
    given
        The settings that the user gave, to compare with those of a run that goes on.
    search
        Find hyperparameters by population-based training.
    ensemble
        Members of the search whose rates are averaged, the best ones.
    num_samples
        Posterior samples to average over.
    progress
        Show the training on stderr.

    Raises
    ------
    UserError
        If there is no such data set, or files do not hold it.

    References
    ----------
    Pei et al. (2021), "Neural Latents Benchmark '21", NeurIPS Datasets and Benchmarks.
    """
    checked_choices(name, bin_width_s)
    if ensemble > 1 and not search:
        raise UserError(
            f"`ensemble={ensemble}` averages rates over the members of a search: search as well "
            "(`search=`), or leave it out"
        )
    folder, group = Path(out), group_of(name, bin_width_s)
    if targets is not None:
        read_targets(Path(targets), group)  # before hours of work
    dataset = _data(name, list(files), folder, bin_width_s)
    _check(name, dataset)
    config = read_config(preset=preset_of(name)) if config is None else config
    config, given = _in_batches_that_fit(config, given, dataset)
    run = _trained(dataset, config, given, folder / RUN, search, progress)
    posterior = run.infer(dataset, num_samples=num_samples, ensemble=ensemble, progress=progress)
    posterior.save(folder / POSTERIOR, overwrite=True)
    session = posterior.dataset
    with written_beside(folder / SUBMISSION) as beside:
        NLBSubmission().write({group: session}, beside)
    found: dict[str, NLBScores] = {}
    if own_targets(dataset, group) is not None:
        found["validation"] = score_run(
            dataset, session, targets=None, log=run.folder / LOG, name=name
        ).scores
    if targets is not None:
        found["test"] = score_run(
            dataset, session, targets=Path(targets), log=run.folder / LOG, name=name
        ).scores
    rows = beside_published(name, {part: one.named() for part, one in found.items()}, bin_width_s)
    return NLBResult(
        dataset=group, submission=folder / SUBMISSION, scores=found.get("test"),
        validation=found.get("validation"), rows=tuple(rows),
    )  # fmt: skip


def _data(name: str, files: list[PathLike], folder: Path, bin_width_s: float) -> Dataset:
    """Trials, cut from recordings once."""
    if not files or not all(is_recording(Path(one)) for one in files):
        return read(files, bin_width_s=bin_width_s)
    cut_from = [Path(one).name for one in files]
    if (folder / DATA).is_file():
        dataset = read(folder / DATA, bin_width_s=bin_width_s)
        kept = (dataset.prepared.get(REMEMBERED), dataset.prepared.get("files"))
        if kept != (name, cut_from):
            raise UserError(
                f"{folder / DATA} holds {kept[0]} of {', '.join(kept[1] or ())}, not {name} of "
                f"{', '.join(cut_from)}: choose another folder"
            )
        return dataset
    prepare_nlb(name, files, bin_width_s=bin_width_s).write(folder / DATA)
    return read(folder / DATA, bin_width_s=bin_width_s)


def _check(name: str, dataset: Dataset) -> None:
    if len(dataset.sessions) != 1:
        raise UserError(f"{name} is one session; these files hold {len(dataset.sessions)}")
    session, about = dataset.session, DATASETS[name]
    held_out = int(session.held_out_neurons.sum())
    scored = session.of_split("test") | (
        session.of_split("valid") if dataset.prepared.get(REMEMBERED) else False
    )
    if not held_out or not scored.any():
        raise UserError(
            f"the files of {name} hold {many(held_out, 'held-out neuron')} and "
            f"{many(int(scored.sum()), 'evaluation trial')}; its scores need both: give the NWB files of "
            "training and of test trials, or their tensors in one file, with `train_spikes_heldout` and "
            "`eval_spikes_heldin`"
        )
    if (session.num_neurons - held_out, held_out) != (about.held_in, about.held_out):
        warnings.warn(
            f"{name} has {about.held_in} held-in and {about.held_out} held-out neurons; these files have "
            f"{session.num_neurons - held_out} and {held_out}: scores do not compare with published ones",
            stacklevel=3,
        )


def _in_batches_that_fit(
    config: RunConfig, given: Mapping[str, Any] | None, dataset: Dataset
) -> tuple[RunConfig, Mapping[str, Any] | None]:
    """Settings without a batch that is larger than the training trials: one from the data instead."""
    size, trials = config.training.batch_size, int(dataset.session.of_split("train").sum())
    if size is None or size <= trials:
        return config, given
    warnings.warn(
        f"batches of {many(size, 'trial')} are more than the {trials} that train: their size is derived "
        "from the data",
        stacklevel=3,
    )
    if given is not None:
        training = {k: v for k, v in given.get("training", {}).items() if k != "batch_size"}
        given = {**given, "training": training}
    return replace(config, training=replace(config.training, batch_size=None)), given


def _trained(
    dataset: Dataset,
    config: RunConfig,
    given: Mapping[str, Any] | None,
    folder: Path,
    search: bool,
    progress: bool,
) -> Run:
    """The run, or the best member of the search, as far as it is not trained yet."""
    if is_done(folder):
        _refuse_others(dataset, config, given, folder, search)
    if search and not config.search:
        config = replace(config, search=SearchConfig())
    return trained_to_the_end(
        dataset, config, folder, given=given, search=search, progress=progress
    )


def _refuse_others(
    dataset: Dataset, config: RunConfig, given: Mapping[str, Any] | None, folder: Path, search: bool
) -> None:
    """A UserError if what is trained already is of another kind, of other data or has other settings."""
    if search != (folder / "population.csv").is_file():
        kinds = ("a search", "a single training")
        here, asked = kinds if not search else kinds[::-1]
        raise UserError(f"{folder} holds {here}, not {asked}: choose another folder")
    asked = not_default(config) if given is None else {**given}
    about, best = describe_data(dataset), best_folder(folder)
    if search:
        asked = in_stored_units(asked, config, dataset)
    else:
        asked.pop("search", None)
    budgets = OF_SEARCHES[search_of(stored_config(folder)).method] if search else BUDGETS
    resumed_config(folder, about, asked, budgets, checkpoint_in(best))
