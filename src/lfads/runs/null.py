"""Is there structure at all? A run beside the same training on data whose structure is destroyed."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.places import are_windows
from lfads.data.session import Session
from lfads.evaluation.structure import NullResult, StructureTest
from lfads.files import PathLike, address_of
from lfads.runs.baseline_run import BaselineRun
from lfads.runs.fits import LARGEST_SEED, MOST_SAMPLES, check_fits, check_whole
from lfads.runs.kept_null import keep_null, kept_null
from lfads.runs.network_structure import network_structure
from lfads.runs.places import open_trained_run
from lfads.runs.structure_test import (
    FEWEST_SHUFFLES,
    NUM_SHUFFLES,
    check_not_trained_on,
    structure_test,
)
from lfads.runs.surrogates import check_surrogate, surrogate_of
from lfads.runs.train import train
from lfads.runs.trained_run import Run
from lfads.storage.pusher import Pusher
from lfads.terminal.progress import BatchProgress
from lfads.terminal.saying import say
from lfads.training.folder import is_done
from lfads.training.tracking import Tracker
from lfads.training.training_run import refuse_used_folder

CUT = (
    "the trials are windows of one recording: neurons that drift slowly, each by itself, look as if they "
    "shared something, since windows that follow one another are not exchangeable"
)

SLOW = (
    "the network has slow offsets, which know each neuron's own drift by the place of the trial: neurons "
    "that drift each by itself look as if they shared something"
)


def null(
    run: Run | BaselineRun | PathLike,
    dataset: Dataset | None = None,
    *,
    surrogate: str = "trials",
    num_shuffles: int = NUM_SHUFFLES,
    seed: int = 0,
    training: bool = True,
    out: PathLike | None = None,
    resume: bool = False,
    trackers: Sequence[Tracker | str] = (),
    progress: bool = True,
) -> NullResult:
    """Ask whether there is structure at all: a test, and the same training on data that have none.

    The test trains nothing. Trials that the network was not trained on are compared with the same trials
    after each neuron's were permuted among those of the same condition and length: by the likelihood of
    samples that the network does not see. With p = (1 + shuffles that reach the real trials) / (1 +
    shuffles), structure is claimed if p is at most .01. Then a network is trained on a surrogate, with the
    settings and the seed of the run, and what both show stands side by side. For all that, neurons may
    share slow drifts, or how they follow external inputs: these are structure as well.

    Parameters
    ----------
    run
        A trained run, or where it is.
    dataset
        The training data by default. Of other data all trials are tested that the network was not trained
        on, as far as the training data are at hand to tell, and no network is trained.
    surrogate
        What destroys structure: `trials` permutes each neuron's trials among those of the same condition,
        split and length; rates and averages by condition stay. `shifts` permutes them whatever their
        condition, and shifts each in time by an offset of its own; rates stay, averages become flat. It is
        for data with one trial of each condition, and for time courses that all trials share; its test
        permutes without shifts, which leave a seam where any neuron is predicted worse.
    num_shuffles
        Of the test, at least 99.
    seed
        Of the surrogate and the shuffles.
    training
        Whether to train on the surrogate; the test alone takes a minute or so.
    out
        Folder of the run on the surrogate, `null-SURROGATE` in the run's folder by default; or an address
        where it is kept.
    resume
        Go on with the training in `out`.
    trackers
        As in `lfads.train`.
    progress
        Show on stderr where it stands.

    Returns
    -------
    NullResult
        Of the training data it is kept in the run's folder (`null.json`), and the report shows it.

    Raises
    ------
    UserError
        If the data do not fit the run or cannot be permuted, all are training trials, or the folder is in
        use.

    Examples
    --------
    >>> found = lfads.null(run, dataset, num_shuffles=99, training=False, progress=False)
    >>> found.test.num_trials, found.test.p_value >= 0.01
    (10, True)
    """
    run = open_trained_run(run)
    check_surrogate(surrogate)
    check_whole("num_shuffles", num_shuffles, FEWEST_SHUFFLES, MOST_SAMPLES)
    check_whole("seed", seed, 0, LARGEST_SEED)
    dataset = run.training_data() if dataset is None else dataset
    check_fits(dataset, run.trained, run.place)
    own = dataset.fingerprint() == run.data["fingerprint"]
    check_not_trained_on(dataset := dataset if own else _as_test_trials(run, dataset))
    place = out if out is not None else run.folder / f"null-{surrogate}"
    altered = None
    if training:
        _check_trainable(run, dataset, own, place, resume)
        altered = surrogate_of(dataset, surrogate, seed)
    test = _kept_test(run, dataset, surrogate, num_shuffles, seed) if own else None
    if test is None:
        say_what(
            progress, "test: samples that the network does not see, of real and shuffled trials"
        )
        test = structure_test(
            dataset, run.trained, by_condition=surrogate == "trials", num_shuffles=num_shuffles,
            seed=seed, progress=BatchProgress("shuffled", "times") if progress else None,
        )  # fmt: skip
    found = NullResult(surrogate=surrogate, seed=seed, test=test, notes=_notes(run, dataset))
    if altered is None and test is None:
        raise UserError(
            f"{dataset.source}: no trials that the network was not trained on can be permuted, so there is "
            "no test of structure: it needs some of the same length, and of the same condition for "
            "`surrogate='trials'`; `surrogate='shifts'` permutes them whatever their condition"
        )
    if altered is not None:
        keep_null(run.folder, found, dataset)  # what is done stays, if the training is broken off
        if run._kept is not None:
            run._kept.begin_to_send()
        say_what(progress, f"training on the surrogate, in {address_of(place) or place}")
        found = _with_training(run, dataset, altered, found, place, resume, trackers, progress)
    return _kept(run, dataset, found) if own else found


def say_what(progress: bool, text: str) -> None:
    """A line on stderr, if progress is to be shown."""
    if progress:
        say(text)


def _with_training(
    run: Run,
    dataset: Dataset,
    altered: Dataset,
    found: NullResult,
    place: PathLike,
    resume: bool,
    trackers: Sequence[Tracker | str],
    progress: bool,
) -> NullResult:
    """What the networks show, once the one on the surrogate is trained."""
    begun = resume and (address_of(place) is not None or (Path(place) / "config.toml").exists())
    if begun and address_of(place) is None and is_done(Path(place)):
        other = Run(place, altered)
    else:
        if run._kept is not None and run._kept.is_remote:
            trackers = [*trackers, Pusher(run._kept)]
        other = train(
            altered, run.config, out=place, resume=begun, given={}, trackers=trackers,
            progress=progress,
        )  # fmt: skip
    if not is_done(other.folder):
        return replace(found, interrupted=True)
    real, destroyed = (
        network_structure(data, one.trained, one.summary.get("best_epoch") or 0, seed=found.seed)
        for one, data in ((run, dataset), (other, altered))
    )
    return replace(found, real=real, destroyed=destroyed)


def _check_trainable(run: Run, dataset: Dataset, own: bool, place: PathLike, resume: bool) -> None:
    """A UserError, before the test, where the training could not be repeated or has no room."""
    if not own:
        raise UserError(
            f"{dataset.source} is not what {run.place} was trained on, so that no training can be "
            "compared: give the training data, or test these alone with `training=False`"
        )
    if run.config.training.freeze == "dynamics":
        raise UserError(
            f"{run.place} was adapted from another run, and only its read-ins and read-outs were trained: "
            "ask that run, or test this one alone with `training=False`"
        )
    if not resume and address_of(place) is None:
        refuse_used_folder(Path(place))


def _as_test_trials(run: Run, dataset: Dataset) -> Dataset:
    """Other data: all are test trials, but for those that are known to have been trained on."""
    known, trained_on = set[bytes](), run.training_data_if_there()
    for session in () if trained_on is None else trained_on.sessions:
        known |= set(_digests(session.take(session.of_split("train"))))
    sessions = []
    for session in dataset.sessions:
        seen = np.array([digest in known for digest in _digests(session)], bool)
        seen &= session.values.any((1, 2))  # silent trials are all alike
        sessions.append(replace(session, split=np.where(seen, "train", "test")))
    return replace(dataset, sessions=tuple(sessions))


def _digests(session: Session) -> list[bytes]:
    """What tells trials apart: all that was recorded in each."""
    values = np.ascontiguousarray(session.values.astype(np.float32))
    return [hashlib.blake2b(trial.tobytes()).digest() for trial in values]


def _notes(run: Run, dataset: Dataset) -> tuple[str, ...]:
    cut = any(are_windows(session.trial_table) for session in dataset.sessions)
    slow = run.config.model.slow_offsets > 0
    return (*((CUT,) if cut else ()), *((SLOW,) if slow else ()))


def _kept_test(
    run: Run, dataset: Dataset, surrogate: str, num_shuffles: int, seed: int
) -> StructureTest | None:
    """The same test of the same weights, if it is kept."""
    kept = kept_null(run.folder, dataset).get(surrogate, {})
    test = kept.get("test")
    if kept.get("seed") != seed or test is None or test["num_shuffles"] != num_shuffles:
        return None
    return StructureTest.from_dict(test)


def _kept(run: Run, dataset: Dataset, found: NullResult) -> NullResult:
    """The same, written down."""
    keep_null(run.folder, found, dataset)
    if run._kept is not None:
        run._kept.push()
    return found
