"""nwbinspector says of a copy with results what it says of the recording, and no more."""

import pytest
from tests.recordings.nwb_files import AROUND_GO, command, write_nwb

nwbinspector = pytest.importorskip("nwbinspector")


def said_of(path) -> set[tuple[str, ...]]:
    messages = nwbinspector.inspect_nwbfile(nwbfile_path=str(path))
    return {
        (one.check_function_name, str(one.location), one.object_name, one.message)
        for one in messages
    }


@pytest.mark.parametrize("cut", [AROUND_GO, ["--chop-s", "2", "--bin-width-s", "0.02"]])
def test_it_has_nothing_to_say_of_results(cut, tmp_path):
    recording, data, run = write_nwb(tmp_path / "a.nwb"), tmp_path / "d.h5", tmp_path / "run"
    assert command("prepare", recording, "--out", data, *cut) == 0
    assert command("baseline", "constant", data, "--out", run) == 0
    copy = tmp_path / "copy.nwb"
    assert command("export", run, "--format", "nwb", "--source", recording, "--out", copy) == 0
    assert said_of(copy) <= said_of(recording)
