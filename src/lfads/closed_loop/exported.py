"""A run's step written to files: C99, or ONNX."""

import contextlib
from pathlib import Path
from typing import Any, Literal, get_args

from lfads.analysis.linear_decoder import LinearDecoder
from lfads.checks import UserError
from lfads.closed_loop.c_source import c_files
from lfads.closed_loop.network import StepNetwork, network_of
from lfads.files import PathLike, written_beside
from lfads.paths import refuse_to_replace
from lfads.runs.baseline_run import BaselineRun
from lfads.runs.fits import network_after_training, session_asked_for
from lfads.runs.kept_decoder import kept_decoder
from lfads.runs.places import open_trained_run
from lfads.runs.trained_run import Run
from lfads.training.folder import versions

StepFormat = Literal["c", "onnx"]
STEP_FORMATS: tuple[StepFormat, ...] = get_args(StepFormat)


def step_network(run: Run, session: str | None = None) -> tuple[StepNetwork, str]:
    """The step of one of a run's sessions, and the session's name.

    Raises
    ------
    UserError
        If the run is not causal, or has parts without another form; or it is unclear which session it is.
    """
    number = session_asked_for(session, run.trained, run.place)
    width_s = float(run.data["bin_width_s"])
    model = network_after_training(session, run.trained, run.place)
    network = network_of(model, width_s, run.place)
    return network, list(run.data["sessions"])[number]


def decoder_of(run: Run, session: str, num_neurons: int, name: str) -> LinearDecoder:
    """The decoder of a series of behaviour that a run keeps; a UserError if there is none."""
    sizes = {"factors": run.config.model.num_factors, "rates": num_neurons}
    return kept_decoder(run.folder, run.place, session, name, sizes)


def export_step(
    run: Run | BaselineRun | PathLike,
    out: PathLike,
    format: StepFormat,
    *,
    session: str | None = None,
    decoder: str | None = None,
    overwrite: bool = False,
) -> list[Path]:
    """Write a causal run's step, one bin at a time, as a program that needs neither JAX nor Python.

    Its numbers are those of `run.stream(num_samples=0)`.

    Parameters
    ----------
    run
        Causal.
    out
        File to write: `.onnx`, or `.c`, beside which a header is written.
    format
        `c`: one file of C99 without dependencies; `onnx`: a graph, with the extra `onnx`.
    session
        Whose neurons come, by name, if the run has several.
    decoder
        Series of behaviour whose decoder goes along.
    overwrite
        Replace files that are there already.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    UserError
        If the run is not causal, has parts that are written in no other form, or keeps no such decoder.

    Examples
    --------
    >>> [path.name for path in lfads.export_step(causal_run, folder / "step.c", "c")]
    ['step.h', 'step.c']
    """
    out = Path(out)
    if format not in STEP_FORMATS:
        raise UserError(f"`format` must be one of {', '.join(STEP_FORMATS)}; got {format!r}")
    if out.suffix != f".{format}":
        raise UserError(f"{out}: a step as {format} goes into a file that ends in `.{format}`")
    places = [out.with_suffix(".h"), out] if format == "c" else [out]
    for place in places:
        refuse_to_replace(place, overwrite=overwrite)
    opened = open_trained_run(run)
    network, name = step_network(opened, session)
    along = None if decoder is None else decoder_of(opened, name, network.num_neurons, decoder)
    about = f"The step of the run {Path(opened.place).name}, session {name}: lfads {versions()['lfads']}"
    texts = _contents(network, along, format, out.stem, about)
    with contextlib.ExitStack() as stack:  # none takes its place before all are written
        for place in places:
            stack.enter_context(written_beside(place)).write_bytes(texts[place.name])
    return places


def _contents(
    network: StepNetwork, decoder: LinearDecoder | None, format: StepFormat, stem: str, about: str
) -> dict[str, bytes]:
    if format == "c":
        texts = c_files(network, decoder, stem, about)
        return {name: text.encode("utf-8") for name, text in texts.items()}
    from lfads.closed_loop.onnx_graph import onnx_model

    made: Any = onnx_model(network, decoder, about)
    return {f"{stem}.onnx": made.SerializeToString()}
