"""Sortings of SpikeInterface itself; `make test-oracles` runs these."""

import numpy as np
import pytest

import lfads

core = pytest.importorskip("spikeinterface.core")


@pytest.fixture
def sorting():
    frames, labels = np.array([100, 200, 3000]), np.array([4, 9, 4])
    found = core.NumpySorting.from_samples_and_labels(
        [frames, frames[:2]], [labels, labels[:2]], sampling_frequency=1000.0
    )
    found.set_property("quality", np.array(["good", "mua"]))
    return found


def test_sortings(sorting):
    with pytest.warns(UserWarning, match=r"the other 1 segment \(`segment=` takes one\)"):
        recording = lfads.from_spikeinterface(sorting, trials={"start_time": [0.0, 1.0]})
    assert recording.units["id"].tolist() == [4, 9]
    assert recording.units["quality"].tolist() == ["good", "mua"]
    assert [times.tolist() for times in recording.spike_times_s] == [[0.1, 3.0], [0.2]]
    assert recording.is_in_seconds
    with pytest.warns(UserWarning, match="the other 1 segment"):
        other = lfads.from_spikeinterface(sorting, segment=1)
    assert [times.tolist() for times in other.spike_times_s] == [[0.1], [0.2]]


def test_properties_of_several_values_are_said():
    one = core.NumpySorting.from_samples_and_labels(
        [np.array([100, 200])], [np.array([4, 9])], sampling_frequency=1000.0
    )
    one.set_property("location", np.zeros((2, 3)))
    with pytest.warns(UserWarning, match=r"not used: `units\.location` \(values of shape \(3,\)"):
        recording = lfads.from_spikeinterface(one)
    assert recording.num_units == 2


@pytest.mark.filterwarnings("ignore")
def test_analyzers(sorting):
    generate = pytest.importorskip("spikeinterface.core.generate")
    signal, truth = generate.generate_ground_truth_recording(durations=[2.0], num_units=3, seed=0)
    analyzer = core.create_sorting_analyzer(truth, signal, sparse=False)
    recording = lfads.from_spikeinterface(analyzer)
    expected = truth.get_unit_spike_train(truth.unit_ids[1], segment_index=0)
    np.testing.assert_allclose(
        recording.spike_times_s[1], expected / truth.get_sampling_frequency()
    )


@pytest.mark.filterwarnings("ignore")
def test_folders_that_it_exports_for_phy(tmp_path):
    generate = pytest.importorskip("spikeinterface.core.generate")
    exporters = pytest.importorskip("spikeinterface.exporters")
    signal, truth = generate.generate_ground_truth_recording(durations=[2.0], num_units=3, seed=0)
    analyzer = core.create_sorting_analyzer(truth, signal, sparse=False)
    analyzer.compute(["random_spikes", "waveforms", "templates", "noise_levels"])
    exporters.export_to_phy(
        analyzer, tmp_path / "phy", compute_pc_features=False, compute_amplitudes=False,
        copy_binary=False, verbose=False,
    )  # fmt: skip
    direct = lfads.from_spikeinterface(truth)
    with lfads.open_recording(tmp_path / "phy") as recording:
        assert recording.num_units == 3
        assert "group" in recording.units
        for unit in range(3):
            np.testing.assert_allclose(recording.spike_times_s[unit], direct.spike_times_s[unit])
