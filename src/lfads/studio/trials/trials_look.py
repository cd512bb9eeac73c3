"""Trials laid out for the page that steps through them, and that page as one file, by a process of its own.

`python -m lfads.studio.trials.trials_look lay SOURCE PACK --run RUN [--data FILE …]`
`python -m lfads.studio.trials.trials_look page PACK FILE.html --num-trials N`

`SOURCE` is a posterior; or what a run keeps, and then a few trials are inferred from its weights as they
are now, of a training that goes on as well.
"""

import argparse
import contextlib
import dataclasses
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.numerics.evenly import evenly
from lfads.report.trial_pack import Pack, write_pack
from lfads.report.trial_records import Records, records_of, words_of
from lfads.report.trials_page import write_trials_page
from lfads.results import Posterior, open_posterior

MISTAKE = 2
PACK_SUFFIX = ".trials"
MOST_INFERRED, FEW_SAMPLES = 60, 20
"""Trials of a session that are inferred for the page, and samples of each."""

MOST_KEPT_BYTES = 4 * 2**30
"""Of all that was laid out; the oldest go, and are laid out again when they are asked for."""


def main(arguments: Sequence[str]) -> int:
    """Do it; 2 and a message where it cannot be done."""
    parser = argparse.ArgumentParser(prog="trials_look")
    parser.add_argument("what", choices=("lay", "page"))
    parser.add_argument("source", type=Path)
    parser.add_argument("made", type=Path)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--data", nargs="*", default=[])
    parser.add_argument("--num-trials", type=int)
    given = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    try:
        if given.what == "lay":
            lay(given.source, given.made, given.run, given.data)
            make_room(given.made)
        else:
            pack = Pack(given.source)
            write_trials_page(
                pack.sessions(), pack.words(), given.made, num_trials=given.num_trials,
                overwrite=True,
            )  # fmt: skip
    except (UserError, OSError) as error:
        sys.stderr.write(f"lfads: error: {error}\n")
        return MISTAKE
    return 0


def lay(source: Path, made: Path, run: Path | None, data: Sequence[str]) -> None:
    """Write the trials of a posterior, or of a run that has none yet."""
    if source.suffix == ".nc":
        posterior = open_posterior(source)
        posterior, dataset, notes = _with_data(posterior, run, data)
    else:
        if run is None:
            raise UserError("trials are inferred by a run: say which, `--run RUN`")
        posterior, dataset, notes = _inferred(run)
    sessions = []
    for name, own in posterior.sessions.items():
        session = None if dataset is None else next(s for s in dataset.sessions if s.name == name)
        ahead = 0 if dataset is None else dataset.num_forward_bins
        sessions.append(_named(records_of(own, session, ahead), name))
    title = "" if run is None else run.parent.name
    write_pack(made, sessions, words_of(next(iter(posterior.sessions.values())), title, notes))


def make_room(newest: Path) -> None:
    """Remove what was laid out long ago, until the rest is not too much."""
    found = sorted(newest.parent.glob(f"*{PACK_SUFFIX}*"), key=lambda path: -path.stat().st_mtime)
    total = 0
    for path in found:
        total += path.stat().st_size
        if total > MOST_KEPT_BYTES and path != newest:
            path.unlink(missing_ok=True)


def _with_data(
    posterior: Posterior, run: Path | None, data: Sequence[str]
) -> tuple[Posterior, Dataset | None, list[str]]:
    """A posterior and what it was inferred from; None, and why, if that cannot be had."""
    from lfads.formats.read import read
    from lfads.runs.fits import of_these_data
    from lfads.runs.places import open_run

    try:
        if run is None:
            raise UserError("it is not known which run made them")
        opened = open_run(run)
        width = opened.data["bin_width_s"]
        dataset = (
            read(list(data), default_bin_width_s=width, for_inference=True)
            if data
            else opened.training_data()
        )
        matching = of_these_data(posterior, dataset)
        if set(matching.sessions) != set(posterior.sessions):
            raise UserError("the data have other sessions than the results")
    except (UserError, OSError) as error:
        return posterior, None, [f"Spikes cannot be shown beside these results: {error}."]
    return matching, dataset, []


def _inferred(run: Path) -> tuple[Posterior, Dataset, list[str]]:
    """A few trials of a run, from its weights as they are now."""
    from lfads.runs.fits import of_these_data
    from lfads.runs.places import open_run
    from lfads.training.checkpoint import read_header
    from lfads.training.folder import course_of

    if hasattr(os, "nice"):
        os.nice(5)  # a training that goes on comes first
    opened = open_run(run)
    whole = opened.training_data()
    parts = [session.take(_some_trials(session.split)) for session in whole.sessions]
    dataset = dataclasses.replace(whole, sessions=tuple(parts), files=())
    found = opened.infer(dataset, num_samples=FEW_SAMPLES, progress=False)
    epoch = 0
    with contextlib.suppress(UserError):
        epoch = course_of(read_header(opened.folder / "checkpoints" / "best.npz"), "best_epoch")
    where = f" as they were after epoch {epoch}" if epoch else ""
    here, there = (sum(s.num_trials for s in one.sessions) for one in (dataset, whole))
    note = (
        f"{here} of {there} trials, inferred for this page from the best weights{where}, with "
        f"{FEW_SAMPLES} samples each. lfads infer gives all trials, with 50 samples."
    )
    return of_these_data(found, dataset), dataset, [note]


def _some_trials(split: np.ndarray) -> np.ndarray:
    """Trials to infer: those that were not trained on first, as evenly as they come."""
    unseen = np.flatnonzero(split != "train")
    seen = np.flatnonzero(split == "train")
    first = unseen[evenly(len(unseen), MOST_INFERRED)] if len(unseen) else unseen
    left = min(MOST_INFERRED - len(first), len(seen))
    more = seen[evenly(len(seen), left)] if left > 0 else seen[:0]
    return np.sort(np.concatenate([first, more]))


def _named(records: Records, name: str) -> Records:
    return Records({**records.about, "name": name}, records.rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
