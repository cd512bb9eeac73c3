"""What a trained run infers from data, session by session, with labels."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import xarray as xr

from lfads.data.dataset import Dataset
from lfads.devices import local_devices
from lfads.inference.averages import infer
from lfads.inference.labels import labelled
from lfads.inference.rate_error import USUAL, RateError, with_error
from lfads.inference.refinement import Refinement
from lfads.model.lfads import LFADS
from lfads.results import Posterior
from lfads.runs.fits import fingerprint_of_encoded, network_for
from lfads.runs.rate_errors import kl_weights_of
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
    generator_states: bool = False,
    errors: Mapping[str, RateError] | None = None,
    refine: int = 0,
    keep_in: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
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
    num_samples, seed, generator_states, refine, keep_in, progress
        As in `Run.infer`.
    errors
        What spreads of sessions lack, by name, where it was measured.
    """
    refinement = Refinement(refine) if refine else None
    errors = errors or {}
    mesh, found = make_mesh(len(local_devices())), dict[str, xr.Dataset]()
    for session in dataset.sessions:
        own = [network_for(network, session, dataset, trained.data) for network in networks]
        trials = trials_of(session)
        averages = [
            infer(
                network,
                trials,
                mesh,
                num_samples=num_samples,
                seed=seed,
                generator_states=generator_states,
                kl_weights=None if refine else kl_weights_of(trained),
                refinement=refinement,
                keep_in=keep_in,
                progress=progress,
            )
            for network in own
        ]
        error = None
        if dataset.kind == "counts":
            error = errors.get(session.name, USUAL)
            averages = [with_error(one, error) for one in averages]
        found[session.name] = labelled(
            with_rates_of(averages[0], averages[1:]) if len(averages) > 1 else averages[0],
            session,
            dataset,
            first_bin=trained.config.model.initial_condition_length,
            model=own[0],
            attributes={
                "num_samples": num_samples,
                "seed": seed,
                "ensemble": len(networks),
                "run": name,
                "source": dataset.source,
                "encoded": fingerprint_of_encoded(session, dataset.num_forward_bins),
                "versions": json.dumps(versions()),
                "spread": _in_words(error, session.name in errors),
                **({} if error is None else error.attributes()),
                **({"refine_steps": refine} if refine else {}),
            },
        )
    return Posterior(found)


def _in_words(error: RateError | None, measured: bool) -> str:
    """What variables `…_std` are made of."""
    own = "posterior spread at Kullback-Leibler weights of 1"
    if error is None:
        return own
    where = (
        "held-out samples show" if measured else "was usual on simulations: few trials are unseen"
    )
    return f"{own}, and the error of the network beyond it as {where}"
