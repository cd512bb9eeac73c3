"""NumPy's files: what design names is read, nothing pickled is opened, sizes are believed never."""

import io
import zipfile

import numpy as np
import pytest
from scipy.io import savemat
from tests.data.sessions import counts

from lfads.checks import UserError
from lfads.formats.hdf5 import write
from lfads.formats.read import read
from lfads.formats.table import describe_file
from lfads.training.checkpoint import write_checkpoint


def saved(tmp_path, **arrays):
    path = tmp_path / "data.npz"
    np.savez_compressed(path, **arrays)
    return path


def header(shape, dtype="<f8"):
    """The bytes of an .npy header that declares a shape."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return stream.getvalue()


def test_spikes_and_bin_width_are_enough(tmp_path):
    dataset = read(saved(tmp_path, spikes=counts(), bin_width_s=0.01))
    np.testing.assert_array_equal(dataset.session.spikes, counts())
    assert dataset.session.name == "data"
    assert dataset.bin_width_s == 0.01


def test_every_key_is_read(tmp_path):
    path = saved(
        tmp_path, spikes=counts(), bin_width_s=np.array([0.02]), session="tuesday",
        split=["train"] * 9 + ["test"], conditions=[1, 2] * 5, mask=counts() < 99,
        external_inputs=np.ones((10, 6, 1)), behavior=np.ones((10, 6, 2)),
        true_rates=np.full((10, 6, 4), 5.0), true_latents=np.ones((10, 6, 3)),
        true_inputs=np.ones((10, 6, 1)), trial_length=[6] * 10, trial_index=np.arange(10) + 3,
        held_out_neurons=[0], num_forward_bins=2, start_s=-0.1,
        **{"trial_table/reward": np.arange(10), "neuron_table/area": ["M1", "M1", "V1", "V1"]},
    )  # fmt: skip
    dataset = read(path)
    session = dataset.session
    assert (session.name, session.num_external_inputs) == ("tuesday", 1)
    assert session.split[-1] == "test"
    assert session.condition is not None
    assert session.condition.tolist() == [1, 2] * 5
    assert session.observed is None
    assert session.behavior["behavior"].shape == (10, 6, 2)
    assert session.true_rates_hz is not None
    assert session.true_rates_hz[0, 0, 0] == 5.0
    assert session.trial_index[0] == 3
    assert session.held_out_neurons.tolist() == [True, False, False, False]
    assert (dataset.num_forward_bins, dataset.start_s) == (2, -0.1)
    assert session.trial_table["reward"].tolist() == list(range(10))
    assert session.neuron_table["area"].tolist() == ["M1", "M1", "V1", "V1"]


def test_contrasts_are_conditions_through_every_file(tmp_path):
    contrasts = [0.0625, 0.25, 1.0, 0.0, 0.125] * 2
    for dtype in ("f4", "f8"):
        found = read(
            saved(tmp_path, spikes=counts(), bin_width_s=0.01, condition=np.array(contrasts, dtype))
        )
        copy = read(write(found, tmp_path / "copy.h5", overwrite=True))
        for session in (found.session, copy.session):
            assert session.condition is not None
            assert session.condition[:5].tolist() == ["0.0625", "0.25", "1", "0", "0.125"]


def test_series_are_one_array_or_several_by_name(tmp_path):
    path = saved(
        tmp_path, spikes=counts(), behavior=np.ones((10, 6)), **{"behavior/hand": np.ones((10, 6))}
    )
    with pytest.raises(
        UserError, match="one array `behavior`, or several `behavior/NAME`; the file"
    ):
        read(path, bin_width_s=0.01)


def test_behavior_may_be_several_series(tmp_path):
    series = {"behavior/hand": np.ones((10, 6, 2)), "behavior/eye": np.ones((10, 6))}
    session = read(saved(tmp_path, spikes=counts(), bin_width_s=0.01, **series)).session
    assert sorted(session.behavior) == ["eye", "hand"]


def test_an_npy_is_spikes(tmp_path):
    np.save(tmp_path / "day.npy", counts())
    dataset = read(tmp_path / "day.npy", bin_width_s=0.01)
    assert dataset.session.name == "day"
    np.testing.assert_array_equal(dataset.session.spikes, counts())


def test_missing_spikes_list_what_is_there(tmp_path):
    message = r"`spikes` is missing; an .npz needs `spikes` .*; the file has `rates`, `x`"
    with pytest.raises(UserError, match=message):
        read(saved(tmp_path, rates=counts(), x=1), bin_width_s=0.01)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        (
            "spikes_1ms",
            "Save `spikes_1ms` under that name, after summing its bins of 1 ms to wider",
        ),
        ("Spikes_10_ms", "Save `Spikes_10_ms` under that name, with `bin_width_s=0.01`$"),
        ("SPIKES", "Save `SPIKES` under that name$"),
    ],
)
def test_the_name_that_is_nearly_spikes_is_pointed_out(tmp_path, name, advice):
    with pytest.raises(UserError, match=rf"file has `{name}`\. Did you mean `spikes`\? {advice}"):
        read(saved(tmp_path, **{name: counts()}), bin_width_s=0.01)


@pytest.mark.parametrize("name", ["spiketimes", "spikeTimes", "SpikeTimes", "timestamps", "t"])
def test_times_are_not_advised_to_be_counts(tmp_path, name):
    path = saved(tmp_path, **{name: np.arange(5.0), "keys": np.arange(3), "ids": np.arange(5)})
    message = (
        rf"the file has .*\. If `{name}` holds spike times, `lfads.prepare` makes trials of counts, of "
        r"layouts .* as they are; else save them as `spike_times` beside `unit`, which says the unit"
    )
    with pytest.raises(UserError, match=message) as error:
        read(path)
    assert "under that name" not in str(error.value)


def test_times_in_a_cell_are_led_on(tmp_path):
    path = tmp_path / "a.mat"
    savemat(path, {"spikeTimes": np.arange(5.0)})
    message = (
        r"`spikeTimes` .*As spike times: `spike_times`, a cell with a vector of times for each unit"
    )
    with pytest.raises(UserError, match=message):
        read(path)


def test_a_group_that_pynapple_saved_is_named(tmp_path):
    path = saved(tmp_path, type=["TsGroup"], t=[0.1], index=[1], keys=[1], start=[0], end=[1.0])
    with pytest.raises(UserError, match=r"pynapple saved, not counts: of a TsGroup `lfads show "):
        read(path)


def test_the_only_array_of_three_axes_is_pointed_out(tmp_path):
    path = saved(tmp_path, counts=counts(), x=1)
    with pytest.raises(UserError, match=r"If `counts` holds counts, save it as `spikes`; real val"):
        read(path)


def test_a_checkpoint_is_no_data(tmp_path):
    path = tmp_path / "run" / "checkpoints" / "best.npz"
    write_checkpoint(path, {"model": {"weight": np.ones(3)}}, {})
    with pytest.raises(
        UserError, match=r"is a checkpoint of a run, not data; .*`lfads show .*/run`"
    ):
        describe_file(path)
    alone = path.rename(tmp_path / "best.npz")
    with pytest.raises(UserError, match=r"show the run's folder: `lfads show FOLDER`"):
        describe_file(alone)


def test_two_names_of_one_key_are_refused(tmp_path):
    path = saved(tmp_path, spikes=counts(), bin_width_s=0.01, condition=[1], conditions=[1])
    with pytest.raises(UserError, match="expected one of `condition`, `conditions`; the file has"):
        read(path)


def test_a_misspelt_key_brings_a_warning(tmp_path):
    path = saved(tmp_path, spikes=counts(), bin_width_s=0.01, external_input=np.ones((10, 6, 1)))
    message = (
        r"data.npz: 1 array is not read: `external_input` \(did you mean `external_inputs`\?\)$"
    )
    with pytest.warns(UserWarning, match=message):
        read(path)


def test_what_is_not_read_is_named_once_with_its_place(tmp_path):
    path = saved(
        tmp_path, spikes=counts(), bin_width_s=0.01, rt=np.ones((10, 1)), quality=np.ones((1, 4)),
        eye=np.ones((10, 6, 2)), my_notes="?", psth=np.ones((3, 6)), units=np.arange(4),
        objects=np.array([{}], object), **{"behaviour/hand": np.ones((10, 6)), "meta/date": 1},
    )  # fmt: skip
    with pytest.warns(UserWarning, match="not read") as said:
        assert read(path).session.num_trials == 10
    (message,) = [str(warning.message) for warning in said]
    assert message.endswith(
        "data.npz: 9 arrays are not read: `behaviour/hand` (did you mean `behavior/hand`?), `eye` (over "
        "trial and time: `behavior/eye`), `objects` (pickled Python objects, which are never opened), "
        "`quality` (one value for each neuron: `neuron_table/quality`), `rt` (one value for each "
        "trial: `trial_table/rt`), `units` (one value for each neuron: `neuron_table/units`) and 3 "
        "more. Columns of trials are read from `trial_table/NAME`, of neurons from "
        "`neuron_table/NAME`, series over trial and time from `behavior/NAME`"
    )
    assert describe_file(path).remarks[0].startswith("9 arrays are not read: `behaviour/hand`")


def test_a_length_that_trials_and_neurons_share_tells_both_places(tmp_path):
    path = saved(tmp_path, spikes=counts(10, 6, 10), bin_width_s=0.01, depth=np.ones(10))
    with pytest.warns(
        UserWarning, match=r"trial or neuron: `trial_table/depth` or `neuron_table/d"
    ):
        read(path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("bin_width_s", [0.1, 0.2], r"`bin_width_s` must be one number; got float64 \(2,\)"),
        ("session", [1], r"`session` must be one name; got int64 \(1,\)"),
        ("num_forward_bins", 0.5, r"`num_forward_bins` must be a whole number; got 0.5"),
    ],
)
def test_scalars_are_checked(tmp_path, key, value, message):
    with pytest.raises(UserError, match=message):
        read(saved(tmp_path, **({"spikes": counts(), "bin_width_s": 0.01} | {key: value})))


def test_pickled_objects_are_refused(tmp_path):
    objects = np.array([[1], [2, 3]], dtype=object)
    np.save(tmp_path / "a.npy", objects, allow_pickle=True)
    for path in (tmp_path / "a.npy", saved(tmp_path, spikes=objects)):
        with pytest.raises(UserError, match="`spikes` holds pickled Python objects, which can run"):
            read(path, bin_width_s=0.01)


def test_truncated_files_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", counts())
    for path in (tmp_path / "a.npy", saved(tmp_path, spikes=counts(), bin_width_s=0.01)):
        whole = path.read_bytes()
        for size in (7, 60, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:size])
            with pytest.raises(UserError, match=r"damaged or cut short|holds no|there is no such"):
                read(path, bin_width_s=0.01)


@pytest.mark.parametrize("damage", [b"(", b"\0", b"[", b"'"])
def test_damaged_headers_are_refused(tmp_path, damage):
    whole = header((10, 6, 4)) + bytes(10 * 6 * 4 * 8)
    brace = whole.index(b"{")
    (tmp_path / "a.npy").write_bytes(whole[:brace] + damage + whole[brace + 1 :])
    with pytest.raises(UserError, match="cannot be read as a NumPy file, it may be damaged"):
        read(tmp_path / "a.npy", bin_width_s=0.01)


def test_a_hostile_header_is_refused_before_it_is_allocated(tmp_path):
    (tmp_path / "huge.npy").write_bytes(header((10**7, 10**7, 9)))
    with pytest.raises(UserError, match=r"`spikes` of shape .* would take .* GiB; at most"):
        read(tmp_path / "huge.npy", bin_width_s=0.01)
    (tmp_path / "more.npy").write_bytes(header((10, 10, 9)) + b"\0" * 8)
    with pytest.raises(UserError, match=r"declares shape \(10, 10, 9\), more than the file holds"):
        read(tmp_path / "more.npy", bin_width_s=0.01)
    (tmp_path / "less.npy").write_bytes(header((-1, 10, 9)))
    with pytest.raises(UserError, match=r"declares shape \(-1, 10, 9\), more than the file holds"):
        read(tmp_path / "less.npy", bin_width_s=0.01)


def test_a_hostile_member_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("spikes.npy", header((10**7, 10**7, 9)))
    with pytest.raises(UserError, match=r"`spikes` of shape .* would take .* GiB; at most"):
        read(tmp_path / "a.npz", bin_width_s=0.01)


def test_newer_npy_versions_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", counts())
    whole = bytearray((tmp_path / "a.npy").read_bytes())
    whole[6] = 3
    (tmp_path / "a.npy").write_bytes(whole)
    with pytest.raises(UserError, match=r"npy version \(3, 0\); expected 1.0 or 2.0"):
        read(tmp_path / "a.npy", bin_width_s=0.01)


def test_other_archives_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(UserError, match=r"a zip archive without arrays; expected .npz"):
        read(tmp_path / "a.zip", bin_width_s=0.01)


def test_signals_that_never_change_are_refused_for_training(tmp_path):
    signals = np.random.default_rng(0).normal(size=(10, 8, 3))
    signals[:, :, 1] = 0.1
    np.savez(tmp_path / "s.npz", signals=signals, bin_width_s=0.02)
    with pytest.raises(
        UserError, match=r"1 of 3 channels of `signals` never change .*np.delete\(signals, \[1\]"
    ):
        read(tmp_path / "s.npz")
    assert read(tmp_path / "s.npz", for_inference=True).session.kind == "real"
