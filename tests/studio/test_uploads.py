"""Uploads: broken off and gone on with, bounded, and under names that are never paths."""

import json

import pytest
from tests.studio.browser import Browser

from lfads.checks import UserError
from lfads.studio.data import data_pages
from lfads.studio.data.shelf import Shelf, suffix_of

BYTES = bytes(range(256)) * 40


@pytest.fixture
def browser(tmp_path) -> Browser:
    return Browser(tmp_path / "jobs")


def begun(browser: Browser, name: str = "monday.h5", size: int = len(BYTES), key: str = "1"):
    return browser.send(f"/data/uploads?name={name}&size={size}&key={key}")


def test_an_upload_that_broke_off_goes_on_where_it_was(browser: Browser):
    state = json_of(begun(browser))
    url = f"/data/uploads/{state['id']}"
    assert state["offset"] == 0
    assert (
        json_of(browser.send(f"{url}?offset=0", [BYTES[:1000], BYTES[1000:3000]]))["offset"] == 3000
    )
    browser.send(f"{url}?offset=3000", [BYTES[3000:5000]], breaks=True)
    assert "Broken off" in browser.get("/data").text
    # Another studio in the same place, as after a restart.
    later = Browser(browser.studio.jobs.place)
    assert json_of(begun(later)) == {"id": state["id"], "offset": 5000}
    assert json_of(begun(later, key="2"))["id"] != state["id"]
    for wrong in ("0", "9999", "-1", "x", ""):
        assert later.send(f"{url}?offset={wrong}", [b"x"]).status == 409
    done = json_of(later.send(f"{url}?offset=5000", [BYTES[5000:]]))
    assert done["page"] == f"data/{state['id']}"
    item = later.studio.shelf.get(state["id"])
    assert (item.name, item.path.read_bytes()) == ("monday.h5", BYTES)
    assert later.send(f"{url}?offset={len(BYTES)}", [b"x"]).status == 404


def test_no_more_comes_than_was_said(browser: Browser, monkeypatch):
    url = f"/data/uploads/{json_of(begun(browser, size=100))['id']}"
    assert browser.send(f"{url}?offset=0", [b"x" * 60, b"x" * 60]).status == 413
    assert browser.studio.shelf.unfinished()
    monkeypatch.setattr(data_pages, "MOST_PIECE_BYTES", 10)
    url = f"/data/uploads/{json_of(begun(browser, size=99))['id']}"
    assert browser.send(f"{url}?offset=0", [b"x" * 11]).status == 413
    for size in ("0", "-5", "x", "9" * 30, str(2**45)):
        assert browser.send(f"/data/uploads?name=a.h5&size={size}").status == 400
    answer = browser.send(f"/data/uploads?name=a.h5&size={2**40}")
    assert "the disk has room for" in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd.h5", "..\\..\\x.h5", "/etc/x.h5", "<script>alert(1)</script>.h5", "a\0b.h5",
        "a%0ab.h5", "x" * 500 + ".h5", '"><img src=x>.h5', "{{7*7}}.h5",
    ],
)  # fmt: skip
def test_hostile_names_are_text_to_show_only(browser: Browser, name: str):
    boundary = "b0undary"
    parts = [("csrf", "", browser.csrf.encode()), ("file", name.replace('"', "%22"), BYTES)]
    body = b"".join(
        f'--{boundary}\r\ncontent-disposition: form-data; name="{field}"'.encode()
        + (f'; filename="{file}"'.encode() if file else b"")
        + b"\r\n\r\n" + content + b"\r\n"
        for field, file, content in parts
    ) + f"--{boundary}--\r\n".encode()  # fmt: skip
    form = {"content-type": f"multipart/form-data; boundary={boundary}"}
    answer = browser.ask("POST", "/data/form", [body], form)
    assert answer.status == 303
    (item,) = browser.studio.shelf.items()
    own = browser.studio.jobs.place / "studio" / "data"
    assert item.path == own / item.id / f"{item.id}.h5"
    assert item.path.read_bytes() == BYTES
    assert len(item.name) <= 200
    assert not {"/", "\\", "\n", "\0"} & set(item.name)
    page = browser.get("/data").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_what_is_no_data_is_refused(browser: Browser):
    for name in ("run.sh", "page.html", "h5", ""):
        answer = begun(browser, name)
        assert answer.status == 400
        assert "a file of data ends in" in answer.text
    with pytest.raises(UserError, match=r"ends in \.h5, .*got `x\.py`"):
        suffix_of("x.py")


@pytest.mark.parametrize(
    "name", ["..", "e-000000000000", "../../jobs", "%2e%2e", "e-00000000000/.."]
)
def test_ids_lead_nowhere_else(browser: Browser, name: str):
    for url in (f"/data/{name}", f"/data/{name}/preview", f"/data/{name}/run"):
        assert browser.get(url).status in (400, 404)
    assert browser.send(f"/data/uploads/{name}?offset=0", [b"x"]).status in (400, 403, 404)
    assert browser.post(f"/data/{name}/remove").status in (400, 404)


def test_a_folder_is_offered_and_never_written_to(tmp_path):
    folder = tmp_path / "mine"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.h5").write_bytes(BYTES)
    (folder / "notes.txt").write_text("x")
    (tmp_path / "secret.h5").write_bytes(BYTES)
    (folder / "link.h5").symlink_to(tmp_path / "secret.h5")
    browser = Browser(tmp_path / "jobs", data=folder)
    (item,) = browser.studio.shelf.items()
    assert (item.name, item.offered) == ("sub/a.h5", True)
    answer = browser.post(f"/data/{item.id}/remove")
    assert (answer.status, item.path.exists()) == (404, True)
    assert "only what was uploaded here can be removed" in answer.text
    with pytest.raises(UserError, match="must lie in a folder"):
        Shelf(tmp_path, tmp_path / "nowhere")


def test_uploads_are_removed(browser: Browser):
    name = json_of(begun(browser))["id"]
    assert browser.post(f"/data/{name}/remove").status == 200
    assert not browser.studio.shelf.unfinished()


def json_of(answer):
    assert answer.status in (200, 409), answer.text
    return json.loads(answer.text)
