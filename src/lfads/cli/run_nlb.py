"""The command that runs a data set of the Neural Latents Benchmark from its files to its scores."""

from pathlib import Path
from typing import Any

from lfads.cli.answer import Answer
from lfads.cli.flags import AnySettings, Settings, Whole

NONE_GIVEN = Settings()


def nlb(
    name: str,
    files: list[Path],
    /,
    *,
    out: Path,
    bin_width_s: float = 0.005,
    targets: Path | None = None,
    num_samples: Whole = 50,
    settings: AnySettings = NONE_GIVEN,
) -> Answer:
    """Run the Neural Latents Benchmark: train, infer, write a submission, score it beside published scores.

    Parameters
    ----------
    name
        mc_maze, mc_maze_large, mc_maze_medium, mc_maze_small, mc_rtt, area2_bump or dmfc_rsg.
    files
        Training and evaluation data in the benchmark's HDF5 layout.
    out
        Folder for the run, the posterior, submission.h5 and scores.jsonl; the same command goes on there.
    bin_width_s
        Of the files: 0.005 or 0.02.
    targets
        The evaluation's file of targets, such as eval_data_test.h5; without it nothing is scored.
    num_samples
        Posterior samples to average over.
    """
    from lfads.nlb.run import benchmark

    config, _ = settings.read()
    found = benchmark(
        name, files, out=out, bin_width_s=bin_width_s, targets=targets, config=config,
        num_samples=num_samples,
    )  # fmt: skip
    scores = {} if found.scores is None else found.scores.named()
    values: dict[str, Any] = {"dataset": found.dataset, "submission": str(found.submission)}
    text = str(found)
    if found.rows:
        text += f"\n\nwrote {found.submission}"
    return Answer({**values, "scores": scores}, text)
