"""Files of DANDI by identifier, from a server on this machine that answers as the archive does."""

import http.server
import json
import re
import socket
import threading
import urllib.parse
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.recordings.nwb_files import AROUND_GO, command, write_nwb

import lfads
from lfads.checks import UserError
from lfads.recordings.nwb.dandi import LARGEST_ANSWER, address_on_dandi, asset_of, is_on_dandi
from lfads.recordings.nwb.file import opened_nwb
from lfads.recordings.sources import is_recording

pytest.importorskip("aiohttp")

PATH = "sub-1/sub-1_ses-a.nwb"
HERE = f"dandi:000128/{PATH}"


class Archive(http.server.ThreadingHTTPServer):
    """An archive with one dandiset, whose answers a test may replace by their paths."""

    def __init__(self, nwb):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = nwb.read_bytes() if nwb else b""
        self.base = f"http://127.0.0.1:{self.server_address[1]}"
        self.replaced, self.requests, self.ranges = {}, [], []
        names = [PATH, f"{PATH}x", "sub-2/sub-2.nwb", "sub-2/video.mp4"]
        self.assets = {name: f"id-{place}" for place, name in enumerate(names)}

    def answer(self, path, prefix):
        if path in self.replaced:
            return self.replaced[path]
        if re.fullmatch(r"/api/dandisets/000128/versions/(draft|0\.1)/assets/", path):
            known = self.assets.items()
            return 200, {
                "count": 4,
                "next": None,
                "results": [{"asset_id": v, "path": k} for k, v in known if k.startswith(prefix)],
            }
        if path == "/api/assets/id-0/":
            own = f"{self.base}/api/assets/id-0/download/"
            return 200, {"contentUrl": [own, f"{self.base}/blobs/abc"]}
        return 404, {"detail": "Not found."}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def archive(self) -> Any:
        return self.server

    def log_message(self, *args: Any, **kwargs: Any):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        parts = urllib.parse.urlsplit(self.path)
        self.archive.requests.append(parts.path)
        if parts.path == "/blobs/abc":
            self.send_file()
            return
        prefix = urllib.parse.parse_qs(parts.query).get("path", [""])[0]
        status, answer = self.archive.answer(parts.path, prefix)
        self.send(status, answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    def send_file(self):
        whole = self.archive.content
        said = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if said is None:
            self.send(200, whole, {"Accept-Ranges": "bytes"})
            return
        first, last = int(said[1]), min(int(said[2]), len(whole) - 1)
        self.archive.ranges.append((first, last))
        about = {"Content-Range": f"bytes {first}-{last}/{len(whole)}"}
        self.send(206, whole[first : last + 1], about)

    def send(self, status, body, headers=None):
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


def serve(nwb, monkeypatch):
    with Archive(nwb) as archive:
        threading.Thread(target=archive.serve_forever, daemon=True).start()
        monkeypatch.setenv("DANDI_API_URL", f"{archive.base}/api")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield archive
        archive.shutdown()


@pytest.fixture(scope="module")
def nwb(tmp_path_factory):
    return write_nwb(tmp_path_factory.mktemp("dandi") / "local.nwb")


@pytest.fixture
def archive(nwb, monkeypatch):
    yield from serve(nwb, monkeypatch)


@pytest.fixture
def api(monkeypatch):
    """An archive that holds no file."""
    yield from serve(None, monkeypatch)


def test_a_file_is_found_by_two_requests_and_read_by_ranges(archive, nwb):
    with lfads.open_recording(HERE) as remote, opened_nwb(nwb) as local:
        assert remote.source == HERE
        assert remote.name == "sub-1_ses-a"
        assert is_recording(Path(HERE))
        for unit in range(local.num_units):
            np.testing.assert_array_equal(remote.spike_times_s[unit], local.spike_times_s[unit])
    asked = [path for path in archive.requests if path.startswith("/api")]
    assert asked == ["/api/dandisets/000128/versions/draft/assets/", "/api/assets/id-0/"]
    assert archive.ranges


def test_pieces_that_are_not_asked_for_do_not_travel(archive, monkeypatch, nwb):
    monkeypatch.setattr("lfads.storage.stores.PIECE_BYTES", 2**13)
    with lfads.open_recording(HERE) as remote:
        assert len(remote.spike_times_s[0]) == 1200
    travelled = [last - first + 1 for first, last in archive.ranges]
    assert max(travelled) <= 2**13
    assert len(set(archive.ranges)) == len(archive.ranges)  # nothing twice
    assert sum(travelled) < 0.9 * nwb.stat().st_size


@pytest.mark.parametrize("place", [f"dandi://000128/{PATH}", f"DANDI:000128@0.1/{PATH}"])
def test_commands_take_identifiers(archive, nwb, tmp_path, capsys, place):
    assert command("show", place) == 0
    assert "30 trials" in capsys.readouterr().out
    assert command("prepare", place, "--out", tmp_path / "remote.h5", *AROUND_GO) == 0
    assert command("prepare", nwb, "--out", tmp_path / "local.h5", *AROUND_GO) == 0
    remote, local = (lfads.read(tmp_path / name).session for name in ("remote.h5", "local.h5"))
    np.testing.assert_array_equal(remote.spikes, local.spikes)
    version = "0.1" if "@" in place else "draft"
    assert f"/api/dandisets/000128/versions/{version}/assets/" in archive.requests


def test_identifiers():
    for place in (HERE, f"dandi://000128/{PATH}", Path(f"dandi://000128/{PATH}")):
        assert is_on_dandi(place)
        assert str(asset_of(place)) == HERE
    assert asset_of("dandi:000128@0.1/a.nwb").version == "0.1"
    assert not is_on_dandi("data/dandi.nwb")
    assert not is_on_dandi("s3://dandi:000128/a.nwb")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("dandi:128/a.nwb", "expected `dandi:DANDISET/PATH`"),
        ("dandi:000128", r"names no file; expected .* The dandiset has `sub-1/sub-1_ses-a.nwb`"),
        ("dandi:000128/sub-1/sub-1_ses-b.nwb", "no such file. The dandiset has `sub-1/sub-1_ses-a"),
        ("dandi:000128/sub_2.nwb", "there is no such file. The dandiset has `sub-2/sub-2.nwb`"),
        ("dandi:000128/sub-2/video.mp4", r"only NWB files in HDF5 .* got `video.mp4`"),
        ("dandi:000129/a.nwb", "has no dandiset 000129 with a version `draft`"),
    ],
)
def test_what_is_not_there_leads_on(api, place, said):
    with pytest.raises(UserError, match=said), lfads.open_recording(place):
        pass


ASSETS = "/api/dandisets/000128/versions/draft/assets/"
ASSET = "/api/assets/id-0/"


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        (ASSETS, (403, {}), "is not public .* `dandi download`"),
        (ASSET, (401, {}), "is not public"),
        (ASSETS, (503, {}), "answers with status 503: try again later"),
        (ASSETS, (200, b"<html>"), "answers with no JSON: is it the API of a DANDI archive"),
        (ASSETS, (200, [1]), "JSON of a list"),
        (ASSETS, (200, {}), "no list of results"),
        (ASSETS, (200, {"results": [{"path": "a"}]}), "a result without `path` and `asset_id`"),
        (ASSETS, (200, b" " * (LARGEST_ANSWER + 1)), "more than 8 MiB"),
        (ASSETS, (200, b"[" * 100_000), "no JSON"),
        (ASSET, (200, {"contentUrl": ["file:///etc/passwd"]}), "no address of the file's content"),
        (ASSET, (200, {}), "no address of the file's content"),
        (ASSET, (200, {"contentUrl": ["http://[::1/a.nwb"]}), "no address of the file's content"),
    ],
)
def test_answers_are_not_trusted(api, path, answer, said):
    api.replaced[path] = answer
    with pytest.raises(UserError, match=said):
        address_on_dandi(asset_of(HERE))


def test_the_archives_own_address_is_taken_where_there_is_no_other(api):
    own = f"{api.base}/api/assets/id-0/download/"
    api.replaced[ASSET] = (200, {"contentUrl": own})
    assert address_on_dandi(asset_of(HERE)) == own


def test_training_on_an_identifier_says_what_to_do(capsys):
    assert command("train", HERE, "--out", "run") == 2
    said = f"{HERE}: is no path of this machine: .* cut trials with `lfads prepare {HERE}`"
    assert re.search(said, capsys.readouterr().err)


def test_an_empty_dandiset_is_said(api):
    api.assets = {}
    with pytest.raises(UserError, match="The dandiset is empty"):
        address_on_dandi(asset_of(HERE))


def test_an_archive_that_cannot_be_reached_is_said(monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("DANDI_API_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(UserError, match=r"cannot be reached .*: is this machine online"):
        address_on_dandi(asset_of(HERE))
    for wrong in ("/srv/dandi", "http://[::1/api"):
        monkeypatch.setenv("DANDI_API_URL", wrong)
        with pytest.raises(UserError, match="DANDI_API_URL must be the address of an archive"):
            address_on_dandi(asset_of(HERE))


def test_paths_of_the_archive_are_printed_in_one_line(api):
    api.replaced[ASSETS] = (200, {"results": [{"path": "a\x1b[31m\nb.nwb", "asset_id": "1"}]})
    with pytest.raises(UserError, match=r"has `a\\x1b\[31m\\nb\.nwb`$"):
        address_on_dandi(asset_of(HERE))
    with pytest.raises(UserError, match=r"^dandi:000128/a\\x1b\.nwb: there is no such file"):
        address_on_dandi(asset_of("dandi:000128/a\x1b.nwb"))
