"""`lfads preview`: a look at data before training."""

from dataclasses import asdict
from pathlib import Path

from lfads.checks import many
from lfads.cli.answer import Answer
from lfads.cli.outputs import refuse_existing


def preview(
    data: list[Path], /, *, out: Path = Path("preview.html"), bin_width_s: float | None = None
) -> Answer:
    """Write one page to look at data before training: warnings, what to do, and figures.

    Parameters
    ----------
    data
        Data files.
    out
        HTML file to write.
    bin_width_s
        Width of a bin in seconds, for files that do not say it.
    """
    from lfads.formats.read import read
    from lfads.quality.examine import examine
    from lfads.report.preview import write_preview

    refuse_existing(out)
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
