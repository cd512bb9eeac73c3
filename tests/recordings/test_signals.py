"""Signals from recordings: fluorescence of suite2p and NWB, frames, events, spikes and behaviour beside."""

import datetime

import numpy as np
import pytest

import lfads
from lfads.checks import UserError
from lfads.cli.main import run as command
from lfads.numerics.deconvolution import calcium_of
from lfads.recordings.prepare import prepare, prepare_alike
from lfads.recordings.recording import Recording
from lfads.recordings.series import Series
from lfads.recordings.sources import open_recording

RATE_HZ = 30.0
RNG = np.random.default_rng(0)
EVENTS = (RNG.random((5, 600)) < 0.1) * RNG.gamma(2.0, 1.0, (5, 600))
TRACES = 100 + 20 * calcium_of(EVENTS, 0.9) + RNG.standard_normal((5, 600))


def plane(folder, rows=slice(None), cells=(1, 1, 0, 1, 1)):
    folder.mkdir(parents=True)
    np.save(folder / "F.npy", TRACES[rows].astype(np.float32))
    np.save(folder / "Fneu.npy", np.full_like(TRACES[rows], 10, np.float32))
    np.save(folder / "spks.npy", EVENTS[rows].astype(np.float32))
    np.save(folder / "iscell.npy", np.stack([cells, np.ones(len(cells))], 1))
    np.save(folder / "ops.npy", np.array({"fs": 30}), allow_pickle=True)
    return folder


def test_cells_of_suite2p_become_windows_of_events(tmp_path, capsys):
    plane(tmp_path / "suite2p" / "plane0")
    words = ["prepare", str(tmp_path), "--sampling-rate-hz", "30", "--bin-width-s", str(1 / 30)]
    assert command([*words, "--chop-s", "2", "--out", str(tmp_path / "data.h5")]) == 0
    dataset = lfads.read(tmp_path / "data.h5")
    session = dataset.session
    assert session.signals.shape[1:] == (60, 4)
    assert session.neuron_table["name"].tolist() == ["events 0", "events 1", "events 3", "events 4"]
    first = int(session.trial_table["chop_start_bin"][3])
    kept = EVENTS[[0, 1, 3, 4]].T[first : first + 60]
    np.testing.assert_allclose(session.signals[3], kept, rtol=1e-5)
    assert command(["show", str(tmp_path), "--sampling-rate-hz", "30"]) == 0
    assert "4 cells of 5 regions" in capsys.readouterr().out


def test_planes_stand_beside_each_other_and_trials_in_a_table(tmp_path):
    for number in range(2):
        plane(tmp_path / f"plane{number}", cells=(1, 0, 0, 0, 1))
    starts = 1.0 + 2 * np.arange(8)
    rows = [f"{start},{start + 1},{'lr'[k % 2]}" for k, start in enumerate(starts)]
    (tmp_path / "trials.csv").write_text("start_time,stop_time,side\n" + "\n".join(rows) + "\n")
    with open_recording(tmp_path, sampling_rate_hz=RATE_HZ) as recording:
        delays = recording.series["dff"].delays_s
        assert delays is not None
        np.testing.assert_allclose(delays, [0, 0, 0.5 / RATE_HZ, 0.5 / RATE_HZ])
        dataset = prepare(
            recording, bin_width_s=1 / RATE_HZ, align_to="start_time", window_s=(0.0, 0.9),
            conditions=["side"], signals=["dff"],
        )  # fmt: skip
        with pytest.raises(UserError, match="series `events` holds events already: leave it out"):
            prepare(
                recording, bin_width_s=1 / RATE_HZ, align_to="start_time", window_s=(0.0, 0.9),
                signals=["events"], deconvolve=True,
            )  # fmt: skip
    assert dataset.unit == "dF/F"
    assert dataset.session.signals.shape == (8, 27, 4)
    assert dataset.session.neuron_table["name"].tolist()[:2] == ["dff plane0/0", "dff plane0/4"]


@pytest.mark.parametrize(
    ("spoil", "options", "message"),
    [
        (lambda folder: None, {}, "frame rate stands in `ops.npy`.*give `sampling_rate_hz=30`"),
        (
            lambda folder: np.save(folder / "iscell.npy", np.zeros((5, 2))),
            {"sampling_rate_hz": RATE_HZ},
            "no region is a cell",
        ),
        (
            lambda folder: np.save(folder / "spks.npy", np.zeros((5, 9))),
            {"sampling_rate_hz": RATE_HZ},
            r"as many as `F.npy`, \(5, 600\); got float64 \(5, 9\)",
        ),
        (
            lambda folder: np.save(folder / "iscell.npy", np.zeros(3)),
            {"sampling_rate_hz": RATE_HZ},
            "a row for each of 5 regions",
        ),
    ],
)
def test_folders_of_suite2p_that_cannot_be_read(spoil, options, message, tmp_path):
    spoil(plane(tmp_path / "plane0"))
    with pytest.raises(UserError, match=message), open_recording(tmp_path / "plane0", **options):
        pass


def of_arrays(**series):
    starts = 1.0 + 2 * np.arange(9)
    spikes = [np.sort(RNG.uniform(0, 20, 400)) for _ in range(3)]
    return Recording.from_spike_times(
        spikes, trials={"go": starts}, is_in_seconds=True,
        series=[Series.from_arrays(name, rate_hz=RATE_HZ, **one) for name, one in series.items()],
    )  # fmt: skip


AROUND_GO = {"align_to": "go", "window_s": (0.0, 1.0)}


def test_frames_that_sample_channels_at_different_times_leave_the_rest_missing():
    values = np.repeat(np.arange(600.0)[:, None], 3, axis=1)
    delays = np.array([0.0, 1.0, 2.0]) / 90 + 0.001
    recording = of_arrays(traces={"values": values, "delays_s": delays})
    dataset = prepare(recording, bin_width_s=1 / 90, signals=["traces"], **AROUND_GO)
    session = dataset.session
    assert session.observed is not None
    np.testing.assert_array_equal(session.observed[2].sum(1), 1)
    assert session.observed[2].argmax(1)[:6].tolist() == [0, 1, 2, 0, 1, 2]
    assert session.signals[0, :3].max(1).tolist() == [30.0, 30.0, 30.0]


def test_fluorescence_is_deconvolved_over_the_whole_recording():
    traces = Series.from_arrays("traces", TRACES.T, rate_hz=RATE_HZ)
    recording = Recording.from_spike_times(
        [], series=[traces], trials={"go": 1.0 + 2 * np.arange(9)}
    )
    choices = {"signals": ["traces"], "deconvolve": True, "decay_s": -1 / 30 / np.log(0.9)}
    dataset = prepare(recording, bin_width_s=1 / 30, **choices, **AROUND_GO)
    session = dataset.session
    assert dataset.unit == "events"
    true = np.stack([EVENTS[:, 30 + 60 * k : 60 + 60 * k].T for k in range(9)])
    assert np.corrcoef(true.ravel(), session.signals.ravel())[0, 1] > 0.95
    again = prepare_alike(recording, dataset.prepared)
    np.testing.assert_array_equal(again.session.signals, session.signals)


def test_spikes_signals_and_behavior_are_groups_of_channels():
    recording = of_arrays(
        lfp={"values": RNG.standard_normal((600, 2))},
        hand={"values": RNG.standard_normal((600, 2))},
    )
    dataset = prepare(
        recording,
        bin_width_s=0.05,
        signals=["lfp"],
        with_spikes=True,
        read_outs=["hand"],
        **AROUND_GO,
    )
    table = dataset.session.neuron_table
    assert table["modality"].tolist() == ["spikes"] * 3 + ["lfp"] * 2 + ["hand"] * 2
    assert dataset.session.held_out_neurons.tolist() == [False] * 5 + [True] * 2
    counts = prepare(recording, bin_width_s=0.05, **AROUND_GO).session.spikes
    np.testing.assert_array_equal(dataset.session.signals[:, :, :3], counts)
    alone = prepare(recording, bin_width_s=0.05, read_outs=["hand"], **AROUND_GO)
    assert alone.session.neuron_table["modality"].tolist() == ["spikes"] * 3 + ["hand"] * 2
    assert prepare_alike(recording, alone.prepared).fingerprint() == alone.fingerprint()


def test_what_never_changes_and_trials_without_values_are_left_out_and_said():
    values = RNG.standard_normal((600, 3))
    values[:, 1] = 4.0
    values[60:120] = np.nan  # 2 to 4 s, the second trial
    recording = of_arrays(lfp={"values": values})
    with pytest.warns(UserWarning, match="left out") as said:
        dataset = prepare(recording, bin_width_s=0.05, signals=["lfp"], **AROUND_GO)
    text = " ".join(str(one.message) for one in said)
    assert (
        "1 of 3 channels never change in the training trials, or have no value there, and are left out: "
        "lfp 1" in text
    )
    assert "1 of 9 trials have no value of what is modelled and are left out: rows 1" in text
    assert dataset.session.signals.shape == (8, 20, 2)


def test_what_changes_in_other_trials_alone_is_left_out_and_said():
    values = RNG.standard_normal((600, 3))
    recording = of_arrays(lfp={"values": values})
    split = prepare(recording, bin_width_s=0.05, signals=["lfp"], **AROUND_GO).session.split
    start = 30 + 60 * int(np.flatnonzero(split == "valid")[0])
    values[:, 1:] = [4.0, 0.0]
    values[start : start + 10, 1:] = RNG.standard_normal((10, 2))
    recording = of_arrays(lfp={"values": values})
    with pytest.warns(UserWarning, match="lfp 1"):
        dataset = prepare(recording, bin_width_s=0.05, signals=["lfp"], **AROUND_GO)
    assert dataset.session.neuron_table["name"].tolist() == ["lfp 0"]


def test_what_is_held_out_is_chosen_among_channels_that_are_left():
    values = RNG.standard_normal((600, 4))
    values[:, 3] = 1.0
    hand = RNG.standard_normal((600, 1))
    recording = of_arrays(lfp={"values": values}, hand={"values": hand})
    with pytest.warns(UserWarning, match="lfp 3"):
        dataset = prepare(
            recording, bin_width_s=0.05, signals=["lfp"], read_outs=["hand"],
            hold_out_neurons=0.34, **AROUND_GO,
        )  # fmt: skip
    assert dataset.session.held_out_neurons.tolist() == [False, False, True, True]
    values[:, :] = 1.0
    recording = of_arrays(lfp={"values": values}, hand={"values": hand})
    with pytest.raises(UserError, match="no channel of what is modelled changes"):
        prepare(recording, bin_width_s=0.05, signals=["lfp"], read_outs=["hand"], **AROUND_GO)


def test_neurons_beside_signals_stay_the_same_ones():
    """A unit without a spike in what is cut keeps its place, so that the next recording has the same."""
    spikes = [np.sort(RNG.uniform(0, 20, 400)) for _ in range(3)]
    series = [Series.from_arrays("lfp", RNG.standard_normal((600, 1)), rate_hz=RATE_HZ)]

    def of_silent(silent: int) -> Recording:
        units = [s if k != silent else np.array([0.5]) for k, s in enumerate(spikes)]
        return Recording.from_spike_times(
            units, series=series, trials={"go": 1.0 + 2 * np.arange(9)}, is_in_seconds=True
        )

    choices = {"bin_width_s": 0.05, "signals": ["lfp"], "with_spikes": True, **AROUND_GO}
    one = prepare(of_silent(1), **choices)
    assert one.prepared["unit_rows"] == [0, 1, 2]
    names = [f"spikes {k}" for k in range(3)] + ["lfp"]
    assert one.session.neuron_table["name"].tolist() == names
    assert prepare_alike(of_silent(2), one.prepared).session.neuron_table["name"].tolist() == names
    fewer = lfads.drop_neurons(one, [0])
    assert fewer.prepared["unit_rows"] == [1, 2]


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"signals": ["lpf"]}, "`signals=`: there is no series `lpf`. Did you mean `lfp`"),
        ({"deconvolve": True}, "`deconvolve=True` needs `signals=`"),
        ({"signals": ["lfp"], "decay_s": 0.5}, "`decay_s=` needs `deconvolve=True`"),
        (
            {"signals": ["lfp"], "deconvolve": True, "decay_s": -1.0},
            "`decay_s=` must be the time constant",
        ),
        ({"signals": ["lfp"], "read_outs": ["lfp"]}, "`read_outs=`: lfp stand in `signals=`, too"),
        ({"signals": "lfp"}, "`signals=` must be a list of names"),
    ],
)
def test_choices_of_signals_that_do_not_go(choices, message):
    recording = of_arrays(lfp={"values": RNG.standard_normal((600, 2))})
    with pytest.raises(UserError, match=message):
        prepare(recording, bin_width_s=0.05, **choices, **AROUND_GO)


def test_regions_of_interest_in_nwb_are_taken_where_there_are_no_units(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    file = pynwb.NWBFile("imaging", "tests", datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    device = file.create_device("microscope")
    channel = pynwb.ophys.OpticalChannel(
        name="green", description="of GCaMP", emission_lambda=510.0
    )
    imaged = file.create_imaging_plane(
        name="plane", optical_channel=channel, description="a plane", device=device, indicator="GCaMP",
        excitation_lambda=920.0, location="HVC",
    )  # fmt: skip
    segmented = pynwb.ophys.PlaneSegmentation(
        name="cells", description="regions", imaging_plane=imaged
    )
    for _ in range(5):
        segmented.add_roi(pixel_mask=[(0, 0, 1.0)])
    module = file.create_processing_module("ophys", "imaging")
    module.add(pynwb.ophys.ImageSegmentation(plane_segmentations=[segmented]))
    regions = segmented.create_roi_table_region(region=list(range(5)), description="all")
    fluorescence = pynwb.ophys.Fluorescence()
    module.add(fluorescence)
    fluorescence.create_roi_response_series(
        name="deconvolved", data=EVENTS.T, rois=regions, unit="a.u.", rate=RATE_HZ
    )
    for start in 1.0 + 2 * np.arange(9):
        file.add_trial(start_time=start, stop_time=start + 1)
    with pynwb.NWBHDF5IO(tmp_path / "imaging.nwb", "w") as io:
        io.write(file)
    with open_recording(tmp_path / "imaging.nwb") as recording:
        dataset = prepare(recording, bin_width_s=1 / RATE_HZ)
    assert dataset.session.signals.shape == (9, 30, 5)
    np.testing.assert_allclose(dataset.session.signals[0], EVENTS.T[30:60], rtol=1e-6)
    assert dataset.unit == "a.u."
