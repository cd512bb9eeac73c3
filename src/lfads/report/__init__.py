"""One self-contained page about a run."""

from lfads.report.write import refuse_other_than_report, write_report

__all__ = ["refuse_other_than_report", "write_report"]
