"""What a trained run infers from data, session by session, with labels."""

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.places import are_windows
from lfads.data.session import Session
from lfads.devices import local_devices
from lfads.files import PathLike
from lfads.inference.averages import PosteriorArrays, infer
from lfads.inference.bins_of_trials import at_bins
from lfads.inference.error_bars import error_of_average, with_error, with_rates_of
from lfads.inference.labels import labelled
from lfads.inference.rate_error import USUAL, RateError
from lfads.inference.refinement import Refinement
from lfads.inference.spread import KLWeights
from lfads.model.lfads import LFADS
from lfads.results import Posterior
from lfads.runs.fits import (
    LARGEST_SEED,
    MOST_CONTEXT,
    MOST_SAMPLES,
    MOST_STEPS,
    check_whole,
    fingerprint_of_encoded,
    network_for,
)
from lfads.runs.rate_errors import kl_weights_of
from lfads.training.folder import TrainedModel, versions
from lfads.training.sharding import make_mesh
from lfads.training.trials import trials_for
from lfads.windows.context import Widened, usual_context, widened


class Inferred(NamedTuple):
    """What the best member of a search infers, and the same with rates averaged over several.

    Both are the same where there are no others.
    """

    best: Posterior
    averaged: Posterior


def check_asked(
    num_samples: int,
    seed: int,
    ensemble: int,
    refine: int,
    keep_in: PathLike | None,
    context_bins: int | None,
) -> None:
    """A UserError unless these arguments of `Run.infer` can be served."""
    check_whole("num_samples", num_samples, 1, MOST_SAMPLES)
    check_whole("seed", seed, 0, LARGEST_SEED)
    check_whole("ensemble", ensemble, 1, MOST_SAMPLES)
    check_whole("refine", refine, 0, MOST_STEPS)
    if context_bins is not None:
        check_whole("context_bins", context_bins, 0, MOST_CONTEXT)
    if keep_in is not None and not refine:
        raise UserError(
            "`keep_in=` keeps batches of a refinement: say `refine=` as well, or leave it out"
        )


def warn_of_asked(num_samples: int, refine: int, causal: bool, place: str) -> None:
    """Warn of what a refinement of a causal network, and a single sample, do not give."""
    if refine and causal:
        warnings.warn(
            f"`refine={refine}`: {place} is causal, but every bin of a refined posterior depends on later "
            "ones as well",
            stacklevel=4,
        )
    if num_samples == 1:
        warnings.warn(
            "`num_samples=1`: one posterior sample has no spread, so the error bars of rates, factors and "
            "inputs (`…_std`) are NaN. Take 2 or more; 50 are usual",
            stacklevel=4,
        )


def inferred_of(
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
) -> Inferred:
    """Posterior averages of every trial; each member is run once.

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
    measured = errors or {}
    mesh = make_mesh(len(local_devices()))
    best, averaged = dict[str, xr.Dataset](), dict[str, xr.Dataset]()

    first_bin = trained.config.model.initial_condition_length

    def described(
        averages: Sequence[PosteriorArrays], session: Session, network: LFADS, wide: Widened | None
    ) -> xr.Dataset:
        """The first of these members, with rates averaged over all."""
        together, error = averages[0], None
        if len(averages) > 1:
            together = with_rates_of(averages[0], averages[1:])
        if dataset.kind == "counts":
            error = measured.get(session.name, USUAL)
            if len(averages) > 1:
                error = error_of_average(error, averages)
            together = with_error(together, error)
        return labelled(
            together,
            session,
            dataset,
            first_bin=first_bin,
            model=network,
            attributes={
                "num_samples": num_samples,
                "seed": seed,
                "ensemble": len(averages),
                "run": name,
                "source": dataset.source,
                "encoded": fingerprint_of_encoded(session, dataset.num_forward_bins),
                "versions": json.dumps(versions()),
                "spread": _in_words(
                    error, session.name in measured, None if refine else kl_weights_of(trained)
                ),
                **({} if error is None else error.attributes()),
                **({"refine_steps": refine} if refine else {}),
                **({} if wide is None else {"context_bins": wide.num_bins}),
            },
        )

    def of_windows(wide: Widened, found: PosteriorArrays, trials: np.ndarray) -> PosteriorArrays:
        first, num_bins = wide.first_bin[trials], wide.window_bins - first_bin
        return at_bins(found, first, num_bins, generator_states=generator_states)

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
                generator_states=generator_states or wide is not None,
                of_batch=None if wide is None else partial(of_windows, wide),
                kl_weights=None if refine else kl_weights_of(member),
                refinement=refinement,
                keep_in=keep_in,
                progress=progress,
            )
            for member, network in zip(members, own, strict=True)
        ]
        best[session.name] = described(averages[:1], session, own[0], wide)
        if others:
            averaged[session.name] = described(averages, session, own[0], wide)
    alone = Posterior(best)
    return Inferred(alone, Posterior(averaged) if others else alone)


def with_context(
    session: Session, dataset: Dataset, trained: TrainedModel, num_bins: int | None
) -> Widened | None:
    """Windows with what is around them; None where there is nothing, or a network must not see it.

    That bins were asked for where there are none is warned of.
    """
    why = ""
    if not are_windows(session.trial_table):
        why = "its trials are no windows of a continuous recording"
    elif trained.config.model.causal:
        why = "the network is causal"
    elif dataset.num_forward_bins:
        why = "its last bins are to be predicted"
    if why:
        if num_bins:
            warnings.warn(
                f"`context_bins={num_bins}` changes nothing for {session.name}: {why}", stacklevel=5
            )
        return None
    chosen = usual_context(session) if num_bins is None else num_bins
    if not chosen:
        return None
    found = widened(session, chosen)
    if found is None:
        warnings.warn(
            f"windows of {session.name} do not agree where they overlap, as those that `lfads.chop` cuts "
            "do: they are inferred without the bins around them",
            stacklevel=5,
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
