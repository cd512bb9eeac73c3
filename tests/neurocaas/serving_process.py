"""A server as a process, whose jobs are stand-ins: `-m tests.neurocaas.serving_process BUCKET WORK`."""

import sys
from pathlib import Path

from lfads.jobs.local import LocalEngine
from lfads.neurocaas.opened import open_bucket
from lfads.neurocaas.serving import serve

STANDIN = (sys.executable, str(Path(__file__).with_name("standin.py")))


def say(text: str) -> None:
    """A line on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    serve(
        open_bucket(sys.argv[1]), Path(sys.argv[2]), engine=LocalEngine(STANDIN), poll_s=0.1, say=say,
        once="--once" in sys.argv,
    )  # fmt: skip
