"""Are posteriors right where the model is? Ranks in trials that a run's network has drawn itself."""

from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from lfads.checks import UserError
from lfads.config import RunConfig, RunSettings
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.evaluation.calibration import Calibration, RankTest, rank_tests
from lfads.files import PathLike, address_of
from lfads.inference.averages import generate
from lfads.inference.ranks import NUM_SAMPLES, Drawn, ranks_of
from lfads.inference.spread import KLWeights
from lfads.model.lfads import LFADS
from lfads.model.shapes import shapes_of
from lfads.runs.baseline_run import BaselineRun
from lfads.runs.fits import (
    LARGEST_SEED,
    MOST_SAMPLES,
    check_whole,
    network_after_training,
    session_asked_for,
)
from lfads.runs.kept_calibration import keep_calibration
from lfads.runs.places import open_trained_run
from lfads.runs.rate_errors import kl_weights_of
from lfads.runs.sampled import as_dataset, driving_inputs
from lfads.runs.trained_run import Run
from lfads.storage.run_folder import run_folder
from lfads.terminal.progress import EpochProgress
from lfads.terminal.saying import say
from lfads.training.folder import is_done, open_trained
from lfads.training.training_run import refuse_used_folder, train_in_folder
from lfads.training.trials import trials_of

NUM_RANKED, NUM_TRAINED = 400, 4000
FEWEST_RANKED, FEWEST_TRAINED = 100, 100


class Draws(NamedTuple):
    """Trials drawn from a network, and what they were drawn from."""

    dataset: Dataset
    truth: Drawn


def calibrate(
    run: Run | BaselineRun | PathLike,
    *,
    session: str | None = None,
    num_ranked: int = NUM_RANKED,
    num_trained: int = NUM_TRAINED,
    seed: int = 0,
    training: bool = True,
    num_epochs: int | None = None,
    out: PathLike | None = None,
    resume: bool = False,
    progress: bool = True,
) -> Calibration:
    """Ask whether error bars are right for data that the network itself has drawn.

    Codes of the initial condition and inputs are drawn from their priors, and spikes from them. If
    posteriors are right, the rank of what was drawn among posterior samples is uniform, and nine of ten
    values lie in the middle 90 % of samples (simulation-based calibration; Talts et al. 2018,
    arXiv:1804.06788). Then encoders and controller are trained on other draws, at Kullback-Leibler weights
    of 1, with everything that trials are generated with held, which tells whether posteriors of this form
    can be right. Real data are not needed, and how far the model is from them is not told.

    Parameters
    ----------
    run
        A trained run, or where it is.
    session
        Whose neurons to draw for, by name, if the run has several.
    num_ranked
        Trials whose ranks are taken, at least 100. With more, smaller errors are found.
    num_trained
        Trials that encoders are trained on.
    seed
        Of the draws.
    training
        Whether to train encoders; ranks of the run's own take a minute or so.
    num_epochs
        Of that training, where it shall not be as long as any other.
    out
        Folder of that training, `calibration` in the run's folder by default; or an address.
    resume
        Go on with the training in `out`.
    progress
        Show on stderr where it stands.

    Returns
    -------
    Calibration
        Kept in the run's folder (`calibration.json`); the report shows it.

    Raises
    ------
    UserError
        If the run cannot be drawn from, there is no such session, or the folder is in use.

    Examples
    --------
    >>> found = lfads.calibrate(run, num_ranked=100, training=False)
    >>> found.session, found.num_ranked, sorted(found.as_inferred)
    ('session', 100, ['code', 'inputs'])
    """
    run = open_trained_run(run)
    number = session_asked_for(session, run.trained, run.place)
    check_whole("num_ranked", num_ranked, FEWEST_RANKED, MOST_SAMPLES)
    check_whole("num_trained", num_trained, FEWEST_TRAINED, MOST_SAMPLES)
    check_whole("seed", seed, 0, LARGEST_SEED // 2)
    if num_epochs is not None:
        check_whole("num_epochs", num_epochs, 1, MOST_SAMPLES)
    _check_drawable(run)
    place = out if out is not None else run.folder / "calibration"
    if training and not resume and address_of(place) is None:
        refuse_used_folder(Path(place))
    network = network_after_training(session, run.trained, run.place)

    def draws(num_trials: int, seed: int) -> Draws:
        driving = driving_inputs(run.trained, run.training_data, num_trials, session)
        return _draws(network, run, num_trials, seed, driving)

    ranked = draws(num_ranked, 2 * seed)
    found = Calibration(
        session=run.data["sessions"][number],
        seed=seed,
        num_ranked=num_ranked,
        num_trained=num_trained,
        as_inferred=_tests(network, ranked, seed, kl_weights_of(run.trained)),
    )
    if training:
        if progress:
            say(
                f"training encoders on trials drawn from the model, in {address_of(place) or place}"
            )
        other, config = draws(num_trained, 2 * seed + 1), _config(run.config, num_epochs)
        encoders = _trained(run, network, other, config, place, resume, progress)
        found = (
            replace(found, interrupted=True)
            if encoders is None
            else replace(found, retrained=_tests(encoders, ranked, seed))
        )
    keep_calibration(run.folder, found)
    if run._kept is not None:
        run._kept.push()
    return found


def _check_drawable(run: Run) -> None:
    """A UserError for a network whose trials do not follow from what it draws."""
    first = run.config.model.initial_condition_length
    if first:
        raise UserError(
            f"{run.place} encodes initial conditions from the first {first} bins of a trial, which its "
            "generator does not make: such posteriors cannot be ranked on its own draws"
        )
    to_encoders_alone = not run.config.model.drives_by_external_inputs
    if to_encoders_alone and run.model.shapes.num_external_inputs:
        raise UserError(
            f"{run.place} shows external inputs to the encoders alone: trials that it draws do not depend "
            "on them, so that posteriors cannot be ranked"
        )


def _draws(
    network: LFADS,
    run: Run,
    num_trials: int,
    seed: int,
    driving: Float[np.ndarray, "trial time external_input"] | None,
) -> Draws:
    given = generate(network, num_trials, seed=seed, external_inputs=driving)
    dataset = as_dataset(given, network, run.trained, driving, run.place)
    (shape,) = network.shapes.sessions
    held_out = ~np.isin(np.arange(shape.num_neurons), shape.encoded_neurons)
    dataset = replace(
        dataset,
        sessions=(_as_recorded(dataset.session, held_out),),
        num_forward_bins=network.shapes.num_forward_bins,
    )
    inputs = given.drawn.inferred_inputs
    return Draws(dataset, Drawn(given.code, None if inputs is None else np.asarray(inputs)))


def _as_recorded(session: Session, held_out: np.ndarray) -> Session:
    """Every fifth trial validates, and what the run's encoders do not see these do not either."""
    split = np.where(np.arange(session.num_trials) % 5 == 4, "valid", "train")
    return replace(session, split=split, held_out_neurons=held_out)


def _tests(
    network: LFADS, draws: Draws, seed: int, kl_weights: KLWeights | None = None
) -> dict[str, RankTest]:
    network = replace(network, shapes=shapes_of(draws.dataset))
    ranks = ranks_of(
        network, trials_of(draws.dataset.session), draws.truth, kl_weights=kl_weights, seed=seed
    )
    return rank_tests({"code": ranks.code, "inputs": ranks.inputs}, NUM_SAMPLES, seed)


def _trained(
    run: Run,
    network: LFADS,
    draws: Draws,
    config: RunConfig,
    place: PathLike,
    resume: bool,
    progress: bool,
) -> LFADS | None:
    """The network with encoders and controller trained on draws; None if that was interrupted."""

    def untrained(config: RunSettings, dataset: Dataset) -> LFADS:
        return replace(network, config=config.model, shapes=shapes_of(dataset))

    with run_folder(place) as folder:
        if not is_done(folder.path):
            train_in_folder(
                draws.dataset,
                config,
                folder.path,
                resume=resume and (folder.path / "config.toml").is_file(),
                given={},
                trackers=[EpochProgress()] if progress else [],
                untrained=untrained,
                about={"encoders_of": address_of(run.place) or str(run.folder.resolve())},
                own=partial(folder.owned, "calibrate"),
            )
        if not is_done(folder.path):
            return None
        return open_trained(folder.path).model


def _config(run: RunConfig, num_epochs: int | None) -> RunConfig:
    """The evidence lower bound itself, without dropout: there are as many draws as one likes."""
    tables: dict[str, Any] = {
        "model": {**asdict(run.model), "slow_offsets": 0},  # that of the last trial is in the bias
        "training": {"freeze": "generative", "ramp_epochs": 0, "num_epochs": num_epochs},
        "hyperparameters": {
            "dropout_rate": 0.0,
            "coordinated_dropout_rate": 0.0,
            "initial_condition_kl_weight": 1.0,
            "inferred_input_kl_weight": 1.0,
        },
        "seed": run.seed,
    }
    return RunConfig.from_dict(tables)
