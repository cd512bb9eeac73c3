"""The page of every neuron: whole, safe, offline, small, and as precise as it says."""

import base64
import json
import re

import numpy as np
import pytest
from tests.analysis.results import inferred, recorded

from lfads.analysis.analysis import analysed
from lfads.analysis.psth import PSTHs
from lfads.checks import UserError
from lfads.report.psth_page import psth_page, write_psth_page


@pytest.fixture(scope="module")
def found():
    condition = np.array(["left", "<script>alert(1)</script>"] * 20)
    dataset = recorded(condition=condition)
    return analysed("psth", PSTHs(), inferred(dataset), dataset.session)


def data_of(html):
    (text,) = re.findall(r'id="psth-data">(.*?)</script>', html, flags=re.DOTALL)
    return json.loads(text)


def test_values_come_back_to_a_part_in_250(found):
    of = data_of(psth_page({"session": found}, "run"))["sessions"][0]
    raw = np.frombuffer(base64.b64decode(of["average"]), np.uint8)
    values = raw.reshape(6, 2, 2, 30)  # neuron, method, condition, time
    ranges = np.array(of["rangeAverage"])
    back = (
        ranges[:, 0, None, None, None] + values / 254 * np.ptp(ranges, axis=1)[:, None, None, None]
    )
    truth = np.moveaxis(found["average"].values, -1, 0)
    assert np.abs(back - truth).max() < np.ptp(ranges, axis=1).max() / 250
    assert of["neurons"][3] == "neuron 3"
    assert len(of["r"]) == 2
    assert len(of["r"][0]) == 6


def test_words_of_the_data_are_no_code(found):
    html = psth_page({"session": found}, "<b>run</b>")
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    assert "<b>run</b>" not in html
    assert not re.search(r"""(src|href)=["']?https?:""", html)


def test_five_hundred_neurons_stay_small(found):
    many = found.isel(neuron=np.arange(500) % 6)
    html = psth_page({"session": many}, "run")
    assert len(html) < 3_000_000
    assert len(data_of(html)["sessions"][0]["neurons"]) == 500


def test_a_file_of_another_kind_is_not_replaced(found, tmp_path):
    page = tmp_path / "psths.html"
    write_psth_page({"session": found}, page, name="run")
    write_psth_page({"session": found}, page, name="run")  # its own is
    page.write_text("my own")
    with pytest.raises(UserError, match="is no page of neurons: choose another name"):
        write_psth_page({"session": found}, page, name="run")
    with pytest.raises(UserError, match="needs results of the same methods in all sessions"):
        write_psth_page({"a": found, "b": found.isel(signal=[0])}, tmp_path / "b.html", name="run")
