"""What a trained run infers from data, session by session, with labels."""

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import xarray as xr

from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.devices import local_devices
from lfads.inference.averages import at_bins, infer
from lfads.inference.error_bars import error_of_average, with_error, with_rates_of
from lfads.inference.labels import labelled
from lfads.inference.rate_error import USUAL, RateError
from lfads.inference.refinement import Refinement
from lfads.inference.spread import KLWeights
from lfads.results import Posterior
from lfads.runs.fits import fingerprint_of_encoded, network_for
from lfads.runs.rate_errors import kl_weights_of
from lfads.training.folder import TrainedModel, versions
from lfads.training.sharding import make_mesh
from lfads.training.trials import trials_for
from lfads.windows.context import Widened, are_windows, usual_context, widened


def posterior_of(
    dataset: Dataset,
    trained: TrainedModel,
    name: str,
    *,
    num_samples: int,
    seed: int,
    generator_states: bool = False,
    others: Sequence[TrainedModel] = (),
    errors: Mapping[str, RateError] | None = None,
    refine: int = 0,
    keep_in: Path | None = None,
    context_bins: int | None = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Posterior:
    """Posterior averages of every trial.

    Parameters
    ----------
    dataset
        Trials that fit the run.
    trained
        The run.
    name
        Of the run.
    num_samples, seed, generator_states, refine, keep_in, context_bins, progress
        As in `Run.infer`.
    others
        Members of the run's search whose rates are averaged with its.
    errors
        What spreads of sessions lack, by name, where it was measured.
    """
    refinement = Refinement(refine) if refine else None
    errors = errors or {}
    mesh, found = make_mesh(len(local_devices())), dict[str, xr.Dataset]()
    for session in dataset.sessions:
        members = (trained, *others)
        wide = with_context(session, dataset, trained, context_bins)
        seen = session if wide is None else wide.session
        own = [network_for(one.model, seen, dataset, trained.data) for one in members]
        averages = [
            infer(
                network,
                trials_for(network, seen, dataset.bin_width_s),
                mesh,
                num_samples=num_samples,
                seed=seed,
                generator_states=generator_states,
                kl_weights=None if refine else kl_weights_of(member),
                refinement=refinement,
                keep_in=keep_in,
                progress=progress,
            )
            for member, network in zip(members, own, strict=True)
        ]
        together, error = averages[0], None
        if others:
            together = with_rates_of(averages[0], averages[1:])
        if dataset.kind == "counts":
            error = errors.get(session.name, USUAL)
            if others:
                error = error_of_average(error, averages)
            together = with_error(together, error)
        first_bin = trained.config.model.initial_condition_length
        if wide is not None:
            together = at_bins(together, wide.first_bin, session.num_bins - first_bin)
        found[session.name] = labelled(
            together,
            session,
            dataset,
            first_bin=first_bin,
            model=own[0],
            attributes={
                "num_samples": num_samples,
                "seed": seed,
                "ensemble": len(members),
                "run": name,
                "source": dataset.source,
                "encoded": fingerprint_of_encoded(session, dataset.num_forward_bins),
                "versions": json.dumps(versions()),
                "spread": _in_words(
                    error, session.name in errors, None if refine else kl_weights_of(trained)
                ),
                **({} if error is None else error.attributes()),
                **({"refine_steps": refine} if refine else {}),
                **({} if wide is None else {"context_bins": wide.num_bins}),
            },
        )
    return Posterior(found)


def with_context(
    session: Session, dataset: Dataset, trained: TrainedModel, num_bins: int | None
) -> Widened | None:
    """Windows with what is around them; None where there is nothing, or a network must not see it."""
    if not are_windows(session) or trained.config.model.causal or dataset.num_forward_bins:
        return None
    chosen = usual_context(session) if num_bins is None else num_bins
    if not chosen:
        return None
    found = widened(session, chosen)
    if found is None:
        warnings.warn(
            f"windows of {session.name} do not agree where they overlap, as those that `lfads.chop` cuts "
            "do: they are inferred without the bins around them",
            stacklevel=4,
        )
    return found


def _in_words(error: RateError | None, measured: bool, weights: KLWeights | None) -> str:
    """What variables `…_std` are made of; refined posteriors have no weights that they must be freed of."""
    own = "posterior spread at Kullback-Leibler weights of 1"
    unknown = [] if weights is None else weights.without_widening()
    if unknown:
        own += f", but as trained of the {' and the '.join(unknown)}, whose weight is 0"
    if error is None:
        return own
    where = "held-out samples show" if measured else "was usual on simulations: it was not measured"
    return f"{own}, and the error of the network beyond it as {where}"
