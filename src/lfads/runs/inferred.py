"""What a trained run infers from data, session by session, with labels."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import xarray as xr

from lfads.data.dataset import Dataset
from lfads.devices import local_devices
from lfads.inference.averages import infer
from lfads.inference.labels import labelled
from lfads.model.lfads import LFADS
from lfads.model.shapes import shapes_of
from lfads.results import Posterior
from lfads.runs.fits import fingerprint_of_encoded, number_in_run
from lfads.search.ensemble import with_rates_of
from lfads.training.folder import TrainedModel, versions
from lfads.training.sharding import make_mesh
from lfads.training.trials import trials_of


def posterior_of(
    dataset: Dataset,
    trained: TrainedModel,
    networks: Sequence[LFADS],
    name: str,
    *,
    num_samples: int,
    seed: int,
    generator_states: bool,
    progress: Callable[[int, int], None] | None,
) -> Posterior:
    """Posterior averages of every trial.

    Parameters
    ----------
    dataset
        Trials that fit the run.
    trained
        The run.
    networks
        Its own, and further ones whose rates are averaged with its.
    name
        Of the run.
    num_samples, seed, generator_states, progress
        As in `Run.infer`.
    """
    mesh, shapes = make_mesh(len(local_devices())), shapes_of(dataset)
    found: dict[str, xr.Dataset] = {}
    for session, shape in zip(dataset.sessions, shapes.sessions, strict=True):
        own = shapes._replace(sessions=(shape,), num_bins=session.num_bins)
        number = number_in_run(session, trained.data) or 0
        trials = trials_of(session)
        averages = [
            infer(
                replace(network.of_session(number), shapes=own),
                trials,
                mesh,
                num_samples=num_samples,
                seed=seed,
                generator_states=generator_states,
                progress=progress,
            )
            for network in networks
        ]
        found[session.name] = labelled(
            with_rates_of(averages[0], averages[1:]) if len(averages) > 1 else averages[0],
            session,
            dataset,
            first_bin=trained.config.model.initial_condition_length,
            model=networks[0].of_session(number),
            attributes={
                "num_samples": num_samples,
                "seed": seed,
                "ensemble": len(networks),
                "run": name,
                "source": dataset.source,
                "encoded": fingerprint_of_encoded(session, dataset.num_forward_bins),
                "versions": json.dumps(versions()),
            },
        )
    return Posterior(found)
