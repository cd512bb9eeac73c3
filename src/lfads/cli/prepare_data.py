"""The commands before a training: simulate, show, prepare, preview.

Heavy modules are imported inside the functions, so that help and mistakes answer at once.
"""

from collections.abc import Mapping
from dataclasses import asdict
from inspect import signature
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from lfads.checks import many
from lfads.cli.answer import Answer, aligned
from lfads.cli.flags import (
    LAYOUT,
    RATE,
    TIME_UNIT,
    TRIAL_TIME_UNIT,
    TRIALS_TABLE,
    UNITS_TABLE,
    BinWidth,
    DataFiles,
    Overwrite,
    Switch,
    TimeUnits,
    Whole,
    further,
)
from lfads.cli.of_benchmark import prepare_benchmark
from lfads.cli.outputs import refuse_input, refuse_unwritable, wrote
from lfads.cli.wording import in_flags
from lfads.files import address_of
from lfads.paths import printable, refuse_to_replace

Names = Annotated[list[str] | None, Parameter(consume_multiple=True)]
CUT = further("Without an event: trials as they were, or windows", 1)
CHOICE = further("What is taken of the recording", 2)
SPLIT = further("What validates, tests, and is held out", 3)
READ = further("How the file is read", 4)


def simulate(name: str, /, *, out: Path, seed: Whole = 0, overwrite: Overwrite = False) -> Answer:
    """Make spikes with known rates and latents.

    Parameters
    ----------
    name
        The simulation, one of those that `lfads parts simulations` lists, such as lorenz.
    out
        HDF5 file to write, such as NAME.h5.
    seed
        Same seed, same data.
    """
    from lfads.formats.hdf5 import refuse_other_suffix, write
    from lfads.simulate.catalogue import simulate as make

    refuse_other_suffix(out)
    refuse_to_replace(out, overwrite=overwrite)
    write(make(name, seed=seed), out, overwrite=overwrite)
    return Answer({"out": str(out)}, f"wrote {out}; `lfads show {out}` prints what it holds")


def show(
    path: Path,
    /,
    *,
    layout: Annotated[str | None, Parameter(help=LAYOUT)] = None,
    trials_table: Annotated[str | None, Parameter(help=TRIALS_TABLE)] = None,
    units_table: Annotated[str | None, Parameter(help=UNITS_TABLE)] = None,
    time_unit: Annotated[TimeUnits, Parameter(help=TIME_UNIT)] = None,
    trial_time_unit: Annotated[TimeUnits, Parameter(help=TRIAL_TIME_UNIT)] = None,
    sampling_rate_hz: Annotated[float | None, Parameter(help=RATE)] = None,
) -> Answer:
    """Print what a data file, a recording or a run holds.

    Parameters
    ----------
    path
        A data file, a recording (NWB, .mat, .npz, the folder of a sorter), or the folder of a run; or an
        address of NWB or of a run.
    """
    from lfads.recordings.reading import Reading
    from lfads.recordings.sources import is_recording, opened_recording

    if is_recording(path):
        from lfads.recordings.facts import facts_of
        from lfads.recordings.listing import rows_of

        reading = Reading(
            layout=layout, trials_table=trials_table, units_table=units_table, time_unit=time_unit,
            trial_time_unit=trial_time_unit, sampling_rate_hz=sampling_rate_hz,
        )  # fmt: skip
        flags = {f"--{name.replace('_', '-')}" for name in signature(prepare).parameters}
        with opened_recording(path, reading) as recording:
            rows = [
                (label, in_flags(printable(text), flags, ())) for label, text in rows_of(recording)
            ]
            values = facts_of(recording)
        return Answer(values, aligned(rows))
    if path.is_dir() or address_of(path):
        from lfads.recordings.folders.sorters import holds_run, refuse_neither
        from lfads.runs.places import open_run

        if path.is_dir() and not holds_run(path):
            refuse_neither(path)
        run = open_run(path)
        files = sorted(str(p.relative_to(run.folder)) for p in run.folder.rglob("*") if p.is_file())
        rows = [*run.rows(), ("files", ", ".join(files))]
        return Answer({**run.facts(), "files": files}, aligned(rows))
    from lfads.formats.table import describe_file

    summary = describe_file(path)
    return Answer(asdict(summary), aligned(summary.rows()))


def prepare(
    source: Path,
    tests: Path | None = None,
    /,
    *,
    out: Path,
    bin_width_s: float,
    nlb: str | None = None,
    align_to: str | None = None,
    window_s: tuple[float, float] | None = None,
    relative_to_trial: Switch = False,
    conditions: Names = None,
    behavior: Names = None,
    overwrite: Overwrite = False,
    chop_s: Annotated[float | None, CUT] = None,
    overlap_s: Annotated[float | None, CUT] = None,
    start: Annotated[str, CUT] = "start_time",
    stop: Annotated[str, CUT] = "stop_time",
    trials: Annotated[str | None, CHOICE] = None,
    units: Annotated[str | None, CHOICE] = None,
    min_rate_hz: Annotated[float, CHOICE] = 0.0,
    signals: Annotated[Names, CHOICE] = None,
    deconvolve: Annotated[Switch, CHOICE] = False,
    decay_s: Annotated[float | None, CHOICE] = None,
    with_spikes: Annotated[Switch, CHOICE] = False,
    read_outs: Annotated[Names, CHOICE] = None,
    inputs: Annotated[Names, CHOICE] = None,
    input_events: Annotated[Names, CHOICE] = None,
    split_by: Annotated[Literal["trial", "block"], SPLIT] = "trial",
    valid: Annotated[float, SPLIT] = 0.2,
    test: Annotated[float, SPLIT] = 0.0,
    test_conditions: Annotated[Names, SPLIT] = None,
    hold_out_neurons: Annotated[float, SPLIT] = 0.0,
    forward_s: Annotated[float, SPLIT] = 0.0,
    layout: Annotated[str | None, READ, Parameter(help=LAYOUT)] = None,
    trials_table: Annotated[str | None, READ, Parameter(help=TRIALS_TABLE)] = None,
    units_table: Annotated[str | None, READ, Parameter(help=UNITS_TABLE)] = None,
    time_unit: Annotated[TimeUnits, READ, Parameter(help=TIME_UNIT)] = None,
    trial_time_unit: Annotated[TimeUnits, READ, Parameter(help=TRIAL_TIME_UNIT)] = None,
    sampling_rate_hz: Annotated[float | None, READ, Parameter(help=RATE)] = None,
) -> Answer:
    """Cut trials of counts or signals from a recording; `lfads show SOURCE` prints what can be chosen.

    Parameters
    ----------
    source
        NWB file or its address (https://, s3://); MATLAB or .npz file with `spike_times` and `trials`; the
        folder of a sorter, or of suite2p.
    tests
        With --nlb: the NWB file of the test trials.
    out
        HDF5 file to write.
    bin_width_s
        Width of a bin in seconds.
    nlb
        Cut the trials of a data set of the Neural Latents Benchmark as the benchmark does: mc_maze,
        mc_maze_large, mc_maze_medium, mc_maze_small, mc_rtt, area2_bump or dmfc_rsg.
    align_to
        Trial column of times, TABLE/COLUMN of another table, or events, that each trial is aligned to.
    window_s
        Start and end of each trial relative to that, such as -0.2 0.6.
    relative_to_trial
        Times of --align-to count from the start of their trial.
    conditions
        Trial columns that together label the condition.
    behavior
        Series to bring onto the bins, such as hand_vel.
    chop_s
        Instead of trials: cut everything that was recorded into windows of so many seconds.
    overlap_s
        That a window shares with the next; a fifth of it by default.
    start
        Without --align-to: trial column of the time at which trials begin.
    stop
        Without --align-to: trial column of the time at which trials end.
    trials
        Filter over trial columns, such as 'split == "train" and reaction_time < 0.8'.
    units
        Filter over unit columns, such as 'location == "M1"'.
    min_rate_hz
        Leave out units that fire less in the trials.
    signals
        Series to model instead of spikes: fluorescence, field potentials, envelopes of muscles.
    deconvolve
        The signals are fluorescence: model the events behind it.
    decay_s
        Time constant of calcium in seconds; estimated for each channel by default.
    with_spikes
        Model spikes beside the signals.
    read_outs
        Series to model beside the others without ever encoding them: behaviour that factors are to tell.
    inputs
        Series that drive the dynamics from outside.
    input_events
        Events, or trial columns of times, that do: counts per bin.
    split_by
        trial: validation and test trials are spread over the session and each condition; block: they
        are its end.
    valid
        Share of the trials that validate.
    test
        Share of the trials that training never sees.
    test_conditions
        Conditions whose trials all test.
    hold_out_neurons
        Share of the neurons that are reconstructed but never encoded.
    forward_s
        The last seconds of each trial are predicted, never encoded.
    """
    given = locals()
    if nlb is not None or tests is not None:
        return prepare_benchmark(
            nlb, [source, *([] if tests is None else [tests])], out=out, bin_width_s=bin_width_s,
            overwrite=overwrite, besides=_given_besides(given),
        )  # fmt: skip
    from lfads.formats.hdf5 import refuse_other_suffix, write
    from lfads.recordings.prepare import prepare as cut
    from lfads.recordings.sources import open_recording

    refuse_other_suffix(out)
    refuse_input(out, [source])
    refuse_to_replace(out, overwrite=overwrite)
    refuse_unwritable(out)
    with open_recording(
        source, layout=layout, trials_table=trials_table, units_table=units_table,
        time_unit=time_unit, trial_time_unit=trial_time_unit, sampling_rate_hz=sampling_rate_hz,
    ) as recording:  # fmt: skip
        dataset = cut(
            recording, bin_width_s=bin_width_s, align_to=align_to, window_s=window_s,
            relative_to_trial=relative_to_trial,
            chop_s=chop_s, overlap_s=overlap_s, start=start, stop=stop, trials=trials, units=units,
            min_rate_hz=min_rate_hz, conditions=conditions or (), behavior=behavior or (),
            signals=signals or (), deconvolve=deconvolve, decay_s=decay_s, with_spikes=with_spikes,
            read_outs=read_outs or (), inputs=inputs or (), input_events=input_events or (),
            split_by=split_by, valid=valid, test=test, test_conditions=test_conditions or (),
            hold_out_neurons=hold_out_neurons, forward_s=forward_s,
        )  # fmt: skip
    write(dataset, out, overwrite=overwrite)
    return wrote(dataset, printable(out))


def _given_besides(given: Mapping[str, Any]) -> list[str]:
    """Flags of `prepare` that say how trials are cut, where they were given."""
    of_both = ("source", "tests", "out", "bin_width_s", "nlb", "overwrite")
    parameters = signature(prepare).parameters
    return [
        name
        for name, one in parameters.items()
        if name not in of_both and given[name] != one.default
    ]


def preview(
    data: DataFiles,
    /,
    *,
    out: Path = Path("preview.html"),
    bin_width_s: BinWidth = None,
    overwrite: Overwrite = False,
) -> Answer:
    """Write one page to look at data before training: warnings, what to do, and figures.

    Parameters
    ----------
    out
        HTML file to write.
    """
    from lfads.formats.read import read
    from lfads.quality.examine import examine
    from lfads.report.preview import write_preview

    refuse_input(out, data)
    refuse_to_replace(out, overwrite=overwrite)
    dataset = read(data, bin_width_s=bin_width_s, for_inference=True)
    examined = examine(dataset)
    write_preview(out, dataset, examined)
    found = [
        {"session": one.session.name, **asdict(finding)}
        for one in examined
        for finding in one.findings
    ]
    serious = [finding["title"] for finding in found if finding["serious"]]
    text = f"wrote {out}: {many(len(serious), 'thing')} to look at before training"
    lines = [f"  - {title}" for title in serious]
    return Answer({"out": str(out), "findings": found}, "\n".join([text, *lines]))
