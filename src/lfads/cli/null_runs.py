"""The command that asks whether a run has found any structure."""

from pathlib import Path
from typing import Literal

from lfads.cli.answer import Answer
from lfads.cli.data_of_runs import run_and_data
from lfads.cli.flags import BinWidthOfRun, DataOfRun, PlaceOfRun, Switch, Whole
from lfads.storage.run_folder import run_folder


def null(
    run: PlaceOfRun,
    data: DataOfRun = None,
    /,
    *,
    surrogate: Literal["trials", "shifts"] = "trials",
    num_shuffles: Whole = 199,
    seed: Whole = 0,
    no_training: Switch = False,
    out: Path | None = None,
    resume: Switch = False,
    bin_width_s: BinWidthOfRun = None,
) -> Answer:
    """Ask whether there is structure at all: a test, and the same training on data that have none.

    Parameters
    ----------
    surrogate
        What destroys structure. trials: each neuron's trials are permuted among those of the same
        condition, which keeps rates and averages by condition. shifts: they are permuted whatever their
        condition, and shifted in time, which keeps rates alone; for data with one trial of each condition.
    num_shuffles
        Of the test, which claims structure if p is at most .01; at least 99.
    seed
        Of the surrogate and the shuffles; the training has the run's.
    no_training
        The test alone, which takes some minutes at most.
    out
        Folder of the run on the surrogate; null-SURROGATE in the run's folder by default.
    resume
        Go on with the training on the surrogate.
    """
    from lfads.paths import best_folder
    from lfads.runs.null import null as ask

    with run_folder(run) as kept:
        opened, dataset = run_and_data(best_folder(kept.path), data, bin_width_s)
        found = ask(
            opened, dataset, surrogate=surrogate, num_shuffles=num_shuffles, seed=seed,
            training=not no_training, out=out, resume=resume,
        )  # fmt: skip
    if found.interrupted:
        text = f"{found}\n\ninterrupted; go on with the same command and --resume"
        return Answer(found.to_dict(), text, 130)
    return Answer(found.to_dict(), str(found))
