"""Single trials in a real browser: steps by keys, links to moments, from a disk and in the studio."""

import re
import threading
import time

import numpy as np
import pytest
from tests.analysis.results import inferred, recorded
from tests.browser.opened import Visitor

from lfads.report.trial_pack import write_pack
from lfads.report.trial_records import records_of, words_of
from lfads.report.trials_page import write_trials_page

pytestmark = pytest.mark.browser

DATASET = recorded(condition=np.arange(40) % 2, held_out_neurons=np.arange(6) == 4)
DRAWN = "document.querySelectorAll('.trial-panel canvas').length > 4"
ADDRESS = "location.hash"
HOSTS = "performance.getEntriesByType('resource').map((one) => new URL(one.name).host)"
ABOUT = "document.querySelector('.trial-about').textContent"


@pytest.fixture(scope="module")
def material():
    found = inferred(DATASET)
    found = found.assign(rates_std=found["rates"] * 0.2)
    return [records_of(found, DATASET.session)], words_of(found, "run")


def test_a_page_from_a_disk(visitor: Visitor, material, tmp_path):
    page, file = visitor.page, tmp_path / "page.html"
    records, words = material
    write_trials_page(records, words, file, num_trials=20)
    page.goto(f"{file.as_uri()}#trial=39&t=0.25")
    visitor.wait_until(DRAWN)
    assert "Trial 39 · condition 1" in page.evaluate(ABOUT)
    said = page.evaluate("document.querySelector('.trial-readout').textContent")
    truth = DATASET.session.true_rates_hz
    assert truth is not None
    for name, rate, std in re.findall(r"neuron (\d) ([\d.]+) ± ([\d.]+)", said):
        assert float(rate) == pytest.approx(truth[39, 12, int(name)], rel=0.01, abs=0.1)
        assert float(std) == pytest.approx(0.2 * float(rate), rel=0.02, abs=0.1)
    assert said.startswith("At 0.25 s: neuron")
    page.keyboard.press("k")
    visitor.wait_until(f"{ABOUT}.startsWith('Trial 37 ')")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("l")
    visitor.wait_until(f"{ADDRESS} === '#trial=39&t=0.27'")
    page.evaluate("location.hash = '#trial=38'")
    visitor.wait_until(
        "document.querySelector('#trials .waits').textContent.includes('Trial 38 is not among the 20')"
    )
    visitor.wait_until(f"{ABOUT}.startsWith('Trial 0 ')")
    before = page.evaluate("document.querySelector('#trial-factors canvas').toDataURL()")
    page.evaluate("document.getElementById('trial-same').click()")
    assert page.evaluate("document.querySelector('#trial-factors canvas').toDataURL()") != before
    assert page.evaluate("document.querySelector('.trial-held').hidden") is False
    unnamed = (
        "[...document.querySelectorAll('input, select')].filter((one) => !one.labels.length).length"
    )
    assert page.evaluate(unnamed) == 0
    assert visitor.complaints == []


def test_in_the_studio_under_its_policy(visitor: Visitor, material, tmp_path):
    from lfads.studio.app import make_app
    from lfads.studio.looks import _ENDINGS
    from lfads.studio.web import uvicorn

    app = make_app(tmp_path / "jobs", "token", serves=False)
    studio = app.app.state.studio  # pyright: ignore[reportFunctionMemberAccess]
    job = studio.jobs.submit("reproduce", ["lorenz"])
    key = "0123456789" * 2
    studio.looks.place.mkdir(parents=True)
    write_pack(studio.looks.place / f"{key}{_ENDINGS['trials']}", *material)
    (studio.looks.place / f"{key}.txt").touch()
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    page, port = visitor.page, server.servers[0].sockets[0].getsockname()[1]
    try:
        page.goto(f"http://127.0.0.1:{port}/?token=token")
        page.wait_for_url("**/data")
        page.goto(f"http://127.0.0.1:{port}/jobs/{job.id}/trials/{key}#trial=17&t=0.25")
        visitor.wait_until(DRAWN)
        visitor.wait_until(f"{ABOUT}.startsWith('Trial 17 ')")
        page.keyboard.press("j")
        visitor.wait_until(f"{ABOUT}.startsWith('Trial 18 ')")
        visitor.wait_until(f"{ADDRESS} === '#trial=18&t=0.25'")
        asked = page.evaluate(HOSTS)
        assert set(asked) == {f"127.0.0.1:{port}"}
        visitor.look_over()
        page.goto(f"http://127.0.0.1:{port}/curves")
        visitor.look_over()
    finally:
        server.should_exit = True
        thread.join()
