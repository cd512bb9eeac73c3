"""Fit new sessions to a trained run."""

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import Problems, UserError
from lfads.config import RunConfig, RunSettings, TrainingConfig, merge
from lfads.data.dataset import Dataset
from lfads.files import PathLike, address_of
from lfads.model.initialise import Start
from lfads.model.lfads import LFADS
from lfads.runs.baseline_run import BaselineRun
from lfads.runs.fits import check_bins_and_inputs
from lfads.runs.places import open_trained_run, run_in
from lfads.runs.rate_errors import ENCODERS_KL_WEIGHTS, kl_weights_of
from lfads.runs.trained_run import Run
from lfads.runs.training_data import Lost
from lfads.stitching.shared import with_shared_conditions
from lfads.storage.pusher import Pusher
from lfads.storage.run_folder import run_folder
from lfads.terminal.progress import EpochProgress
from lfads.training.adaptation import adapted, start_like, with_read_in
from lfads.training.checkpoint import checkpoint_in
from lfads.training.defaults import default_batch_size, epochs_of
from lfads.training.folder import stored_config
from lfads.training.moments import seen_mean
from lfads.training.resuming import refuse_other_places
from lfads.training.tracking import Tracker
from lfads.training.training_run import refuse_used_folder, train_in_folder
from lfads.training.trials import checked_dataset

STEPS = 300
"""Of an adaptation, a fifth of those of a training."""

MAPS_ALONE = "dynamics"
"""What an adaptation freezes."""

FEWEST_EPOCHS, MOST_EPOCHS = 20, 150

LEARNING_RATE = 0.05
"""Of an adaptation: linear maps alone bear, and need, larger steps than a network."""

TUNING_STEPS = 500
TUNING_LEARNING_RATE = 0.001
"""Where more than maps is trained on: small, so that factors stay nearly what they were."""

SAMPLES = 8
"""Of the posterior whose factors new read-outs start from."""


def adapt(
    run: Run | BaselineRun | PathLike,
    dataset: Dataset,
    *,
    out: PathLike,
    training_data: Dataset | None = None,
    settings: Mapping[str, Any] | None = None,
    resume: bool = False,
    trackers: Sequence[Tracker] = (),
    progress: bool = True,
) -> Run:
    """Fit read-ins and read-outs of new sessions to a trained network, which stays as it is.

    They start from averages over conditions that the new sessions share with the training data (or over all
    trials), and are trained on the new sessions' spikes alone. Where the run was trained on these very
    data, they start as they are: with `{"training": {"freeze": "nothing"}}` the whole network is then
    trained on, at a small rate.

    Parameters
    ----------
    run
        A trained run, or where it is.
    dataset
        New sessions, with bins of the run's width.
    out
        Folder of the new run, new or empty; or an address where it is kept.
    training_data
        What `run` was trained on; read again by its path if not given. Without it the start is random.
    settings
        Tables `training`, `hyperparameters` and `seed` that differ from the run's.
    resume
        Continue the run in `out`.
    trackers
        Told of every epoch.
    progress
        Show the epochs on stderr.

    Returns
    -------
    Run
        On the new sessions: infers, evaluates and reports as any other.

    Raises
    ------
    UserError
        If the data do not fit the run, or the folder is in use.

    Examples
    --------
    >>> counts = np.random.default_rng(1).poisson(0.5, (20, 12, 7))
    >>> tuesday = lfads.Dataset.from_arrays(counts, bin_width_s=0.02, name="tuesday")
    >>> short = {"training": {"num_epochs": 1}}
    >>> adapted = lfads.adapt(run, tuesday, out=folder / "tuesday", settings=short, progress=False)
    >>> adapted.data["sessions"]
    ['tuesday']
    """
    run = open_trained_run(run)
    checked_dataset(dataset)
    _check_fits(run, dataset, training_data)
    given = dict(settings or {})
    refused = sorted(set(given) - {"training", "hyperparameters", "seed"})
    if refused:
        raise UserError(
            f"adapt: the network is that of {run.place}; [{refused[0]}] cannot be set. Settings of "
            "training and hyperparameters can"
        )
    shown = [EpochProgress()] if progress else []
    with run_folder(out) as folder:
        if not resume:
            refuse_used_folder(folder.path)
        begin = _beginning(run, dataset, training_data)
        begun = resume and (folder.path / "config.toml").is_file()
        frozen = stored_config(folder.path).training.freeze if begun else _freeze_of(given)
        trains_encoders = frozen != MAPS_ALONE
        encoders = {ENCODERS_KL_WEIGHTS: list(kl_weights_of(run.trained))}

        def untrained(config: RunSettings, dataset: Dataset) -> LFADS:
            network = dataclasses.replace(begin.model, config=config.model)
            if begin.is_whole:
                return network
            return adapted(network, dataset, begin.start, config.seed)

        train_in_folder(
            dataset,
            _config(run.config, begin, dataset, given),
            folder.path,
            resume=resume, given=given, trackers=[*shown, *trackers, Pusher(folder)],
            untrained=untrained, own=partial(folder.owned, "adapt"),
            about={
                "adapted_from": address_of(run.place) or str(run.folder.resolve()),
                **({} if trains_encoders else encoders),
            },
        )  # fmt: skip
    return run_in(folder, dataset)


def _check_fits(run: Run, dataset: Dataset, training_data: Dataset | None) -> None:
    """Refuse data of other bins or inputs than the run's, and others than those it was trained on."""
    data = run.trained.data
    problems = Problems(f"{dataset.source} and {run.place} do not fit together")
    check_bins_and_inputs(dataset, run.trained, problems)
    starts = data["start_s"]
    problems.require(
        abs(dataset.start_s - starts) <= 1e-6,
        f"trials of the run start {starts:g} s from the event that they are aligned to; those of the data "
        f"{dataset.start_s:g} s: cut them alike",
    )
    if training_data is not None and training_data.fingerprint() != data["fingerprint"]:
        problems.add(
            f"{training_data.source} is not what the run was trained on ({data['source']})"
        )
    problems.raise_if_any()


class _Beginning(NamedTuple):
    """A network, where the maps of new sessions start, in words of `[model] read_in_start`.

    One that `is_whole` has their maps already.
    """

    model: LFADS
    start: Start | None
    words: str | None
    is_whole: bool


def _beginning(run: Run, dataset: Dataset, training_data: Dataset | None) -> _Beginning:
    if dataset.fingerprint() == run.data["fingerprint"]:
        refuse_other_places(dataset, checkpoint_in(run.folder))
        return _Beginning(run.model, None, run.config.model.read_in_start, is_whole=True)
    trained_on = training_data or _training_data(run)
    model, start = _network_and_start(run, dataset, trained_on)
    return _Beginning(model, start, _start_in_words(trained_on, dataset), is_whole=False)


def _network_and_start(
    run: Run, dataset: Dataset, trained_on: Dataset | None
) -> tuple[LFADS, Start | None]:
    """The trained network with read-ins, and where those of the new sessions start."""
    if trained_on is None:
        size = run.model.shapes.sessions[0].num_encoded_neurons
        return with_read_in(run.model, np.zeros(size)), None
    first = trained_on.sessions[0]
    mean = seen_mean(first, run.model.observation)
    model = with_read_in(run.model, mean[~first.held_out_neurons])
    posterior = run.infer(trained_on, num_samples=SAMPLES, progress=False)
    before = ((0, 0), (run.config.model.initial_condition_length, 0), (0, 0))
    factors = [
        np.pad(found["factors"].to_numpy()[s.of_split("train")], before, constant_values=np.nan)
        for s, found in zip(trained_on.sessions, posterior.sessions.values(), strict=True)
    ]
    return model, start_like(model, trained_on, factors, dataset)


def _training_data(run: Run) -> Dataset | None:
    """What the run was trained on; None, and a warning, if it is not there."""
    found = run._find_training_data()
    if not isinstance(found, Lost):
        return found
    warnings.warn(
        "read-ins of the new sessions start at random, and may need more epochs: "
        f"{found.reason}. Say where the training data are with `training_data=`",
        stacklevel=3,
    )
    return None


def _start_in_words(trained_on: Dataset | None, dataset: Dataset) -> str:
    """As `[model] read_in_start` has it."""
    if trained_on is None:
        return "random"
    shared = [with_shared_conditions(s, trained_on.sessions) for s in dataset.sessions]
    return "conditions" if all(shared) else "time_course"


def _config(
    base: RunConfig, begin: _Beginning, dataset: Dataset, given: Mapping[str, Any]
) -> RunConfig:
    """The run's settings, a short training of read-ins and read-outs or of more, and what was given."""
    trials = sum(int(s.of_split("train").sum()) for s in dataset.sessions)
    batch_size = given.get("training", {}).get("batch_size") or default_batch_size(trials)
    tuned = _freeze_of(given) != MAPS_ALONE
    steps = TUNING_STEPS if tuned else STEPS
    epochs = epochs_of(steps, -(-trials // batch_size), FEWEST_EPOCHS, MOST_EPOCHS)
    training = dataclasses.replace(
        TrainingConfig(freeze=MAPS_ALONE, decay_epochs=epochs, ramp_epochs=0),
        session_weights=base.training.session_weights,
        adam_epsilon=base.training.adam_epsilon,
        gradient_clip_norm=base.training.gradient_clip_norm,
    )
    network = dataclasses.replace(
        base.model, read_in_size=begin.model.config.read_in_size, read_in_start=begin.words
    )
    rate = TUNING_LEARNING_RATE if tuned else LEARNING_RATE
    own = dataclasses.replace(base.hyperparameters, learning_rate=rate)
    short = RunConfig(
        model=network, objective=base.objective, training=training, hyperparameters=own,
        seed=base.seed,
    )  # fmt: skip
    return RunConfig.from_dict(merge(short.to_dict(), given))


def _freeze_of(given: Mapping[str, Any]) -> str:
    """What stays as it is; everything but read-ins and read-outs if nothing is said."""
    return given.get("training", {}).get("freeze", MAPS_ALONE)
