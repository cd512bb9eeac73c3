"""What every bucket keeps, a folder or a store; `make test-s3` runs it on an S3 server."""

import os

import pytest
from tests.neurocaas.moto_server import BUCKET, places

from lfads.checks import UserError
from lfads.neurocaas.buckets import Away, Bucket, patiently, silent
from lfads.neurocaas.opened import open_bucket

KEY = "lab/results/job__b_1/logs/DATASET_NAME:Monday 9:30 é.h5_STATUS.txt"


@pytest.fixture(
    scope="module", params=["folder", "memory", pytest.param("s3", marks=pytest.mark.s3)]
)
def place(request, tmp_path_factory):
    yield from places(request.param, tmp_path_factory)


@pytest.fixture
def bucket(place) -> Bucket:
    return open_bucket(place())


def test_it_is_a_bucket_with_a_name(bucket):
    assert isinstance(bucket, Bucket)
    assert bucket.name == BUCKET
    assert bucket.folders() == []


def test_what_is_written_is_read_and_listed(bucket):
    bucket.write(KEY, b"one")
    bucket.write("lab2/inputs/a.h5", b"two")
    bucket.write(KEY, b"three")
    assert bucket.read(KEY) == b"three"
    assert bucket.folders() == ["lab", "lab2"]
    assert [one[:2] for one in bucket.entries("lab")] == [(KEY, 5), ("lab2/inputs/a.h5", 3)]
    assert [one.key for one in bucket.entries(KEY)] == [KEY]
    assert [one.key for one in bucket.entries("lab/results/job__b_1/")] == [KEY]
    assert bucket.entries("lab/results/job__b_1/logs/x") == bucket.entries("none/") == []


def test_another_version_has_another_name(bucket):
    bucket.write(KEY, b"one")
    (before,) = bucket.entries(KEY)
    assert bucket.entries(KEY) == [before]
    bucket.write(KEY, b"other")
    assert bucket.entries(KEY)[0].version != before.version


def test_what_is_not_there_is_said(bucket):
    with pytest.raises(FileNotFoundError):
        bucket.read("lab/none")
    bucket.remove("lab/none")
    bucket.write(KEY, b"one")
    bucket.remove(KEY)
    assert bucket.entries("lab/") == []


def test_files_are_copied_both_ways_and_their_progress_is_told(bucket, tmp_path):
    heard = []
    content = os.urandom(9_000_000)
    (tmp_path / "a.h5").write_bytes(content)
    bucket.send(tmp_path / "a.h5", KEY, lambda done, of: heard.append((done, of)))
    assert heard[-1] == (len(content), len(content))
    bucket.fetch(KEY, tmp_path / "new/b.h5", silent)
    assert (tmp_path / "new/b.h5").read_bytes() == content
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["b.h5"]
    with pytest.raises(FileNotFoundError):
        bucket.fetch("lab/none", tmp_path / "new/c.h5", silent)
    assert not (tmp_path / "new/c.h5").exists()


@pytest.mark.parametrize("key", ["../a", "/a", "lab/../../a", "a//b", "", "lab/\0"])
def test_keys_lead_out_of_no_folder(tmp_path, key):
    (tmp_path / "bucket").mkdir()
    (tmp_path / "a").write_bytes(b"secret")
    bucket = open_bucket(tmp_path / "bucket")
    with pytest.raises(UserError, match="leads out of"):
        bucket.read(key)
    with pytest.raises(UserError, match="leads out of"):
        bucket.write(key, b"")
    assert bucket.entries(key) in ([], bucket.entries(""))


def test_links_lead_out_of_no_folder(tmp_path):
    (tmp_path / "bucket/lab").mkdir(parents=True)
    (tmp_path / "a").write_bytes(b"secret")
    (tmp_path / "bucket/lab/a").symlink_to(tmp_path / "a")
    (tmp_path / "bucket/out").symlink_to(tmp_path)
    bucket = open_bucket(tmp_path / "bucket")
    assert bucket.entries("") == []
    assert bucket.folders() == ["lab"]
    for key in ("lab/a", "out/a"):
        with pytest.raises(UserError, match="leads out of"):
            bucket.read(key)


def test_what_is_being_written_is_not_listed(tmp_path):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab/.submit.json.abcdef-1-01234567.json").write_bytes(b"{")
    assert open_bucket(tmp_path).entries("") == []


def test_it_is_asked_again_with_pauses_and_then_given_up():
    answers, said = iter([Away("503"), Away("503"), 3]), []

    def ask():
        answer = next(answers)
        if isinstance(answer, Away):
            raise answer
        return answer

    assert patiently(ask, "listing", said.append, (0.0, 0.0)) == 3
    assert said == ["listing: 503; again in 0 s"] * 2
    answers = iter([Away("503"), Away("504")])
    with pytest.raises(UserError, match="listing: 504, 2 times in a row"):
        patiently(ask, "listing", said.append, (0.0,))


def test_links_within_a_folder_lead_to_no_other_group(tmp_path):
    (tmp_path / "bucket/lab/inputs").mkdir(parents=True)
    (tmp_path / "bucket/other/inputs").mkdir(parents=True)
    (tmp_path / "bucket/other/inputs/a.h5").write_bytes(b"secret")
    (tmp_path / "bucket/lab/inputs/theirs").symlink_to(tmp_path / "bucket/other/inputs")
    bucket = open_bucket(tmp_path / "bucket")
    assert bucket.entries("lab/inputs/theirs/") == []
    with pytest.raises(UserError, match="leads out of"):
        bucket.read("lab/inputs/theirs/a.h5")
    assert bucket.read("other/inputs/a.h5") == b"secret"
