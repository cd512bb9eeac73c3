"""What `prepare` and `evaluate` do with data of the Neural Latents Benchmark."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lfads.checks import UserError, first_of
from lfads.cli.answer import Answer, aligned
from lfads.cli.data_of_runs import run_and_data
from lfads.cli.outputs import refuse_input, refuse_unwritable, wrote
from lfads.paths import best_folder, printable, refuse_to_replace
from lfads.storage.run_folder import run_folder


def prepare_benchmark(
    name: str | None,
    places: Sequence[Path],
    *,
    out: Path,
    bin_width_s: float,
    overwrite: bool,
    besides: Sequence[str],
) -> Answer:
    """Trials of a data set of the benchmark, cut as it says."""
    from lfads.formats.hdf5 import refuse_other_suffix
    from lfads.nlb.prepare import checked_choices, prepare_nlb

    if name is None:
        raise UserError(
            f"{printable(places[0])} and {printable(places[1])}: two recordings are cut at once only of "
            "the Neural Latents Benchmark, training and test trials (`nlb=`): cut each by itself"
        )
    if besides:
        flags = first_of(f"--{one.replace('_', '-')}" for one in besides)
        raise UserError(
            f"--nlb says how trials are cut; {flags} does not go with it: leave it out, or cut the trials "
            "without --nlb"
        )
    checked_choices(name, bin_width_s)
    refuse_other_suffix(out)
    refuse_input(out, places)
    refuse_to_replace(out, overwrite=overwrite)
    refuse_unwritable(out)
    found = prepare_nlb(name, places, bin_width_s=bin_width_s)
    found.write(out, overwrite=overwrite)
    session = found.dataset.session
    splits = {one: int(session.of_split(one).sum()) for one in ("train", "valid", "test")}
    of = ", ".join(f"{size} {one}" for one, size in splits.items())
    answer = wrote(found.dataset, printable(out), f" ({of}) of {found.group}")
    return Answer({**answer.values, "dataset": found.group, "splits": splits}, answer.text)


def refuse_beside_benchmark(flags: Sequence[str]) -> None:
    """A UserError if flags of other scores were given beside those of the benchmark."""
    if flags:
        raise UserError(
            f"scores of the benchmark (--nlb, --targets) stand alone: leave out {first_of(flags)}, or ask "
            "for other scores in a command of their own"
        )


def evaluate_benchmark(
    run: Path,
    data: list[Path] | None,
    *,
    targets: Path | None,
    num_samples: int,
    ensemble: int,
    bin_width_s: float | None,
) -> Answer:
    """Scores of the benchmark: of test trials with their targets, else of validation trials."""
    from lfads.nlb.datasets import group_of
    from lfads.nlb.published import beside_published
    from lfads.nlb.scores import read_targets
    from lfads.nlb.scoring import LOG, name_of, score_run

    with run_folder(run) as kept:
        folder = best_folder(kept.path)
        opened, dataset = run_and_data(folder, data, bin_width_s)
        name = name_of(dataset)
        if targets is not None:
            read_targets(targets, group_of(name, dataset.bin_width_s))  # before the work
        posterior = opened.infer(dataset, num_samples=num_samples, ensemble=ensemble)
        found = score_run(dataset, posterior.dataset, targets=targets, log=folder / LOG)
        log = kept.name_of(folder / LOG)
    scores = found.scores.named()
    rows = beside_published(name, {found.trials: scores}, dataset.bin_width_s)
    said = f"the same rates were scored before: {log}" if found.again else f"added to {log}"
    values: dict[str, Any] = {"dataset": found.group, "trials": found.trials, "scores": scores}
    return Answer(values, f"{aligned(rows)}\n\n{said}")
