"""One self-contained page about a run."""

from lfads.report.write import write_report

__all__ = ["write_report"]
