"""What a data file holds, for `lfads show`: also where its bin width is not in the file."""

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lfads.checks import Problems
from lfads.data.counts import warn_of_silent_neurons
from lfads.data.remarks import about_several_sessions, remarks_on
from lfads.data.session import Session
from lfads.data.summary import SessionSummary, data_rows, summary_of
from lfads.data.validation import why_not_trained_on
from lfads.formats.contents import FileContents
from lfads.formats.read import read_contents
from lfads.paths import printable


@dataclass(frozen=True, kw_only=True)
class FileSummary:
    """One data file.

    `bin_width_s` is None where the file does not say it; `unit` is that of signals. `problems`
    say why training would refuse the file, in the same words; `remarks` what else to know before training.
    """

    path: Path
    layout: str
    size_bytes: int
    bin_width_s: float | None
    num_forward_bins: int
    unit: str
    sessions: tuple[SessionSummary, ...]
    problems: tuple[str, ...]
    remarks: tuple[str, ...]

    def rows(self) -> list[tuple[str, str]]:
        """Label and value of each line of a table, in the order to show them.

        After the sessions problems and remarks. A text of several lines is as many rows, of which only
        the first has a label.
        """
        rows = [
            ("file", printable(self.path)),
            ("layout", self.layout),
            ("size", _size(self.size_bytes)),
            *data_rows(
                self.sessions,
                bin_width_s=self.bin_width_s,
                num_forward_bins=self.num_forward_bins,
                unit=self.unit,
            ),
        ]
        for label, texts in (("problem", self.problems), ("remark", self.remarks)):
            for text in texts:
                first, *others = text.splitlines()
                rows.extend([(label, first), *(("", line) for line in others)])
        return rows


def describe_file(path: str | os.PathLike[str]) -> FileSummary:
    """Open a data file and sum up what it holds.

    Raises
    ------
    UserError
        If the file is missing, damaged or of another kind, or neither training nor inference can
        use its arrays.
    """
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        contents = read_contents(path)
        width_s = contents.bin_width_s or 1.0  # for rates of true counts, not summed up here
        checked = contents.checked(width_s, for_inference=True)
        problems = _problems_of(contents, checked)
    remarks = [str(warning.message) for warning in said] + remarks_on(checked)
    where = printable(contents.path)
    return FileSummary(
        path=contents.path,
        layout=contents.layout,
        size_bytes=contents.path.stat().st_size,
        bin_width_s=contents.bin_width_s,
        num_forward_bins=contents.num_forward_bins,
        unit=contents.unit or "",
        sessions=tuple(summary_of(session) for session in checked),
        problems=tuple(text.removeprefix(where).lstrip(":, ") for text in problems),
        remarks=tuple(text.removeprefix(where).lstrip(":, ") for text in dict.fromkeys(remarks)),
    )


def _problems_of(contents: FileContents, checked: Sequence[Session]) -> list[str]:
    """Why training refuses a file that opens, in its words: of sessions, the first that it refuses."""
    found = [contents.lacks] if contents.lacks else []
    for session in checked if not found else ():
        problems = Problems(contents.where(session.name))
        problems.found.extend(why_not_trained_on(session))
        if problems.found:
            found.append(problems.message())
            break
        if session.kind == "counts":
            warn_of_silent_neurons(session, problems.where)
    return found + about_several_sessions(checked)


def _size(num_bytes: int) -> str:
    size, unit = float(num_bytes), "bytes"
    for larger in ("KiB", "MiB", "GiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:.3g} {unit}" if unit != "bytes" else f"{num_bytes} bytes"
