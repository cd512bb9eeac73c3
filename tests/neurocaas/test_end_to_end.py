"""A bucket that is served with true trainings, on a folder and on S3: as a user of NeuroCAAS sees it."""

import json
import zipfile

import numpy as np
import pytest
from tests.neurocaas.lab import Lab, status, submit
from tests.neurocaas.moto_server import BUCKET, new_bucket, s3_server
from tests.neurocaas.one_file import several_sessions, tiny_file, write_input

from lfads.cli.main import run
from lfads.neurocaas.archive import unpack
from lfads.neurocaas.opened import open_bucket
from lfads.results import open_posterior
from lfads.storage import run_lock

yaml = pytest.importorskip("yaml")
pytestmark = [pytest.mark.s3, pytest.mark.filterwarnings("ignore:.*psth:UserWarning")]
WEEK = "lab/inputs/week/"


def lfads(*words) -> int:
    return run([str(word) for word in words])


@pytest.fixture(scope="module", params=["folder", "s3"])
def served(request, tmp_path_factory):
    """A bucket in which one data set, and a folder of two sessions, were submitted and served."""
    home = tmp_path_factory.mktemp(request.param)
    if request.param == "folder":
        (home / BUCKET).mkdir()
        yield serve(str(home / BUCKET), home)
        return
    with s3_server(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_lock, "SETTLE_S", 0.1)
        yield serve(new_bucket(), home)


def serve(place, home):
    bucket = open_bucket(place)
    for name, neurons in (("monday", 4), ("tuesday", 5)):
        path = write_input(home / f"lfads_{name}.h5", seed=neurons, neurons=neurons)
        bucket.write(f"{WEEK}{path.name}", path.read_bytes())
    bucket.write("lab/inputs/monday.h5", (home / "lfads_monday.h5").read_bytes())
    one = {**tiny_file(), "bin_width_s": 0.02}
    for name, values in {"one": one, "week": several_sessions(one, 2)}.items():
        bucket.write(f"lab/configs/{name}.yaml", yaml.safe_dump(values).encode())
    submit(
        bucket, "lab/submissions/one_submit.json", configname="lab/configs/one.yaml", timestamp="1"
    )
    submit(
        bucket, "lab/submissions/week_submit.json", dataname=WEEK, configname="lab/configs/week.yaml",
        timestamp="2",
    )  # fmt: skip
    words = ["neurocaas", "serve", place, "--work", home / "work", "--once", "--poll-s", 0.2]
    assert lfads(*words) == 0
    return Lab(bucket, home / "other"), home


def test_results_of_a_data_set_are_those_of_a_search_bit_for_bit(served):
    lab, home = served
    found = lab.results("1")
    assert (status(found)["status"], status(found)["reason"]) == ("SUCCESS", 0)
    (home / "one.zip").write_bytes(found["process_results/autolfads.zip"])
    unpack(home / "one.zip", home / "one")
    data, searched = home / "lfads_monday.h5", home / "searched"
    words = ["--config", home / "one/settings.toml", "--bin-width-s", 0.02]
    assert lfads("search", data, "--out", searched, *words) == 0
    assert lfads("infer", searched, "--num-samples", 2) == 0
    ours = open_posterior(home / "one/posterior.nc").dataset
    theirs = open_posterior(searched / "best/posterior.nc").dataset
    for name in ("rates", "factors", "inferred_inputs", "generator_initial_state"):
        assert np.array_equal(ours[name], theirs[name]), name


def test_a_folder_of_sessions_is_one_model(served):
    lab, home = served
    found = lab.results("2")
    assert status(found, "")["status"] == "SUCCESS"
    (home / "week.zip").write_bytes(found["process_results/autolfads.zip"])
    with zipfile.ZipFile(home / "week.zip") as archive:
        names = archive.namelist()
        about = json.loads(archive.read("settings.json"))
    assert len([name for name in names if name.startswith("lfads_output_")]) == 2
    assert about["data"] == ["lfads_monday.h5", "lfads_tuesday.h5"]
