"""Parts by kind and name."""

import importlib
import sys

import pytest
from tests.doors.installed import add_package

from lfads import parts as registry
from lfads.checks import UserError
from lfads.parts import KINDS, OURS, load, part, parts


def installed(monkeypatch, tmp_path, **points):
    """A package that brings the named simulations, each `module:object` as an entry point."""
    lines = [f"{name} = {target}" for name, target in points.items()]
    add_package(tmp_path, "toys", "1.2", "\n".join(["[lfads.simulations]", *lines, ""]))
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    registry._installed.cache_clear()
    registry._entry_points.cache_clear()


@pytest.fixture(autouse=True)
def _as_before():
    yield
    registry._installed.cache_clear()
    registry._entry_points.cache_clear()


@pytest.mark.parametrize("kind", KINDS)
def test_every_part_of_ours_can_be_imported(kind):
    for name in OURS.get(kind, {}):
        assert load(kind, name).__doc__


def test_a_part_of_another_package_stands_beside_ours(monkeypatch, tmp_path):
    installed(monkeypatch, tmp_path, coin="toy_coin:toss")
    (tmp_path / "toy_coin.py").write_text("def toss(seed):\n    return seed % 2\n")
    found = part("simulations", "coin")
    assert (found.source, found.is_ours) == ("toys 1.2", False)
    assert found.load()(3) == 1
    assert list(parts("simulations"))[:1] == ["lorenz"]


def test_names_are_known_without_importing(monkeypatch, tmp_path):
    installed(monkeypatch, tmp_path, broken="toy_that_is_not_there:x")
    assert "broken" in parts("simulations")
    assert "toy_that_is_not_there" not in sys.modules


def test_a_broken_part_is_named_with_its_package(monkeypatch, tmp_path):
    installed(monkeypatch, tmp_path, broken="toy_broken:x")
    (tmp_path / "toy_broken.py").write_text("raise OSError('no licence file')\n")
    with pytest.raises(
        UserError, match=r"`broken` of toys 1.2 cannot be imported from toy_broken:x"
    ):
        load("simulations", "broken")


def test_a_name_that_is_taken_stays_with_who_has_it(monkeypatch, tmp_path):
    installed(monkeypatch, tmp_path, lorenz="toy_lorenz:x")
    with pytest.warns(
        UserWarning, match="toys 1.2 brings the simulation `lorenz`, which lfads has"
    ):
        found = parts("simulations")
    assert found["lorenz"].is_ours


def test_a_slow_part_is_named(monkeypatch, tmp_path):
    installed(monkeypatch, tmp_path, slow="toy_slow:x")
    (tmp_path / "toy_slow.py").write_text("x = 1\n")
    monkeypatch.setattr(registry, "_SLOW_S", -1.0)
    with pytest.warns(UserWarning, match="importing the simulation `slow` of toys 1.2 took 0 s"):
        load("simulations", "slow")


def test_an_unknown_name_brings_those_that_there_are():
    with pytest.raises(
        UserError, match=r"there is no simulation `lorens`. Did you mean `lorenz`\?"
    ):
        load("simulations", "lorens")
