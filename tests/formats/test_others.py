"""Files of other tools are named as what they are, with the way from there."""

import h5py
import numpy as np
import pytest

from lfads.checks import UserError
from lfads.formats.others import BY_FIRST_BYTES, BY_SUFFIX
from lfads.formats.read import read

WAY = r"not trials of counts: sort its spikes .*`lfads.from_spikeinterface`"


@pytest.mark.parametrize(("magic", "maker"), BY_FIRST_BYTES)
def test_recordings_are_told_by_their_first_bytes(tmp_path, magic, maker):
    path = tmp_path / "a.bin"
    path.write_bytes(magic + bytes(600))
    with pytest.raises(UserError, match=WAY) as error:
        read(path)
    assert f"a.bin: is a recording by {maker}, " in str(error.value)


@pytest.mark.parametrize(("suffix", "maker"), BY_SUFFIX.items())
def test_recordings_are_told_by_their_suffix(tmp_path, suffix, maker):
    path = tmp_path / f"Day{suffix.upper()}"
    path.write_bytes(b"\xff\xfe" * 300)
    with pytest.raises(UserError, match=WAY) as error:
        read(path)
    assert f": is a recording by {maker}, " in str(error.value)


def test_a_table_may_be_called_dat(tmp_path):
    (tmp_path / "a.dat").write_text("1 2 3\n" * 200)
    with pytest.raises(UserError, match=r"a.dat: is a text file; expected"):
        read(tmp_path / "a.dat")


@pytest.mark.parametrize(
    ("names", "attributes", "message"),
    [
        (["mapping", "sig", "settings", "version"], {}, "is a recording by MaxWell, " + WAY),
        (["wells", "recordings"], {}, "is a recording by MaxWell, " + WAY),
        (["3BRecInfo", "3BData"], {}, "is a recording by 3Brain .* " + WAY),
        (
            ["Data"],
            {"McsHdf5ProtocolVersion": 3},
            "is a recording by Multi Channel Systems, " + WAY,
        ),
        (["recordings"], {"kwik_version": 2}, r"is a recording by Klusta or Open Ephys \(Kwik\), "),
        (
            ["train_factors", "train_output_params"],
            {},
            "holds results of lfads-torch, not data: `lfads.import_results`",
        ),
        (
            ["factors", "output_dist_params"],
            {},
            "holds results of LFADS in TensorFlow 1, not data: `lfads.import_results`",
        ),
        (
            ["estimates", "params"],
            {},
            "is a result of CaImAn: save traces of its trials as `signals`",
        ),
        (
            ["df_with_missing"],
            {},
            "is tracking by DeepLabCut, not spikes: .* `behavior/NAME` beside",
        ),
        (
            ["nwb_version", "epochs"],
            {},
            r"is NWB of version 1 \(NWB-1.0.5\), which is not read; .*npz file",
        ),
        (
            ["epochs"],
            {"nwb_version": "NWB-1.0.6"},
            r"is NWB of version 1 \(NWB-1.0.6\), which is not",
        ),
        (
            ["units"],
            {"nwb_version": "2.6.0"},
            "is an NWB file, a recording of which trials must be cut",
        ),
    ],
)
def test_hdf5_of_other_tools_is_told_by_its_root(tmp_path, names, attributes, message):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs.update(attributes)
        for name in names:
            file[name] = "NWB-1.0.5" if name == "nwb_version" else [1]
    with pytest.raises(UserError, match=rf"a.h5: {message}"):
        read(tmp_path / "a.h5")


def test_a_file_of_a_sorter_leads_to_its_folder(tmp_path):
    for name in ("spike_times", "spike_clusters", "amplitudes"):
        np.save(tmp_path / f"{name}.npy", np.arange(9))
        if name != "spike_times":
            message = rf"{name}.npy: is one file of a folder of Kilosort or Phy \(`spike_times.npy` lies b"
            with pytest.raises(UserError, match=message) as error:
                read(tmp_path / f"{name}.npy", bin_width_s=0.01)
            assert f"`lfads show {tmp_path}`" in str(error.value)
