"""The benchmark in one go: train, infer every trial, write a submission, score it against the targets.

What is in the folder already is used again, so that the same command goes on after a stop. Test trials
are scored once for a submission: nothing is chosen by them, and each scoring is kept in `scores.jsonl`.
"""

import json
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from lfads.checks import UserError, many, suggestion
from lfads.config import RunConfig
from lfads.data.dataset import Dataset
from lfads.files import PathLike, append_text, written_beside
from lfads.formats.read import read
from lfads.nlb.datasets import DATASETS, group_of
from lfads.nlb.published import beside_published
from lfads.nlb.scores import NLBScores, read_targets, scored
from lfads.nlb.submission import NLBSubmission, submitted
from lfads.runs.train import trained_to_the_end
from lfads.tables import aligned

SUBMISSION, SCORES = "submission.h5", "scores.jsonl"


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
        On the evaluation trials; None without targets.
    rows
        This run beside published scores, as words; empty without targets.
    """

    dataset: str
    submission: Path
    scores: NLBScores | None
    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        return aligned(self.rows) if self.rows else f"wrote {self.submission}"


def benchmark(
    name: str,
    files: Sequence[PathLike],
    *,
    out: PathLike,
    bin_width_s: float = 0.005,
    targets: PathLike | None = None,
    config: RunConfig | None = None,
    num_samples: int = 50,
    progress: bool = True,
) -> NLBResult:
    """Train on a data set of the Neural Latents Benchmark, and score it as its evaluation does.

    Parameters
    ----------
    name
        `mc_maze`, `mc_maze_large`, `mc_maze_medium`, `mc_maze_small`, `mc_rtt`, `area2_bump` or `dmfc_rsg`.
    files
        Training and evaluation data in the benchmark's HDF5 layout (`train_spikes_heldin`, …,
        `eval_spikes_heldin`).
    out
        Folder for the run, the posterior, the submission and scores.
    bin_width_s
        Of the files: 0.005 or 0.02.
    targets
        The evaluation's file of targets, such as `eval_data_test.h5`.
    config
        Settings; defaults from the data.
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
    if name not in DATASETS:
        raise UserError(f"there is no data set `{name}`.{suggestion(name, DATASETS)}")
    folder, group = Path(out), group_of(name, bin_width_s)
    found = None if targets is None else read_targets(Path(targets), group)  # before hours of work
    dataset = read(list(files), bin_width_s=bin_width_s)
    _check(name, dataset)
    run = trained_to_the_end(dataset, config, folder / "run", progress=progress)
    posterior = run.infer(dataset, num_samples=num_samples, progress=progress)
    posterior.save(folder / "posterior.nc", overwrite=True)
    session = posterior.dataset
    with written_beside(folder / SUBMISSION) as beside:
        NLBSubmission().write({group: session}, beside)
    if found is None:
        return NLBResult(dataset=group, submission=folder / SUBMISSION, scores=None, rows=())
    scores = scored(group, submitted(session), found)
    _keep(folder / SCORES, group, scores)
    rows = beside_published(name, scores.named(), bin_width_s)
    return NLBResult(dataset=group, submission=folder / SUBMISSION, scores=scores, rows=tuple(rows))


def _check(name: str, dataset: Dataset) -> None:
    if len(dataset.sessions) != 1:
        raise UserError(f"{name} is one session; these files hold {len(dataset.sessions)}")
    session, about = dataset.session, DATASETS[name]
    held_out = int(session.held_out_neurons.sum())
    if not held_out or not session.of_split("test").any():
        raise UserError(
            f"the files of {name} hold {many(held_out, 'held-out neuron')} and "
            f"{many(int(session.of_split('test').sum()), 'evaluation trial')}; its scores need both: give "
            "the training and the evaluation tensors in one file, with `train_spikes_heldout` and "
            "`eval_spikes_heldin`"
        )
    if (session.num_neurons - held_out, held_out) != (about.held_in, about.held_out):
        warnings.warn(
            f"{name} has {about.held_in} held-in and {about.held_out} held-out neurons; these files have "
            f"{session.num_neurons - held_out} and {held_out}: scores do not compare with published ones",
            stacklevel=3,
        )


def _keep(path: Path, group: str, scores: NLBScores) -> None:
    """Every scoring of test trials is kept, so that how often that was done is known."""
    line = {"dataset": group, "time": time.strftime("%Y-%m-%dT%H:%M:%S"), "lfads": version("lfads")}
    advice = "The same command scores again: what was trained is kept."
    append_text(path, json.dumps({**line, **scores.named()}) + "\n", advice)
