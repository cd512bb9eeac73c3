"""Archives: packed whole, and unpacked into their folder alone."""

import stat
import zipfile

import pytest

from lfads.checks import UserError
from lfads.neurocaas.archive import refuse_strange, unpack, write_archive


def test_what_is_packed_is_unpacked(tmp_path):
    (tmp_path / "a.txt").write_text("one" * 1000)
    (tmp_path / "b.h5").write_bytes(bytes(range(256)))
    write_archive(
        {"a.txt": tmp_path / "a.txt", "run/b.h5": tmp_path / "b.h5"}, tmp_path / "all.zip"
    )
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        how = {one.filename: one.compress_type for one in archive.infolist()}
    assert how == {"a.txt": zipfile.ZIP_DEFLATED, "run/b.h5": zipfile.ZIP_STORED}
    found = unpack(tmp_path / "all.zip", tmp_path / "out")
    assert found == [tmp_path / "out/a.txt", tmp_path / "out/run/b.h5"]
    assert found[1].read_bytes() == bytes(range(256))


@pytest.mark.parametrize("name", ["../out.txt", "/etc/x", "a/../../b", "C:/x", "a\\..\\b"])
def test_what_leads_out_is_not_unpacked(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("good.txt", "1")
        archive.writestr(name, "2")
    with pytest.raises(UserError, match="leads out of the folder; nothing was unpacked"):
        unpack(tmp_path / "all.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def member(name: str = "a", num_bytes: int = 1, mode: int = stat.S_IFREG) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.file_size, info.external_attr = num_bytes, mode << 16
    return info


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([member(mode=stat.S_IFLNK)], "is a link"),
        ([member(), member()], "one twice"),
        ([member(num_bytes=10**12)], "1000 bytes that would become 1000000000000"),
        ([member(f"{k}") for k in range(10_001)], "too many files"),
    ],
)
def test_what_is_no_result(members, said):
    with pytest.raises(UserError, match=said):
        refuse_strange(members, 1000, "all.zip")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"no archive"])
def test_what_is_no_archive(tmp_path, content):
    (tmp_path / "all.zip").write_bytes(content)
    with pytest.raises(UserError, match=r"is no whole \.zip"):
        unpack(tmp_path / "all.zip", tmp_path / "out")
