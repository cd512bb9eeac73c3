"""The commands of NeuroCAAS' contract for users: what a job runs, and jobs in a bucket."""

from collections.abc import Callable

from lfads.cli.answer import Answer
from lfads.cli.run_neurocaas_job import run

COMMANDS: dict[str, Callable[..., Answer]] = {"run": run}
