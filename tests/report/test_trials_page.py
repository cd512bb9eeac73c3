"""Single trials as records and as a page: what is drawn is what was inferred, and no more is claimed."""

import base64
import json
import re
import warnings
import zlib

import numpy as np
import pytest
from tests.analysis.results import inferred, recorded

from lfads.checks import UserError
from lfads.report.trial_pack import Pack, write_pack
from lfads.report.trial_records import NONE, STEPS, records_of, words_of
from lfads.report.trials_page import trials_page, write_trials_page

LENGTHS = np.where(np.arange(40) % 2, 30, 20)
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message=".*behind `trial_length`")
    DATASET = recorded(
        condition=np.array(["left", "<script>alert(1)</script>"] * 20),
        trial_length=LENGTHS,
        held_out_neurons=np.arange(6) == 4,
    )
SESSION = DATASET.session


def posterior():
    found = inferred(DATASET)
    std = found["rates"] * 0.1
    return found.assign(rates_std=std).assign_attrs(spread="posterior spread")


@pytest.fixture(scope="module")
def records():
    return records_of(posterior(), SESSION, num_forward_bins=3)


@pytest.fixture(scope="module")
def words():
    return words_of(posterior(), "<b>run</b>", ["60 of 900 trials"])


def block_of(records, key: str):
    """What a record says, and its raw numbers, as the page's script reads them."""
    (block,) = [one for one in records.about["blocks"] if one["key"] == key]
    num_bytes = block["num"] * 30 * block["bytes"]
    raw = np.ascontiguousarray(records.rows[:, block["offset"] : block["offset"] + num_bytes])
    kind = "<u2" if block["bytes"] == 2 else np.uint8
    return block, raw.view(kind).reshape(40, 30, block["num"])


def test_values_come_back_from_their_steps(records):
    found = posterior()
    for key in ("rates", "rates_std", "factors", "hand_vel"):
        block, raw = block_of(records, key)
        name = "behavior_hand_vel" if key == "hand_vel" else key
        truth = found[name].to_numpy()
        low, high = np.array(block["low"]), np.array(block["high"])
        back = low + (high - low) * raw / STEPS
        known = np.isfinite(truth)
        assert (raw == NONE).sum() == (~known).sum() > 0
        assert np.abs(back - truth)[known].max() <= np.ptp(truth[known]) / 8_000
    assert block_of(records, "rates")[0]["unit"] == "spikes/s"
    assert block_of(records, "hand_vel")[0]["columns"] == ["channel 0", "channel 1"]


def test_spikes_are_exact_and_what_was_not_recorded_is_marked(records):
    block, raw = block_of(records, "spikes")
    within = SESSION.valid_bins()[:, :, None] & np.ones(6, bool)
    assert np.array_equal(raw[within], SESSION.spikes[within])
    assert (raw[~within] == block["none"]).all()


def test_what_stands_on_the_axes(records):
    about = records.about
    assert about["length"] == LENGTHS.tolist()
    assert about["held_out"] == [False] * 4 + [True, False]
    assert about["forward_bins"] == 3
    seconds = 0.02 * LENGTHS.sum()
    mean = SESSION.spikes.sum((0, 1)) / seconds
    np.testing.assert_allclose(about["mean"], mean, rtol=1e-5)
    rates = posterior()["rates"].to_numpy()
    low, high = block_of(records, "rates")[0]["scale"]
    inside = (rates * 1.1 <= np.array(high) * (1 + 1e-5)) & (
        rates * 0.9 >= np.array(low) * (1 - 1e-5)
    )
    assert 0.995 < inside[np.isfinite(rates)].mean() < 1  # the rest is marked at the edge


def test_without_data_there_are_no_spikes():
    found = records_of(posterior().drop_vars("rates_std"), None)
    keys = [one["key"] for one in found.about["blocks"]]
    assert keys == ["rates", "factors", "hand_vel", "pupil"]


def test_a_file_gives_one_trial_at_a_time(records, words, tmp_path):
    write_pack(tmp_path / "a.trials", [records, records], words)
    pack = Pack(tmp_path / "a.trials")
    assert pack.record(1, 7) == records.rows[7].tobytes()
    assert json.loads(pack.about())["sessions"][0] == records.about
    assert pack.words() == words
    assert np.array_equal(pack.sessions()[1].rows, records.rows)
    for session, position in ((2, 0), (0, 40), (0, -1)):
        with pytest.raises(UserError, match="no such trial"):
            pack.record(session, position)
    (tmp_path / "other").write_bytes(b"something else")
    with pytest.raises(UserError, match="holds no trials of `lfads`"):
        Pack(tmp_path / "other")


def test_the_page_holds_the_trials_that_were_asked_for_and_no_code_of_the_data(records, words):
    html = trials_page([records], words)
    assert "<script>alert" not in html
    assert "<b>run</b>" not in html
    assert not re.search(r"""(src|href)=["']?https?:""", html)
    (text,) = re.findall(r'id="trials-data">(.*?)</script>', html, flags=re.DOTALL)
    row = np.frombuffer(
        zlib.decompress(base64.b64decode(json.loads(text)["records"][0][3])), np.uint8
    )
    assert len(row) == records.rows.shape[1]
    for block in records.about["blocks"]:
        place = slice(block["offset"], block["offset"] + 30 * block["num"] * block["bytes"])
        back = row[place]
        if block["bytes"] == 2:
            low, high = back.reshape(2, block["num"], 30).astype(np.uint16)
            back = np.cumsum((low + 256 * high).T, axis=0, dtype="<u2").ravel().view(np.uint8)
        assert np.array_equal(back, records.rows[3, place])


def test_some_trials_and_pages_that_are_too_large(records, words, tmp_path):
    page = tmp_path / "page.html"
    assert write_trials_page([records], words, page, trials=[7, 3]) == 2
    assert '"number":[3,7]' in page.read_text(encoding="utf-8")
    assert write_trials_page([records], words, page, num_trials=5) == 5
    with pytest.raises(UserError, match=r"there is no trial 40"):
        write_trials_page([records], words, page, trials=[3, 40])
    with pytest.raises(UserError, match="must be 1 or more; got 0"):
        write_trials_page([records], words, page, num_trials=0)
    with pytest.raises(UserError, match=r"page of 40 trials would have about 0 MB.*num_trials=\d+"):
        write_trials_page([records], words, page, max_mb=0.05)
    page.write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="is no page of single trials"):
        write_trials_page([records], words, page, num_trials=5)
    assert page.read_text(encoding="utf-8") == "mine"
