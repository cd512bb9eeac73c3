"""Files of lfads-torch and of TensorFlow LFADS open with splits, held-out neurons and truth."""

import h5py
import numpy as np
import pytest
from tests.data.sessions import counts

from lfads.checks import UserError
from lfads.formats.read import read

TRAIN, VALID, TEST = counts(8, 6, 5, seed=1), counts(4, 6, 5, seed=2), counts(3, 6, 5, seed=3)


def hdf5(tmp_path, arrays, **attributes):
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file.attrs.update(attributes)
        for key, value in arrays.items():
            file[key] = value
    return tmp_path / "data.h5"


def opened(tmp_path, arrays, **others):
    return read(hdf5(tmp_path, arrays), bin_width_s=0.01, **others)


def torch_arrays():
    """Three of five neurons and four of six bins are encoded."""
    return {
        "train_encod_data": TRAIN[:, :4, :3].astype(np.float32),
        "valid_encod_data": VALID[:, :4, :3].astype(np.float32),
        "train_recon_data": TRAIN.astype(np.float32),
        "valid_recon_data": VALID.astype(np.float32),
    }


def tensorflow_arrays():
    return {"train_data": TRAIN, "valid_data": VALID}


def refused(tmp_path, arrays, message):
    with pytest.raises(UserError, match=message):
        opened(tmp_path, arrays)


def test_lfads_torch_with_held_out_neurons_and_forward_bins(tmp_path):
    dataset = opened(tmp_path, torch_arrays())
    session = dataset.session
    np.testing.assert_array_equal(session.spikes, np.concatenate([TRAIN, VALID]))
    assert session.split.tolist() == ["train"] * 8 + ["valid"] * 4
    assert session.held_out_neurons.tolist() == [False] * 3 + [True] * 2
    assert dataset.num_forward_bins == 2
    assert session.observed is None
    assert session.name == "data"


def test_lfads_torch_test_data_are_known_where_they_were_encoded(tmp_path):
    arrays = torch_arrays() | {"test_encod_data": TEST[:, :4, :3]}
    session = opened(tmp_path, arrays).session
    assert session.split.tolist() == ["train"] * 8 + ["valid"] * 4 + ["test"] * 3
    assert session.observed is not None
    assert session.observed[:12].all()
    assert session.observed[12:, :4, :3].all()
    assert not session.observed[12:, 4:].any()
    assert not session.observed[12:, :, 3:].any()
    np.testing.assert_array_equal(session.spikes[12:, :4, :3], TEST[:, :4, :3])


def test_lfads_torch_test_data_may_be_known_in_full(tmp_path):
    arrays = {"test_encod_data": TEST[:, :4, :3], "test_recon_data": TEST}
    session = opened(tmp_path, torch_arrays() | arrays).session
    assert session.observed is None
    np.testing.assert_array_equal(session.spikes[12:], TEST)


def test_lfads_torch_without_more_to_reconstruct(tmp_path):
    arrays = {"train_encod_data": TRAIN, "valid_encod_data": VALID}
    dataset = opened(tmp_path, arrays)
    assert not dataset.session.held_out_neurons.any()
    assert dataset.num_forward_bins == 0


def test_encoded_spikes_must_be_those_to_reconstruct(tmp_path):
    arrays = torch_arrays()
    arrays["valid_encod_data"][1, 2, 0] += 1
    message = (
        r"`valid_encod_data` must equal the first bins and neurons of `valid_recon_data`; they "
        r"differ in 1 samples, first at trial 1, bin 2, neuron 0"
    )
    refused(tmp_path, arrays, message)


def test_nan_is_reported_as_nan(tmp_path):
    arrays = torch_arrays()
    arrays["train_encod_data"][0, 0, 0] = arrays["train_recon_data"][0, 0, 0] = np.nan
    refused(tmp_path, arrays, r"got 1 NaN, nan at trial 0, bin 0, neuron 0")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"valid_encod_data": VALID[:, :3, :3]},
            r"number of bins; `train \(encoded\)` has 4, `val",
        ),
        ({"valid_encod_data": VALID[:, :4, :2]}, r"number of neurons; `train \(encoded\)` has 3"),
        ({"valid_recon_data": VALID[:, :, :4]}, r"number of neurons; `train \(reconstructed\)` ha"),
        ({"valid_recon_data": VALID[:3]}, r"`valid_recon_data` must hold the trials of `valid_enc"),
        ({"train_recon_data": TRAIN[0]}, r"`train_recon_data` must be numbers of shape \(trial, t"),
        ({"test_recon_data": TEST}, r"`test_recon_data` needs `test_encod_data` beside it"),
    ],
)
def test_shapes_that_disagree(tmp_path, changes, message):
    refused(tmp_path, torch_arrays() | changes, message)


def test_external_inputs_are_padded_over_forward_bins(tmp_path):
    inputs = {"train_ext_input": np.ones((8, 4, 2)), "valid_ext_input": np.ones((4, 4, 2))}
    session = opened(tmp_path, torch_arrays() | inputs).session
    assert session.external_inputs is not None
    assert session.external_inputs[0, :, 0].tolist() == [1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"train_ext_input": np.ones((8, 4, 2))}, r"inputs are missing: `valid_ext_input`"),
        (
            {"train_ext_input": np.ones((8, 5, 2))},
            r"must have shape \(8, 4, 2\) or \(8, 6, 2\); got",
        ),
        (
            {"train_ext_input": np.ones((8, 4, 2)), "valid_ext_input": np.ones((4, 4, 1))},
            r"number of channels; `train_ext_input` has 2, `valid_ext_input` has 1",
        ),
    ],
)
def test_external_inputs_that_disagree(tmp_path, inputs, message):
    refused(tmp_path, torch_arrays() | inputs, message)


def test_behavior_is_nan_where_it_is_missing(tmp_path):
    arrays = torch_arrays() | {"train_behavior": np.ones((8, 6, 2))}
    behavior = opened(tmp_path, arrays).session.behavior["behavior"]
    assert np.isfinite(behavior[:8]).all()
    assert np.isnan(behavior[8:]).all()


def test_lfads_torch_truth_is_divided_by_its_factor(tmp_path):
    truth = {"train_truth": np.full((8, 6, 5), 0.6), "valid_truth": np.full((4, 6, 5), 0.6)}
    arrays = torch_arrays() | truth | {"conversion_factor": 0.2}
    rates = opened(tmp_path, arrays).session.true_rates_hz
    assert rates is not None
    np.testing.assert_allclose(rates, 0.6 / 0.2 / 0.01)


@pytest.mark.parametrize("factor", [0.2, 5.0])
def test_tensorflow_truth_is_read_as_the_spikes_suggest(tmp_path, factor):
    truth = 3.0 * factor  # the mean count is 3
    arrays = tensorflow_arrays() | {"conversion_factor": factor}
    for reading in (3.0 * factor, 3.0 / factor):
        truth = {"train_truth": np.full((8, 6, 5), reading)}
        rates = opened(tmp_path, arrays | truth).session.true_rates_hz
        assert rates is not None
        np.testing.assert_allclose(rates[:8], 300.0)
        assert np.isnan(rates[8:]).all()


def test_truth_of_fewer_neurons_is_nan_for_the_rest(tmp_path):
    arrays = torch_arrays() | {"train_truth": np.ones((8, 4, 3))}
    rates = opened(tmp_path, arrays).session.true_rates_hz
    assert rates is not None
    np.testing.assert_allclose(rates[:8, :4, :3], 100.0)
    assert np.isnan(rates[:8, :, 3:]).all()


def test_a_conversion_factor_is_positive(tmp_path):
    truth = {"train_truth": np.ones((8, 6, 5)), "conversion_factor": 0.0}
    refused(tmp_path, tensorflow_arrays() | truth, r"`conversion_factor` must be positive; got 0")


def test_tensorflow(tmp_path):
    inputs = {"train_ext_input": np.ones((8, 6, 1)), "valid_ext_input": np.ones((4, 6, 1))}
    extras = {"alignment_matrix_cxf": np.ones((5, 2)), "conditionId": np.ones((12, 1))}
    with pytest.warns(  # the matrix is for training, which says if it does not take it
        UserWarning,
        match=r"1 array is not read: `conditionId` \(one value for each trial\). This layout has no place "
        r"for more: give what you need to `lfads.Dataset.from_arr",
    ):
        dataset = opened(tmp_path, tensorflow_arrays() | inputs | extras)
    np.testing.assert_array_equal(dataset.session.spikes, np.concatenate([TRAIN, VALID]))
    assert dataset.session.split.tolist() == ["train"] * 8 + ["valid"] * 4
    assert dataset.session.num_external_inputs == 1
    assert dataset.num_forward_bins == 0


def test_without_validation_every_fifth_trial_validates(tmp_path):
    split = opened(tmp_path, {"train_data": TRAIN}).session.split
    assert np.flatnonzero(split == "valid").tolist() == [4]


@pytest.mark.parametrize("first", [0, 1])
def test_indices_count_from_0_also_when_matlab_wrote_them(tmp_path, first):
    order = np.random.default_rng(0).permutation(12)
    indices = {"train_inds": first + order[:8], "valid_inds": first + order[8:].astype(float)}
    index = opened(tmp_path, tensorflow_arrays() | indices).session.trial_index
    assert index.tolist() == order.tolist()


def test_indices_with_gaps_stay_as_they_are(tmp_path):
    indices = {"train_inds": np.arange(1, 9), "valid_inds": np.arange(20, 24)}
    arrays = tensorflow_arrays() | indices | {"test_data": TEST}
    index = opened(tmp_path, arrays).session.trial_index
    assert index.tolist() == [*range(1, 9), *range(20, 24), 24, 25, 26]


def test_indices_of_another_number(tmp_path):
    arrays = tensorflow_arrays() | {"train_inds": np.arange(3)}
    refused(tmp_path, arrays, r"`train_inds` must be 8 whole numbers; got int64 \(3,\)")


def test_a_bin_width_in_the_attributes(tmp_path):
    path = hdf5(tmp_path, tensorflow_arrays(), bin_width_s=0.02)
    assert read(path).bin_width_s == 0.02
    with pytest.raises(UserError, match=r"not in the file \(TensorFlow LFADS layout\)"):
        read(hdf5(tmp_path, tensorflow_arrays()))


def test_inference_on_test_data_alone(tmp_path):
    session = opened(tmp_path, {"test_encod_data": TEST}, for_inference=True).session
    assert session.split.tolist() == ["test"] * 3


def test_series_have_channels_and_inputs_of_one_trial_are_led_on(tmp_path):
    inputs = {"train_ext_input": np.ones((6, 2)), "valid_ext_input": np.ones((6, 2))}
    message = (
        r"`train_ext_input` must be numbers of shape \(trial, time, channel\); got float64 \(6, 2\)\. "
        r"An array \(time, channel\) holds one trial alone, often the last of all\. Write `train_ext_in"
    )
    refused(tmp_path, tensorflow_arrays() | inputs, message)
    refused(
        tmp_path, tensorflow_arrays() | {"train_truth": np.ones((6, 2))},
        r"`train_truth` must be numbers of shape \(trial, time, neuron\); got float64 \(6, 2\)$",
    )  # fmt: skip
