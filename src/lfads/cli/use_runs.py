"""The commands on a trained run: infer, evaluate, report, sample.

Heavy modules are imported inside the functions, so that help and mistakes answer at once.
"""

import dataclasses
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lfads.checks import many
from lfads.cli.answer import Answer
from lfads.cli.data_of_runs import run_and_data
from lfads.cli.flags import (
    BinWidthOfRun,
    DataOfRun,
    NoBaselines,
    Overwrite,
    PlaceOfRun,
    Switch,
    Whole,
    WithoutInputs,
)
from lfads.cli.of_benchmark import evaluate_benchmark, refuse_beside_benchmark
from lfads.cli.outputs import continuous_beside, refuse_input, refuse_to_mix
from lfads.cli.tables import control_in_words, table_of
from lfads.paths import batches_beside, best_folder, refuse_to_replace
from lfads.storage.run_folder import run_folder


def infer(
    run: PlaceOfRun,
    data: DataOfRun = None,
    /,
    *,
    out: Path | None = None,
    num_samples: Whole = 50,
    seed: Whole = 0,
    generator_states: Switch = False,
    ensemble: Whole = 1,
    refine: Whole = 0,
    context_bins: Whole | None = None,
    bin_width_s: BinWidthOfRun = None,
    overwrite: Overwrite = False,
) -> Answer:
    """Infer rates, factors, inputs and initial conditions, averaged over the posterior.

    Parameters
    ----------
    out
        NetCDF file to write, or one of another suffix that `lfads parts formats` lists; posterior.nc in the
        run's folder for the training data. For windows of a continuous recording, merged results go to
        continuous.nc there, or to NAME.continuous.nc beside NAME.nc.
    num_samples
        Posterior samples that are averaged.
    seed
        Of the samples.
    generator_states
        Write the generator's states, too.
    ensemble
        Members of a search whose rates are averaged, the best ones.
    refine
        Steps that each trial's own posterior takes from where the encoders left it, up the evidence lower
        bound; 60 is enough, 0 leaves it there. What was done is kept beside the file until it is written:
        the same command goes on after one that was broken off.
    context_bins
        Of windows of a continuous recording: bins before and behind each that are inferred with it; a fifth
        of a window if not said, 0 for none.
    """
    from lfads.inference.kept_batches import remove_batches
    from lfads.results.posterior import refuse_other_than_posterior
    from lfads.windows.merge import merge, write_continuous

    with run_folder(run) as kept:
        run = best_folder(kept.path)
        given, out = out is not None, out or run / "posterior.nc"
        refuse_input(out, data or ())
        refuse_other_than_posterior(out, overwrite)
        opened, dataset = run_and_data(run, data, bin_width_s)
        if not given:
            refuse_to_mix(opened, dataset, out)
        refuse_input(out, dataset.paths)
        continuous = continuous_beside(out, dataset, given, overwrite)
        keep_in = batches_beside(out) if refine > 0 else None
        began = time.monotonic()
        posterior = opened.infer(
            dataset, num_samples=num_samples, seed=seed, generator_states=generator_states,
            ensemble=ensemble, refine=refine, keep_in=keep_in, context_bins=context_bins,
        )  # fmt: skip
        seconds = time.monotonic() - began
        posterior.save(out, overwrite=overwrite)
        if keep_in is not None:
            remove_batches(keep_in)
        if continuous is not None:
            write_continuous(merge(posterior), continuous, overwrite=overwrite)
    written = kept.name_of(out)
    sizes = {name: sizes_of(session) for name, session in posterior.sessions.items()}
    words = "".join(
        f"\n  {name}: {in_words(own)}" if len(sizes) > 1 else in_words(own)
        for name, own in sizes.items()
    )
    values: dict[str, Any] = {"out": written}
    values |= {"sessions": sizes} if len(sizes) > 1 else {"sizes": next(iter(sizes.values()))}
    text = f"wrote {written}: {words}"
    if continuous is not None:
        values["continuous"] = kept.name_of(continuous)
        text += f"\nwrote {values['continuous']}: the same, merged over overlapping windows"
    if refine:
        values["bound_gain"] = gain = gain_of(posterior.sessions.values())
        text += (
            f"\nrefined: the bound rose by {gain['mean']:.2f} nats a trial ({gain['least']:.2f} to "
            f"{gain['most']:.2f}): so far were the encoders from each trial's own posterior"
        )
    values["seconds"] = round(seconds, 1)
    if refine or ensemble > 1:
        steps = f", {many(refine, 'step')} on each trial of each" if refine else ""
        text += f"\nthat took {seconds:.0f} s: {many(ensemble, 'network')}{steps}"
    return Answer(values, text)


def evaluate(
    run: PlaceOfRun,
    data: DataOfRun = None,
    /,
    *,
    num_samples: Whole = 50,
    ensemble: Whole = 1,
    no_baselines: NoBaselines = False,
    decode: list[str] | None = None,
    shuffle_control: Switch = False,
    without: WithoutInputs = None,
    skip_inputs: Switch = False,
    nlb: Switch = False,
    targets: Path | None = None,
    out: Path | None = None,
    bin_width_s: BinWidthOfRun = None,
    overwrite: Overwrite = False,
) -> Answer:
    """Score a run: nats, bits/spike beside baselines, what its inputs are for, and R² of a known truth.

    Parameters
    ----------
    num_samples
        Posterior samples that are averaged.
    ensemble
        Members of a search whose rates are averaged and scored beside those of the best alone.
    decode
        Behaviour to decode, such as hand_vel: R² of left-out trials from rates, factors and smoothed
        spikes. May be given several times. A causal run keeps a decoder of it, for `lfads stream`.
    shuffle_control
        Tell inferred inputs from noise: what they cost beside the same trials with each neuron's trials
        shuffled within condition. The report uses what is found.
    skip_inputs
        Leave out what inferred inputs do for held-out samples and for factors.
    nlb
        Scores of the Neural Latents Benchmark instead: validation trials, or test trials with --targets.
    targets
        The benchmark's file of targets, such as eval_data_test.h5. Every scoring is kept beside the run.
    out
        Table to write, scores.csv or scores.parquet, a row for each score of a session and a split.
    """
    others = {
        "--decode": decode, "--shuffle-control": shuffle_control, "--without": without,
        "--skip-inputs": skip_inputs, "--no-baselines": no_baselines, "--out": out,
    }  # fmt: skip
    if nlb or targets is not None:
        refuse_beside_benchmark([flag for flag, given in others.items() if given])
        return evaluate_benchmark(
            run, data, targets=targets, num_samples=num_samples, ensemble=ensemble,
            bin_width_s=bin_width_s,
        )  # fmt: skip
    from lfads.evaluation.score_table import refuse_other_tables, rows_of, write_scores
    from lfads.runs.decoded import check_decodable
    from lfads.runs.kept_decoder import keep_decoders, keeps_decoders
    from lfads.runs.kept_scores import keep_scores
    from lfads.runs.places import open_trained_run

    if out is not None:
        refuse_other_tables(out, overwrite=overwrite)
    with run_folder(run) as kept:
        run = best_folder(kept.path)
        opened, dataset = run_and_data(run, data, bin_width_s)
        if decode:
            check_decodable(decode, dataset)  # before the work
        about: dict[str, Any] = {}
        if without is not None:
            about["without_inputs"] = opened.gain_over_without(open_trained_run(without), dataset)
        if shuffle_control:
            about["shuffle_control"] = opened.shuffle_control(dataset)
        if not skip_inputs:
            about["inputs_needed"] = opened.inputs_needed(dataset)
        posterior, averaged = opened._best_and_averaged(
            dataset, num_samples=num_samples, ensemble=ensemble
        )
        scores = opened.evaluate(
            dataset, posterior=posterior, baselines=not no_baselines, decode=decode or ()
        )
        scores = dataclasses.replace(scores, **about)
        text = table_of(scores.to_dict())
        if shuffle_control:
            text += control_in_words(scores.shuffle_control)
        if data is None:
            text += f"\nwrote {kept.name_of(keep_scores(run, scores))}"
        if data is None and decode and keeps_decoders(opened):
            text += f"\nwrote {kept.name_of(keep_decoders(run, posterior, dataset, decode))}"
        rows = rows_of(scores.to_dict())
        if out is not None:
            text += f"\nwrote {write_scores(rows, out, overwrite=overwrite)}"
        if ensemble == 1:
            return Answer(scores.to_dict(), text)
        together = opened.evaluate(dataset, posterior=averaged, baselines=not no_baselines)
    if out is not None:
        several = f"average of {ensemble} members"
        write_scores([*rows, *rows_of(together.to_dict(), several)], out, overwrite=overwrite)
    text = f"{text}\n\nrates averaged over {ensemble} members\n{table_of(together.to_dict())}"
    return Answer({**scores.to_dict(), "ensemble": together.to_dict()}, text)


def report(
    run: PlaceOfRun,
    data: DataOfRun = None,
    /,
    *,
    out: Path | None = None,
    num_samples: Whole = 50,
    ensemble: Whole = 1,
    no_baselines: NoBaselines = False,
    bin_width_s: BinWidthOfRun = None,
    overwrite: Overwrite = False,
) -> Answer:
    """Write one page with figures that opens without a network.

    Parameters
    ----------
    out
        HTML file to write; report.html in the run's folder for the training data. An earlier report is
        replaced.
    num_samples
        Posterior samples that are averaged.
    ensemble
        Members of a search whose rates are averaged, the best ones; all else is that of the best.
    """
    with run_folder(run) as kept:
        run = best_folder(kept.path)
        opened, dataset = run_and_data(run, data, bin_width_s)
        if out is None:
            refuse_to_mix(opened, dataset, run / "report.html")
        else:
            refuse_input(out, dataset.paths)
        page = opened.report(
            dataset, out=out, num_samples=num_samples, ensemble=ensemble, baselines=not no_baselines,
            overwrite=overwrite,
        )  # fmt: skip
        written = kept.name_of(page)
    return Answer({"out": written}, f"wrote {written}")


def sample(
    run: PlaceOfRun,
    /,
    *,
    num_trials: Whole,
    out: Path,
    session: str | None = None,
    seed: Whole = 0,
    overwrite: Overwrite = False,
) -> Answer:
    """Draw trials of spikes from a trained model's prior.

    Parameters
    ----------
    num_trials
        Trials to draw.
    out
        HDF5 file to write.
    session
        Whose neurons to draw for, if the run has several.
    seed
        Of the draw.
    """
    from lfads.formats.hdf5 import refuse_other_suffix, write
    from lfads.runs.places import open_run

    refuse_other_suffix(out)
    refuse_to_replace(out, overwrite=overwrite)
    sampled = open_run(run).sample(num_trials, session=session, seed=seed)
    write(sampled, out, overwrite=overwrite)
    return Answer({"out": str(out)}, f"wrote {out}; `lfads show {out}` prints what it holds")


def gain_of(sessions: Iterable[Any]) -> dict[str, float]:
    """By how many nats refining raised the bound of a trial: mean and range over all trials."""
    gains = [float(gain) for session in sessions for gain in session["bound_gain"].values]
    return {"mean": sum(gains) / len(gains), "least": min(gains), "most": max(gains)}


def sizes_of(session: Any) -> dict[str, int]:
    """Sizes of the dimensions of a session's posterior, but for channels of behavior."""
    from lfads.results.posterior import DIMENSIONS

    return {str(name): int(size) for name, size in session.sizes.items() if name in DIMENSIONS}


def in_words(sizes: dict[str, int]) -> str:
    """Sizes as words."""
    names = {"time": "bin", "input": "inferred input"}
    return ", ".join(many(size, names.get(name, name)) for name, size in sizes.items())
