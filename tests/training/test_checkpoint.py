"""Checkpoints: exact round trip, and a message for whatever may be wrong with the file."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

from lfads.checks import UserError
from lfads.training.checkpoint import read_checkpoint, read_header, write_checkpoint

TREE = {"a": jnp.arange(3.0), "b": (jnp.ones((2, 2)), jnp.zeros((), jnp.int32))}


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "last.npz"
    write_checkpoint(file, {"state": TREE}, {"epoch": 7})
    return file


def test_round_trip_is_exact(path):
    trees, header = read_checkpoint(path, {"state": TREE})
    assert header["epoch"] == 7
    np.testing.assert_array_equal(trees["state"]["a"], TREE["a"])
    np.testing.assert_array_equal(trees["state"]["b"][0], TREE["b"][0])
    assert trees["state"]["b"][1].dtype == np.int32


def test_nothing_else_is_left_in_the_folder(path):
    assert [p.name for p in path.parent.iterdir()] == ["last.npz"]


def test_arrays_are_named_by_their_path_and_hold_no_pickle(path):
    with np.load(path, allow_pickle=False) as archive:
        assert set(archive.files) == {"header.json", "state/a", "state/b/0", "state/b/1"}


@pytest.mark.parametrize("keep", [0, 10, 200, 0.5, 0.95])
def test_truncated(path, keep):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole)) if keep < 1 else keep])
    with pytest.raises(UserError, match="may be damaged or cut short"):
        read_checkpoint(path, {"state": TREE})


def test_a_flipped_bit_is_noticed(path):
    whole = bytearray(path.read_bytes())
    at = whole.index(np.arange(3.0, dtype=np.float32).tobytes())
    whole[at + 4] ^= 1
    path.write_bytes(bytes(whole))
    with pytest.raises(UserError, match=r"is damaged: `state/a` cannot be read"):
        read_checkpoint(path, {"state": TREE})


def test_missing(tmp_path):
    with pytest.raises(UserError, match="there is no checkpoint; is this the folder of a run"):
        read_header(tmp_path / "last.npz")


def test_other_shapes(path):
    with pytest.raises(UserError, match=r"`state/a` has shape \(3,\), the model expects \(4,\)"):
        read_checkpoint(path, {"state": {**TREE, "a": jnp.zeros(4)}})


def test_other_tree(path):
    with pytest.raises(UserError, match="belongs to other settings"):
        read_checkpoint(path, {"state": {**TREE, "c": jnp.zeros(4)}})


@pytest.mark.parametrize(
    ("version", "advice"), [(0, "Open it with"), (99, "A newer lfads wrote it. Update it")]
)
def test_other_formats(path, version, advice):
    with np.load(path) as archive:
        arrays = dict(archive)
    header = json.loads(arrays["header.json"].tobytes()) | {"format_version": version}
    arrays["header.json"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, **arrays)
    message = rf"last\.npz has version {version} of its format; .* reads version 1\. {advice}"
    with pytest.raises(UserError, match=message):
        read_header(path)


def test_another_npz(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.ones(2))
    with pytest.raises(UserError, match=r"header\.json"):
        read_header(tmp_path / "x.npz")
