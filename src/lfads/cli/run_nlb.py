"""The command that runs a data set of the Neural Latents Benchmark from its files to its scores."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from lfads.cli.answer import Answer
from lfads.cli.flags import (
    AnySettings,
    SearchFlags,
    SearchGroup,
    Settings,
    Switch,
    Whole,
)

NONE_GIVEN = Settings()


def nlb(
    name: str,
    files: list[Path],
    /,
    *,
    out: Path,
    bin_width_s: float = 0.005,
    targets: Path | None = None,
    search: Switch = False,
    population: Whole | None = None,
    max_hours: float | None = None,
    ensemble: Whole = 1,
    num_samples: Whole = 50,
    search_settings: Annotated[SearchGroup, Parameter(name="--search")] = None,
    settings: AnySettings = NONE_GIVEN,
) -> Answer:
    """Run the Neural Latents Benchmark: cut trials, train or search, infer, score beside published scores.

    Parameters
    ----------
    name
        mc_maze, mc_maze_large, mc_maze_medium, mc_maze_small, mc_rtt, area2_bump or dmfc_rsg.
    files
        NWB files of training and of test trials; or tensors in the benchmark's HDF5 layout.
    out
        Folder for data, run, posterior, submission.h5 and scores; the same command goes on there.
    bin_width_s
        0.005 or 0.02.
    targets
        The evaluation's file of targets, such as eval_data_test.h5; without it no test trial is scored.
    search
        Find hyperparameters by population-based training (AutoLFADS), in the published ranges.
    population
        Members; short for --search.population.
    max_hours
        Stop the search after the generation in which so much time has passed.
    ensemble
        Members of the search whose rates are averaged, the best ones.
    num_samples
        Posterior samples to average over.
    """
    from lfads.nlb.prepare import checked_choices
    from lfads.nlb.run import benchmark, preset_of

    checked_choices(name, bin_width_s)
    if settings.preset is None and settings.config is None:
        settings = dataclasses.replace(settings, preset=preset_of(name))
    short = {"population": population, "max_hours": max_hours}
    short = {key: value for key, value in short.items() if value is not None}
    if short or search_settings is not None:
        search = True
        search_settings = dataclasses.replace(search_settings or SearchFlags(), **short)
    config, given = settings.read(search_settings)
    found = benchmark(
        name, files, out=out, bin_width_s=bin_width_s, targets=targets, config=config, given=given,
        search=search, ensemble=ensemble, num_samples=num_samples,
    )  # fmt: skip
    values: dict[str, Any] = {"dataset": found.dataset, "submission": str(found.submission)}
    for key, scores in (("scores", found.scores), ("validation", found.validation)):
        values[key] = {} if scores is None else scores.named()
    text = str(found)
    if found.rows:
        text += f"\n\nwrote {found.submission}"
    return Answer(values, text)
