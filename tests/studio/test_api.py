"""The studio for programs: its document, its answers, and the client over a real connection."""

import json
import re
import threading
import time

import pytest
import uvicorn
from tests.studio import test_journey
from tests.studio.browser import TOKEN, Browser
from tests.studio.test_journey import done

from lfads.checks import UserError
from lfads.studio import Client
from lfads.studio.programs.api import OPERATIONS
from lfads.studio.programs.operations import SCHEMAS

browser = test_journey.browser
SETTINGS = {"training": {"num_epochs": 2}}


@pytest.fixture
def client(browser: Browser):
    """Of a studio that serves the browser's app, but runs no jobs."""
    config = uvicorn.Config(browser.app, port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Client(f"http://127.0.0.1:{port}/?token={TOKEN}")
    server.should_exit = True
    thread.join()


def test_the_document_is_valid_and_tells_every_route(browser: Browser):
    import openapi_spec_validator as validator

    document = json.loads(browser.get("/api/openapi.json").text)
    validator.validate(document)
    assert document["openapi"] == "3.1.0"
    told = {(m.upper(), p) for p, ways in document["paths"].items() for m in ways}
    assert told == {(one.method, one.path.replace(":path", "")) for one in OPERATIONS}
    page = browser.get("/api").text
    assert all(one.summary in page for one in OPERATIONS)


def test_a_program_shows_the_token(browser: Browser):
    stranger = Browser(browser.studio.jobs.place, enters=False)
    assert stranger.get("/api/jobs").status == 403
    assert stranger.get("/api/jobs", authorization="Bearer guess").status == 403
    assert stranger.get("/api/jobs", authorization=f"Basic {TOKEN}").status == 403
    assert stranger.get("/api/jobs", authorization=f"Bearer {TOKEN}").status == 200
    # The token of a program opens no page, and a cookie alone changes nothing.
    assert stranger.get("/data", authorization=f"Bearer {TOKEN}").status == 403
    assert browser.ask("POST", "/api/jobs", [b"{}"]).status == 403
    assert browser.ask("DELETE", "/api/data/e-000000000000").status == 403
    assert browser.get("/api/data").status == 200


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (b"x", "must be JSON"),
        (b"[]", "must be an object"),
        (b"{}", "expected an object with `command`"),
        (b'{"command": "train", "out": "/etc"}', "expected an object with `command`"),
        (b'{"command": "rm"}', "`command=` must be one of"),
        (b'{"command": "neurocaas run"}', "`command` must be one of"),
        (b'{"command": "train", "inputs": ["/etc/passwd"]}', "are ids of data"),
        (b'{"command": "train", "inputs": ["../x"]}', "are ids of data"),
        (b'{"command": "train", "inputs": "a"}', "`inputs` must be a list"),
        (b'{"command": "train", "settings": 3}', "`settings` must be an object"),
        (b'{"command": "train", "options": ["--out=/x"]}', "leave out"),
        (b'{"command": "train", "anew": {}}', "`anew` must be true or false"),
        (b'{"command": "train", "inputs": ["e-000000000000"]}', "these data are not here"),
    ],
)
def test_mistakes_are_named(browser: Browser, sent: bytes, message: str):
    answer = browser.ask("POST", "/api/jobs", [sent], {"authorization": f"Bearer {TOKEN}"})
    assert answer.status == (404 if "not here" in message else 400)
    assert message in json.loads(answer.text)["error"]


def test_a_script_goes_the_whole_way(browser: Browser, client: Client, tmp_path):
    (first,) = client.data()
    assert (first.name, first.offered) == ("<b>monday.h5", False)
    said: list[str] = []
    data = client.upload(tmp_path / "data.h5", say=said.append)
    assert data.name == "data.h5"
    assert re.fullmatch(r"0.0 of \d.\d MB", said[0])
    assert (
        browser.studio.shelf.get(data.id).path.read_bytes() == (tmp_path / "data.h5").read_bytes()
    )
    job = client.submit("train", [data.id], settings=SETTINGS)
    assert (job.state, job.inputs, job.settings) == ("queued", [data.id], SETTINGS)
    assert client.submit("train", [data.id], settings=SETTINGS).id == job.id
    assert client.cancel(job.id).state == "cancelled"
    with pytest.raises(UserError, match=f"{job.id}: It was cancelled"):
        client.wait(job.id)
    assert client.restart(job.id).state == "queued"
    done(browser, job.id)
    assert client.wait(job.id).sentence == "It ended well."
    assert client.log(job.id) == "<i>epoch 1</i>\nepoch 2\n"
    assert "checkpoints/best.npz" in client.files(job.id)
    got = client.download(job.id, "checkpoints/best.npz", tmp_path / "best.npz")
    assert got.read_bytes() == b"weights"
    with pytest.raises(UserError, match=r"best\.npz"):
        client.download(job.id, "checkpoints/best.npz", got)
    with pytest.raises(UserError, match="has no such file"):
        client.download(job.id, "../job.json", tmp_path / "job.json")
    assert not (tmp_path / "job.json").exists()
    assert client.submit("analyse", [f"job:{job.id}", "psth"]).inputs == [f"job:{job.id}", "psth"]
    assert len(client.jobs()) == 2
    client.delete_job(job.id)
    client.delete_data(data.id)
    assert client.data() == [first]


def test_answers_are_as_they_are_told(browser: Browser, client: Client):
    (data,) = client._asked("GET", "data")
    assert set(data) == set(SCHEMAS["Data"])
    job = client.submit("train", [data["id"]], settings=SETTINGS)
    (told,) = client._asked("GET", "jobs")
    assert set(told) == set(SCHEMAS["Job"])
    assert set(client._asked("GET", f"jobs/{job.id}/log")) == set(SCHEMAS["Log"])
    begun = client._asked("POST", "data?name=a.h5&size_bytes=10")
    assert set(begun) == set(SCHEMAS["Upload"])
    where = f"data/{begun['id']}/pieces"
    assert client._asked("POST", f"{where}?offset=3", b"x")["offset"] == 0
    assert client._asked("POST", f"{where}?offset=0", b"x" * 4)["offset"] == 4
    with pytest.raises(UserError, match="more than the file has"):
        client._asked("POST", f"{where}?offset=4", b"x" * 40)
    with pytest.raises(UserError, match="`offset` must be a whole number"):
        client._asked("POST", f"{where}?offset=-1", b"x")


def test_links_and_studios_that_are_none_are_said(tmp_path):
    for link in ("http://127.0.0.1:1/", "127.0.0.1:1/?token=a", "file:///x?token=a", ""):
        with pytest.raises(UserError, match="by the link that `lfads studio` printed"):
            Client(link)
    nobody = Client("http://127.0.0.1:1/?token=secret")
    with pytest.raises(UserError, match=r"no studio answers at http://127\.0\.0\.1:1/: "):
        nobody.jobs()
    assert "secret" not in repr(nobody)
    with pytest.raises(UserError, match="expected a file of data"):
        nobody.upload(tmp_path / "none.h5")
