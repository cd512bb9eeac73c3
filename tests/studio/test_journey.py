"""From a file to its results, as a newcomer goes, and what pages say on the way; nothing is trained."""

import io
import json
import re
import sys
import zipfile

import pytest
from tests.jobs.planned import KILLED, LIVES, Planned, supervisor_of
from tests.studio.browser import Browser

from lfads.formats.hdf5 import write
from lfads.jobs.alive import Held
from lfads.jobs.folder import LOG
from lfads.jobs.supervisor import LOCK
from lfads.simulate.lorenz import simulate_lorenz
from lfads.studio import looks
from lfads.studio.entrance.guard import PAGE_POLICY

TINY = simulate_lorenz(num_neurons=5, num_bins=10, num_conditions=2, trials_per_condition=10)
SUITS = {
    "settings": {"model.num_factors": [5, "no more than <encoded> neurons"]}, "minutes": 0.25,
    "memory_bytes": 6e8,
}  # fmt: skip
METRICS = [
    {"epoch": k, "valid_bits_per_spike": 0.1 * k, "valid_nll": 0.3, "train_nll": 0.3}
    for k in (1, 2)
]


@pytest.fixture
def browser(tmp_path, monkeypatch) -> Browser:
    """With a file of data; looks answer at once."""
    said = {"show": "bins 10", "suits": json.dumps({"train": SUITS, "search": SUITS}), "mat": ""}

    def words(kind, path, made, width):
        code = "import sys, pathlib; print(sys.argv[1], end=''); "
        code += "pathlib.Path(sys.argv[2]).write_text('made')"
        return [sys.executable, "-c", code, said.get(kind, ""), str(made)]

    monkeypatch.setattr(looks, "_words", words)
    browser = Browser(tmp_path / "jobs")
    content = write(TINY, tmp_path / "data.h5").read_bytes()
    url = f"/data/uploads?name=<b>monday.h5&size={len(content)}"
    upload = json.loads(browser.send(url).text)["id"]
    assert browser.send(f"/data/uploads/{upload}?offset=0", [content]).status == 200
    return browser


def waited(browser: Browser, url: str):
    """The page once it waits no longer."""
    for _ in range(3000):
        answer = browser.get(url)
        if 'class="waits"' not in answer.text:
            return answer
        assert 'http-equiv="refresh"' in answer.text
    raise AssertionError


def submitted(browser: Browser, **words: str) -> str:
    (item,) = browser.studio.shelf.items()
    form = {"command": "train", "do": "submit", "training.num_epochs": "2", **words}
    answer = browser.post(f"/data/{item.id}/submit", form)
    assert answer.status == 200, answer.text
    return answer.url.rpartition("/")[2]


def done(browser: Browser, name: str) -> None:
    """Do a training as if it were one."""
    run = browser.studio.jobs.folder(browser.studio.jobs.get(name)) / "run"
    (run / "checkpoints").mkdir(parents=True)
    (run / "checkpoints" / "best.npz").write_bytes(b"weights")
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in METRICS))
    (run / "summary.json").write_text(json.dumps({"best_epoch": 2, "epochs": 2, "seconds": 9.0}))
    (run.parent / LOG).write_text("<i>epoch 1</i>\nepoch 2\n")
    supervisor = supervisor_of(browser.studio.jobs, Planned())
    supervisor.step()
    supervisor.step()


def test_from_a_file_to_its_results(browser: Browser):
    (item,) = browser.studio.shelf.items()
    shown = waited(browser, f"/data/{item.id}")
    assert "bins 10" in shown.text
    assert "&lt;b&gt;" in shown.text
    assert "<b>" not in shown.text
    form = waited(browser, f"/data/{item.id}/run")
    assert "About" not in form.text
    assert "0.2 minutes on this machine" in form.text
    assert "no more than &lt;encoded&gt; neurons" in form.text
    assert 'placeholder="5"' in form.text
    copied = browser.post(
        f"/data/{item.id}/submit", {"command": "train", "do": "copy", "seed": "3"}
    )
    assert "--seed 3" in copied.text
    assert 'value="3"' in copied.text
    name = submitted(browser, seed="3")
    assert submitted(browser, seed="3") == name
    assert browser.studio.jobs.get(name).asked.settings == {
        "seed": 3,
        "training": {"num_epochs": 2},
    }
    assert "Nothing serves this queue at the moment" in browser.get("/jobs").text
    done(browser, name)
    job = browser.get(f"/jobs/{name}")
    assert "It ended well." in job.text
    assert "&lt;i&gt;epoch 1&lt;/i&gt;" in job.text
    assert browser.get(f"/jobs/{name}/files/checkpoints/best.npz").body == b"weights"
    archive = zipfile.ZipFile(io.BytesIO(browser.get(f"/jobs/{name}/all.zip").body))
    assert f"{name}/metrics.jsonl" in archive.namelist()
    runs = browser.get("/runs?by=bits")
    assert "0.2000" in runs.text
    assert "2 (best 2)" in runs.text
    assert "is like that" in browser.get("/runs?word=nothing").text
    infer = browser.post(f"/jobs/{name}/follow", {"command": "infer"}).url.rpartition("/")[2]
    assert browser.studio.jobs.get(infer).asked.inputs == (f"job:{name}",)
    assert browser.post(f"/jobs/{name}/follow", {"command": "reproduce"}).status == 400
    assert browser.post(f"/jobs/{infer}/follow", {"command": "report"}).status == 400
    psth = browser.post(f"/jobs/{name}/follow", {"command": "analyse psth"}).url.rpartition("/")[2]
    assert browser.studio.jobs.get(psth).asked.inputs == (f"job:{name}", "psth")


def test_mistakes_come_back_with_what_was_typed(browser: Browser):
    (item,) = browser.studio.shelf.items()
    waited(browser, f"/data/{item.id}/run")
    words = {"command": "train", "training.num_epochs": "<many>", "model.num_factors": "3"}
    answer = browser.post(f"/data/{item.id}/submit", words)
    assert answer.status == 400
    assert "must be a whole number; got" in answer.text
    assert 'value="&lt;many&gt;"' in answer.text
    assert 'value="3"' in answer.text
    words = {"command": "train", "training.batch_size": "5000"}
    answer = browser.post(f"/data/{item.id}/submit", words)
    assert "there are only" in answer.text
    assert browser.post(f"/data/{item.id}/submit", {"command": "delete"}).status == 400
    assert browser.studio.jobs.list() == []


def test_log_and_state_come_as_they_change(browser: Browser):
    name = submitted(browser)
    done(browser, name)
    told = browser.get(f"/jobs/{name}/events?at=0")
    assert told.headers["content-type"].startswith("text/event-stream")
    assert re.findall(r"^event: (\w+)$", told.text, re.MULTILINE) == ["log", "state", "ended"]
    assert json.dumps("<i>epoch 1</i>\nepoch 2\n") in told.text
    later = browser.get(f"/jobs/{name}/events?at=0", last_event_id="16")
    assert json.dumps("poch 2\n") in later.text
    assert browser.get("/jobs/none/events").status == 404


def test_learning_curves_are_an_image(browser: Browser, undrawn):
    name = submitted(browser)
    assert browser.get(f"/jobs/{name}/curves.svg").status == 404
    done(browser, name)
    image = browser.get(f"/jobs/{name}/curves.svg")
    assert image.headers["content-type"] == "image/svg+xml"
    assert image.text.startswith("<svg ")
    assert "script" not in image.headers["content-security-policy"]


def test_reports_stand_in_a_frame_of_their_own(browser: Browser):
    name = submitted(browser)
    done(browser, name)
    run = browser.studio.jobs.folder(browser.studio.jobs.get(name)) / "run"
    (run / "report.html").write_text("<script>1</script>")
    (run / "posterior.nc").write_bytes(b"posterior")
    (run / "link.html").symlink_to("/etc/passwd")
    page = browser.get(f"/jobs/{name}")
    assert '<iframe title="Report" sandbox="allow-scripts allow-downloads"' in page.text
    report = browser.get(f"/jobs/{name}/files/report.html")
    assert report.headers["content-security-policy"] == PAGE_POLICY
    assert "link.html" not in page.text
    for path in ("link.html", "../job.json", "%2e%2e/job.json", "/etc/passwd", "checkpoints"):
        assert browser.get(f"/jobs/{name}/files/{path}").status == 404
    posterior = browser.get(f"/jobs/{name}/files/posterior.nc")
    assert posterior.headers["content-disposition"] == 'attachment; filename="posterior.nc"'
    assert waited(browser, f"/jobs/{name}/posterior.mat").body == b"made"


def test_a_preview_is_made_when_asked_for(browser: Browser):
    (item,) = browser.studio.shelf.items()
    assert "look=preview" in waited(browser, f"/data/{item.id}").text
    assert browser.get(f"/data/{item.id}/preview").status == 400
    assert "<iframe" in waited(browser, f"/data/{item.id}?look=preview").text
    preview = browser.get(f"/data/{item.id}/preview")
    assert preview.text == "made"
    assert preview.headers["content-security-policy"] == PAGE_POLICY
    assert browser.post(f"/data/{item.id}/again").status == 200


def test_a_sentence_says_what_is_waited_for(browser: Browser):
    jobs = browser.studio.jobs
    first, second = submitted(browser), submitted(browser, seed="1")
    held = Held(jobs.place / LOCK)
    assert "It begins within seconds." in browser.get(f"/jobs/{first}").text
    supervisor = supervisor_of(jobs, Planned([LIVES, KILLED]))
    supervisor.step()
    page = browser.get("/jobs").text
    assert f"It waits for room on this machine: {first} is running." in page
    assert "reading data and compiling come first" in page
    assert "minutes are expected in all" in page
    jobs.submit("infer", [f"job:{second}"])
    assert f"It waits for the result of {second}, which is queued." in browser.get("/jobs").text
    assert "It was asked to end" in browser.post(f"/jobs/{first}/cancel").text
    assert "restarted, a training goes on" in browser.post(f"/jobs/{second}/cancel").text
    assert browser.post(f"/jobs/{second}/restart").status == 200
    browser.post(f"/jobs/{second}/cancel")
    assert f'jobs/{second}"' not in browser.post(f"/jobs/{second}/remove").text
    assert browser.post(f"/jobs/{first}/remove").status == 400
    held.give_back()
