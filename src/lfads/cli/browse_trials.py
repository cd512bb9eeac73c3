"""The command that writes a page of single trials to step through."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lfads.checks import UserError, many
from lfads.cli.answer import Answer
from lfads.cli.flags import BinWidthOfRun, DataOfRun, Overwrite, PlaceOfRun, Whole
from lfads.cli.outputs import refuse_input
from lfads.paths import refuse_to_replace
from lfads.storage.run_folder import run_folder

Numbers = Annotated[list[Whole] | None, Parameter(consume_multiple=True)]


def trials(
    run: PlaceOfRun,
    data: DataOfRun = None,
    /,
    *,
    out: Path | None = None,
    trials: Numbers = None,
    num_trials: Whole | None = None,
    max_mb: float | None = None,
    bin_width_s: BinWidthOfRun = None,
    overwrite: Overwrite = False,
) -> Answer:
    """Write a page to step through single trials: spikes, rates with bands, factors, inputs, behavior.

    Parameters
    ----------
    out
        Page to write; trials.html in the run's folder by default. It works without a network, and its
        address can end in `#trial=17&t=0.25`.
    trials
        Numbers of the trials in their source (`trial_index`); all by default.
    num_trials
        At most so many of each session, evenly spread.
    max_mb
        The page may have so many MB; 50 by default.
    """
    from lfads.cli.export_results import posterior_of_run
    from lfads.paths import best_folder
    from lfads.report.trial_records import records_of, words_of
    from lfads.report.trials_page import MOST_MB, is_trials_page, write_trials_page
    from lfads.runs.fits import of_these_data

    if out is None and data:
        raise UserError("say where to write what is inferred from these data: `--out FILE`")
    with run_folder(run) as kept:
        folder = best_folder(kept.path)
        path = out or folder / "trials.html"
        refuse_to_replace(path, is_trials_page, "is no page of single trials", overwrite=overwrite)
        refuse_input(path, data or ())
        _, dataset, posterior = posterior_of_run(folder, data, bin_width_s)
        refuse_input(path, dataset.paths)
        own = of_these_data(posterior, dataset).sessions
        sessions = [records_of(own[s.name], s, dataset.num_forward_bins) for s in dataset.sessions]
        words = words_of(next(iter(own.values())), Path(kept.place).name)
        number = write_trials_page(
            sessions, words, path, trials=trials, num_trials=num_trials,
            max_mb=MOST_MB if max_mb is None else max_mb, overwrite=overwrite,
        )  # fmt: skip
    written = kept.name_of(path)
    return Answer({"out": written, "trials": number}, f"wrote {written}: {many(number, 'trial')}")
