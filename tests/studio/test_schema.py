"""Requests made from the studio's own document of OpenAPI, sound and unsound, by schemathesis.

`make test-studio-schema` runs it; LFADS_SCHEMA_EXAMPLES says how many of each kind (30).
"""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from tests.studio import lab as labs
from tests.studio.lab import Lab
from tests.studio.test_journey import TINY

from lfads.formats.hdf5 import write

pytestmark = [pytest.mark.schema, pytest.mark.filterwarnings("default")]
quick_digests = labs.quick_digests
SEMANTIC = "positive_data_acceptance"
"""What fits the document may still be refused: a job that runs cannot be restarted."""


@pytest.fixture
def served(tmp_path, quick_digests) -> Iterator[tuple[Lab, str]]:
    """A lab whose group has data and jobs, and where it listens."""
    lab = Lab(tmp_path / "lab")
    lab.add_all()
    studio = lab.studio("motor")
    write(TINY, studio.shelf.reserve("monday.h5", "1"))
    job = studio.jobs.submit("reproduce", ["lorenz"])
    (studio.jobs.folder(job) / "log.txt").write_text("epoch 1\n")
    server = uvicorn.Server(uvicorn.Config(lab.app, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield lab, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_nothing_that_is_asked_breaks_the_studio(served: tuple[Lab, str], tmp_path: Path):
    program = os.environ.get("LFADS_SCHEMATHESIS") or shutil.which("schemathesis")
    if program is None:
        pytest.skip("make test-studio-schema installs schemathesis")
    lab, base = served
    key = lab.desk.sessions.begin("anna", "program")
    clara = lab.studio("vision").jobs
    before = sorted(str(one) for one in clara.place.rglob("*"))
    examples = os.environ.get("LFADS_SCHEMA_EXAMPLES", "30")
    done = subprocess.run(
        [
            program, "run", f"{base}/api/openapi.json", "--url", base, "-H", f"Authorization: Bearer {key}",
            "--max-examples", examples, "--exclude-checks", SEMANTIC, "--generation-deterministic",
        ],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert sorted(str(one) for one in clara.place.rglob("*")) == before
    outside = {one.name for one in lab.place.iterdir()}
    assert outside == {"groups", "people"}
