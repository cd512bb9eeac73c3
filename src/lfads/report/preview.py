"""One self-contained page about data before any training: what is there, and what stands out."""

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from lfads.checks import many
from lfads.data.dataset import Dataset
from lfads.data.remarks import about_several_sessions
from lfads.files import write_text
from lfads.paths import refuse_to_replace
from lfads.plots.page import note, page, with_code
from lfads.quality.examine import Examined, examine
from lfads.quality.findings import Finding
from lfads.report import sections
from lfads.report.preview_session import looked_at

FILE_NAME = "preview.html"


def preview(
    dataset: Dataset, *, out: str | os.PathLike[str] = FILE_NAME, overwrite: bool = False
) -> Path:
    """Write a page to look at data before training: warnings, figures, and what to do.

    The page needs no network and no script. It names trials that are too few, empty or copied, neurons
    that are silent, drift or were recorded twice, noise on many channels, and bins that hold too little
    or too much; and shows rasters, rates, trials of each condition, correlations within a bin, and rates
    along the session.

    Parameters
    ----------
    dataset
        What to look at; nothing of it is changed.
    out
        HTML file to write.
    overwrite
        Replace a file that lies there.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    UserError
        If there is a file already and it is not to be overwritten.
    lfads.files.CannotWrite
        If the page cannot be written.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> counts = np.random.default_rng(0).poisson(0.5, (60, 20, 8))
    >>> dataset = Dataset.from_arrays(counts, bin_width_s=0.01)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     preview(dataset, out=f"{folder}/preview.html").name
    'preview.html'
    """
    path = Path(out)
    refuse_to_replace(path, overwrite=overwrite)
    return write_preview(path, dataset, examine(dataset))


def write_preview(path: Path, dataset: Dataset, examined: Sequence[Examined]) -> Path:
    """Write the page about data that were examined."""
    several = len(examined) > 1
    parts = [
        ("first", "What to look at first", first_of_all(examined)),
        ("overview", "Overview", sections.overview(dataset)),
    ]
    for number, one in enumerate(examined, 1):
        title = f"Session {one.session.name}" if several else "The recording"
        parts.append((f"session-{number}", title, looked_at(one, dataset, f"session-{number}")))
    sentence = in_a_sentence(dataset, examined)
    write_text(path, page(f"Preview: {_name(dataset)}", sentence, parts))
    return path


def in_a_sentence(dataset: Dataset, examined: Sequence[Examined]) -> str:
    """How much there is, and how much to look at."""
    trials = sum(one.session.num_trials for one in examined)
    neurons = sum(one.session.num_neurons for one in examined)
    rates = np.concatenate([one.firing.rates_hz for one in examined])
    known = rates[np.isfinite(rates)]
    sentence = f"{many(trials, 'trial')} of {many(neurons, 'neuron')}"
    if len(examined) > 1:
        sentence += f" in {len(examined)} sessions"
    sentence += f", in bins of {1000 * dataset.bin_width_s:g} ms"
    if known.size:
        sentence += f"; half of the neurons fire more than {np.median(known):.2g} spikes/s"
    serious = sum(finding.serious for one in examined for finding in one.findings)
    if not serious:
        return f"{sentence}. Nothing was found that speaks against training."
    return f"{sentence}. {many(serious, 'thing')} to look at before training."


def first_of_all(examined: Sequence[Examined]) -> list[str]:
    """What stands out, by session: what matters, then what is good to know."""
    several = len(examined) > 1
    parts = []
    for number, one in enumerate(examined, 1):
        if several and one.findings:
            name = escape(one.session.name)
            parts.append(f'<h3><a href="#session-{number}">Session {name}</a></h3>')
        parts += _listed([f for f in one.findings if f.serious])
        if others := _listed([f for f in one.findings if not f.serious]):
            parts += [note("Good to know:"), *others]
    if sessions := about_several_sessions([one.session for one in examined]):
        parts.append(note(f"Training would refuse these data: {sessions[0]}."))
    if not any(one.findings for one in examined):
        parts.append("<p>Nothing stands out.</p>")
    return [*parts, note(_CHECKED)]


_CHECKED = (
    "Looked for: few, empty and copied trials; splits and conditions that lack trials; silent, nearly "
    "silent and implausibly fast neurons; bins that hold too little, too much or cut-off counts; neurons "
    "that share spikes; noise common to many channels; neurons that are lost, and drift; held-out "
    "neurons that cannot be scored. Neurons and bins are counted from 0; trials here are positions in "
    "the file."
)


def _listed(findings: Sequence[Finding]) -> list[str]:
    items = [f"<li><strong>{escape(f.title)}</strong> {with_code(f.advice)}</li>" for f in findings]
    return ["<ul>", *items, "</ul>"] if items else []


def _name(dataset: Dataset) -> str:
    if dataset.path is not None:
        return dataset.path.name
    if len(dataset.sessions) == 1:
        return dataset.session.name
    return many(len(dataset.sessions), "session")
