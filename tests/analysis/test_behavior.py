"""Which behaviour is decoded: chosen by name, late, missing, constant, a place or none."""

import dataclasses

import numpy as np
import pytest
from tests.analysis.results import inferred, recorded

from lfads.analysis.analysis import analysed
from lfads.analysis.behavior import channels_of, in_space
from lfads.analysis.decoding import Decoding
from lfads.analysis.decoding_paths import groups_of
from lfads.checks import UserError
from lfads.plots.drawn import drawn


def with_behavior(dataset, behavior, **form):
    session = dataclasses.replace(dataset.session, behavior=behavior, **form)
    return dataclasses.replace(dataset, sessions=(session,))


def decoded(dataset, **choices):
    return analysed("decoding", Decoding(**choices), inferred(dataset), dataset.session)


@pytest.fixture(scope="module")
def short():
    """Trials of unequal length; positions that start late, are missing for whole trials, and a constant."""
    plain = recorded(condition=np.arange(40) % 4 * 90)
    lengths = np.random.default_rng(1).integers(15, 31, 40)
    position = np.cumsum(plain.session.behavior["hand_vel"], axis=1)
    position[:, :4] = np.nan
    position[::7] = np.nan
    dataset = with_behavior(
        plain,
        {
            "hand_pos": 1e6 + position,
            "lever": np.full((40, 30), 0.1),
            "never": np.full((40, 30), np.nan),
        },
        trial_length=lengths,
        values=plain.session.spikes * (np.arange(30)[:, None] < lengths[:, None, None]),
    )
    return dataset, decoded(dataset)


def test_late_and_missing_behavior_is_neither_fitted_nor_drawn_as_zero(short):
    dataset, found = short
    alone = decoded(dataset, behavior="hand_pos")
    assert found.sizes["trial"] == 40  # the lever is known in all
    assert alone.sizes["trial"] == 34
    assert alone.attrs["trials_left_out"] == 6
    within = np.arange(30) < dataset.session.trial_length[:, None]
    known = within & (np.arange(30) >= 4) & (np.arange(40)[:, None] % 7 > 0)
    drawn_as = np.isfinite(found["decoded"].sel(channel="hand_pos 0").values)
    np.testing.assert_array_equal(drawn_as, np.broadcast_to(known, (3, 40, 30)))
    far = np.abs(alone["decoded"] - 1e6)
    assert float(far.max()) < 100  # about their mean, which no penalty draws to zero


def test_channels_without_r2_are_named(short):
    _, found = short
    assert found["remark"].values.tolist() == ["", "", "constant", "not recorded"]
    assert np.isnan(found["r2"].sel(channel=["lever", "never"])).all()
    assert (found["r2"].sel(channel="hand_pos 0") > 0).any()
    rows = {row[0]: row[1:] for row in Decoding().numbers(found)}
    assert rows["lever"] == ("constant",) * 3
    assert rows["never"] == ("not recorded",) * 3
    assert "R² is not defined for lever, which is constant." in found.attrs["caption"]


def test_constant_channels_change_nothing_for_others(short):
    dataset, _ = short
    behavior = dataset.session.behavior
    both = {
        "hand_pos": behavior["hand_pos"],
        "level": np.where(behavior["hand_pos"] > 0, 0.1, np.nan),
    }
    with_level = decoded(with_behavior(dataset, both))["r2"].sel(
        channel=["hand_pos 0", "hand_pos 1"]
    )
    alone = decoded(dataset, behavior="hand_pos")["r2"]
    np.testing.assert_allclose(with_level, alone, rtol=1e-6)


def test_everything_constant_is_no_failure():
    dataset = with_behavior(recorded(), {"lever": np.ones((40, 30))})
    found = decoded(dataset)
    assert np.isnan(found["r2"]).all()
    figure = drawn(lambda empty: Decoding().draw(empty, found), 4.6)
    assert "constant:\nno R²" in [text.get_text() for text in figure.axes[0].texts]


def test_positions_are_drawn_in_space_and_gaps_stay_gaps(short):
    _, found = short
    figure = drawn(lambda empty: Decoding().draw(empty, found), 4.6)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    paths = [figure.axes[titles.index(of)] for of in ("recorded", "from rates", "from factors")]
    assert all(axes.get_aspect() == 1.0 for axes in paths)
    assert paths[0].get_xlim() == paths[1].get_xlim()
    x = np.asarray(paths[0].lines[0].get_xdata())
    assert np.isnan(x[:4]).all()
    assert np.isfinite(x[4:14]).all()
    own = [np.array_equal(x, of, equal_nan=True) for of in found["behavior"].values[:, :, 0]]
    assert sum(own) == 1  # it is the path of a trial
    ends = [line for line in paths[0].lines if line.get_marker() == "o"]
    assert len({str(line.get_color()) for line in ends}) == 4
    key = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert {"0", "90", "180", "270"} <= set(key)
    assert figure.get_figheight() > Decoding.height_in


def test_without_conditions_paths_are_coloured_by_their_direction(short):
    _, found = short
    still = found.drop_vars("condition")
    straight = np.zeros((40, 30, 4), np.float32)
    angle = np.arange(40) * np.pi / 2
    out_and_back = np.sin(np.linspace(0, np.pi, 30))
    straight[..., 0] = np.cos(angle)[:, None] * out_and_back
    straight[..., 1] = np.sin(angle)[:, None] * out_and_back
    still["behavior"] = still["behavior"].copy(data=straight)
    groups = groups_of(still, [0, 1])
    assert groups.labels.tolist() == [0, 90, 180, 270]
    assert groups.group.tolist() == (np.arange(40) % 4).tolist()
    assert groups.called == "direction (°)"
    assert not groups_of(still).known  # nothing is a place


def test_one_series_or_several_are_chosen():
    session = recorded().session
    assert channels_of(session, "pupil").name == ["pupil"]
    assert channels_of(session, ("pupil", "hand_vel")).name == ["pupil", "hand_vel 0", "hand_vel 1"]
    with pytest.raises(UserError, match=r"no behaviour `hand_velocity`.*`hand_vel`\?.*`pupil`"):
        channels_of(session, "hand_velocity")
    with pytest.raises(UserError, match="behaviour as numbers"):
        channels_of(dataclasses.replace(session, behavior={}))


def test_what_is_a_place_can_be_said():
    series = ["hand_vel", "hand_vel", "eye_pos", "eye_pos", "eye_pos", "pupil"]
    assert in_space(series) == [2, 3, 4]
    assert in_space(series, "hand_vel") == [0, 1]
    assert in_space(series, ()) == []
    assert in_space(["hand_vel", "hand_vel", "pos"]) == []
    with pytest.raises(UserError, match="two or three channels; pupil has 1"):
        in_space(series, "pupil")
    with pytest.raises(UserError, match="no behaviour `paw`"):
        in_space(series, "paw")
