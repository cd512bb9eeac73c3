"""The commands of NeuroCAAS' contract: serve a bucket."""

from collections.abc import Callable

from lfads.cli.answer import Answer

HELP = "A bucket as NeuroCAAS has it: data and settings go in, results come out."

COMMANDS: dict[str, Callable[..., Answer]] = {}
