"""Write the corpus of a release: small files of each kind that this version writes.

    python tests/corpus/make.py 0.2.0

Once, at the release; files of a version that is out are never written again. Every later version must read
them, which `tests/corpus/test_corpus.py` holds. What they say is kept beside them in `expected.json`.
"""

import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))
WORKPLACE = Path(tempfile.gettempdir()) / "lfads-corpus"
"""Files remember absolute paths: the same ones wherever the corpus is made."""

RESUMED = ("run", "search")
"""What keeps its last state beside its best one."""

PASSWORD = "correct horse"


def lfads(*words: object) -> dict[str, Any]:
    """A command as a user types it; what it answers."""
    from lfads.cli.main import run

    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        status = run([*map(str, words), "--json"])
    if status:
        sys.exit(f"lfads {' '.join(map(str, words))}: exit status {status}")
    return json.loads(told.getvalue().splitlines()[-1])


def write_data() -> None:
    """One session with what is common, two sessions, and a recording in windows."""
    import numpy as np
    from tests.small import tiny_dataset, tiny_sessions

    import lfads as library
    from lfads.formats.hdf5 import write

    spikes = tiny_dataset().session.spikes
    rng = np.random.default_rng(5)
    np.savez("data.npz", spikes=spikes, bin_width_s=0.02, condition=np.arange(12) % 3)
    hand = {"hand_vel": rng.standard_normal((*spikes.shape[:2], 2)).astype(np.float32)}
    write(
        library.Dataset.from_arrays(
            spikes, bin_width_s=0.02, condition=np.arange(12) % 3, behavior=hand, name="monday",
            neuron_table={"area": ["PMd", "PMd", "M1", "M1"]},
        ),
        "data.h5",
    )  # fmt: skip
    both = tiny_sessions()
    write(both, "sessions.h5")
    write(library.chop(rng.poisson(0.5, (30, 4)), bin_width_s=0.02, window_bins=9), "windows.h5")


def write_settings() -> None:
    """As a user writes them."""
    from tests.small import SETTINGS

    from lfads.config import to_toml

    tables = {
        **SETTINGS,
        "seed": 3,
        "objective": {"augmentations": "coordinated_dropout(pass_rate=0.7)"},
        "hyperparameters": {"learning_rate": 0.02, "dropout_rate": 0.05},
    }
    Path("config.toml").write_text(to_toml(tables), encoding="utf-8")


def write_runs() -> dict[str, Any]:
    """A training, what is inferred and scored of it, several sessions, a search, a baseline, a decoder."""
    from tests.small import flags

    lfads("train", "data.h5", "--config", "config.toml", "--out", "run")
    lfads("infer", "run", "--num-samples", 10)
    scores = lfads("evaluate", "run", "--num-samples", 10, "--no-baselines", "--skip-inputs")
    lfads("export", "run", "--out", "posterior.mat")
    lfads("infer", "run", "windows.h5", "--num-samples", 2, "--out", "windows.nc")
    lfads("train", "sessions.h5", "--out", "stitched", *flags(num_epochs=1))
    generations = {"num-generations": 1, "epochs-per-generation": 1, "population": 2}
    words = [word for name, value in generations.items() for word in (f"--search.{name}", value)]
    lfads("search", "data.npz", "--out", "search", *words, *flags(ramp_epochs=1))
    lfads("baseline", "smoothing", "data.h5", "--out", "baseline")
    causal = ("--model.causal", "--model.initial-condition-length", 3)
    lfads("train", "data.h5", "--out", "causal", *causal, *flags(num_epochs=1))
    lfads("evaluate", "causal", "--num-samples", 2, "--no-baselines", "--decode", "hand_vel")
    return scores


def write_jobs() -> None:
    """A queue with a job, people of a lab, and what came to a studio's shelf."""
    from lfads.jobs.queue import Jobs
    from lfads.studio.data.shelf import Shelf
    from lfads.studio.people.people import People
    from lfads.studio.people.register import Register

    lfads("jobs", "submit", "--folder", "jobs", "train", "data.h5", "--training.num-epochs", 3)
    assert len(Jobs(Path("jobs")).list()) == 1
    register = Register(Path("jobs"))
    People(register).add("anna", "motor", PASSWORD)
    register.close()
    shelf = Shelf(Path("shelf"))
    shelf.reserve("monday.h5", "made of data.h5").write_bytes(Path("data.npz").read_bytes())


@contextlib.contextmanager
def working_in(place: Path) -> Iterator[None]:
    """In an empty folder, and back."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    before = Path.cwd()
    os.chdir(place)
    try:
        yield
    finally:
        os.chdir(before)


def main(version: str) -> None:
    """Make all of it, and put it in its place."""
    target = HERE / version
    if target.exists():
        sys.exit(f"{target} is there: remove it if version {version} is not out yet")
    with working_in(WORKPLACE):
        write_data()
        write_settings()
        scores = write_runs()
        write_jobs()
        expected = {"scores": scores["splits"], "run": lfads("show", "run")}
        Path("expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")
    target.mkdir()
    shutil.copy(WORKPLACE / "expected.json", target)
    with zipfile.ZipFile(
        target / "files.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9
    ) as archive:
        for path in sorted(WORKPLACE.rglob("*")):
            name = path.relative_to(WORKPLACE)
            if path.is_file() and is_kept(name):
                archive.write(path, name.as_posix())
    size = sum(f.stat().st_size for f in target.iterdir())
    sys.stdout.write(f"wrote {target}: {size / 1000:.0f} kB\n")


def is_kept(name: Path) -> bool:
    """Of large files only those that something is done with."""
    is_last = name.name == "last.npz"
    return name.name != "expected.json" and (
        not is_last or name.parent.parent.as_posix() in RESUMED
    )


if __name__ == "__main__":
    main(sys.argv[1])
