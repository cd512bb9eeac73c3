"""Which way through time is taken: what is chosen, what is asked for, and what an older run says."""

import importlib.util
import sys
from types import SimpleNamespace

import pytest
from tests.small import tiny_config, tiny_dataset, training_settings

from lfads.checks import UserError
from lfads.config import RunConfig
from lfads.model.recurrence import paths
from lfads.training.defaults import resolve_defaults
from lfads.training.resuming import not_default
from lfads.training.sizes import Machine, sizes_of

MACHINE = Machine(num_devices=1, memory_bytes=2**32, activation_bytes=2**29, data_bytes=2**30)


@pytest.fixture
def installed(monkeypatch):
    """Kernels that gain as is said, or cannot be used for a reason."""

    def install(*, faster: bool = True, why_not: str = "") -> None:
        package = SimpleNamespace(
            why_not=lambda: why_not, is_faster=lambda: faster, processor=lambda: "avx512"
        )
        monkeypatch.setitem(sys.modules, paths.PACKAGE, package)
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: package)

    return install


@pytest.fixture
def not_installed(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def test_kernels_are_taken_where_they_are_faster(installed):
    installed()
    assert paths.fastest("cpu", "gru") == ("native", "compiled kernels for avx512")
    assert paths.fastest("cpu", "vanilla_rnn")[0] == "scan"
    assert paths.fastest("gpu", "gru")[0] == "scan"
    installed(faster=False)
    chosen, reason = paths.fastest("cpu", "gru")
    assert (chosen, "gain too little on this processor (avx512)" in reason) == ("scan", True)


def test_without_them_the_reason_says_how_to_get_them(not_installed):
    chosen, reason = paths.fastest("cpu", "gru")
    assert chosen == "scan"
    assert reason == "the package lfads-kernels is not installed (pip install 'lfads[fast]')"
    assert paths.usable("native", "cpu") == "scan"


def test_a_library_that_cannot_be_used_is_not(installed):
    installed(why_not="it is built for version 0.3 of JAX's foreign functions")
    assert paths.fastest("cpu", "gru")[0] == "scan"
    assert paths.usable("native", "cpu") == "scan"
    with pytest.raises(UserError, match="but it is built for version"):
        paths.checked_path("native", "cpu")


def test_the_choice_is_shown_at_the_start_with_its_reason(not_installed):
    config, derived = resolve_defaults(tiny_config(), sizes_of(tiny_dataset()), MACHINE)
    assert config.training.recurrence == "scan"
    (shown,) = [each for each in derived if each.name == "recurrence"]
    assert "is not installed" in shown.reason


def test_asked_for_without_them_it_is_refused(not_installed):
    asked = tiny_config(recurrence="native")
    with pytest.raises(UserError) as refusal:
        resolve_defaults(asked, sizes_of(tiny_dataset()), MACHINE)
    assert str(refusal.value) == (
        "[training] `recurrence` is 'native', but the package lfads-kernels is not installed "
        "(pip install 'lfads[fast]'). A run that was trained so goes on only where it can be; "
        "a new one may choose 'scan'"
    )


def test_kernels_keep_more_whole_before_time_is_cut_into_segments(installed):
    """Half of the memory, and a higher limit within what training may fill."""
    installed()
    small_machine = Machine(1, memory_bytes=2**20, activation_bytes=2**12, data_bytes=2**30)
    found = {}
    for way in ("scan", "native"):
        config, derived = resolve_defaults(
            tiny_config(recurrence=way), sizes_of(tiny_dataset()), small_machine
        )
        (shown,) = [each for each in derived if each.name == "time_segments"]
        found[way] = config.training.time_segments, shown.reason
    assert found["scan"][0] > 1
    assert found["native"][0] == 1
    assert "up to 0 MiB" in found["scan"][1]
    assert "up to 1 MiB" in found["native"][1]


def test_what_is_asked_for_is_kept(installed):
    installed()
    config, derived = resolve_defaults(
        tiny_config(recurrence="scan"), sizes_of(tiny_dataset()), MACHINE
    )
    assert config.training.recurrence == "scan"
    assert "recurrence" not in [each.name for each in derived]
    with pytest.raises(UserError, match="recurrence"):
        RunConfig.from_dict({"training": {"recurrence": "fast"}})


def test_runs_from_before_there_was_a_choice_were_scanned():
    assert training_settings().recurrence == "scan"
    assert not_default(tiny_config(recurrence="scan"))["training"]["recurrence"] == "scan"


def test_a_package_that_cannot_be_loaded_is_not_used(monkeypatch):
    class Broken:
        def why_not(self):
            raise OSError("GLIBC_2.99 not found")

    monkeypatch.setattr(paths.importlib.util, "find_spec", lambda name: True)
    monkeypatch.setattr(paths.importlib, "import_module", lambda name: Broken())
    chosen, reason = paths.fastest("cpu", "gru")
    assert chosen == "scan"
    assert reason == "the package lfads-kernels cannot be loaded here (GLIBC_2.99 not found)"
