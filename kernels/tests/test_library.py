"""What is loaded, and what is refused before it could do harm."""

import subprocess
from pathlib import Path

import jax
import pytest

from lfads_kernels import library

SANITIZED = sorted(Path(library.FOLDER).glob("sizes_*"))


@pytest.fixture
def nothing_known(monkeypatch):
    """As in a process that has asked nothing yet, of its own processor."""
    monkeypatch.delenv(library.PROCESSOR_VARIABLE, raising=False)
    for function in (library.processor, library.why_not):
        function.cache_clear()
        monkeypatch.setattr(library, function.__name__, function)
    yield
    for function in (library.processor, library.why_not):
        function.cache_clear()


def test_the_library_is_of_an_interface_that_jax_has():
    found = library.interface_of_jax()
    assert found >= 1
    assert (
        library.register(
            library.FOLDER / f"liblfads_{library.processor()}{library.ENDING}", "float32"
        )
        == ""
    )


def test_a_newer_library_is_not_registered(monkeypatch, nothing_known):
    monkeypatch.setattr(library, "interface_of_jax", lambda: 0)
    monkeypatch.setattr(jax.ffi, "register_ffi_target", lambda *_, **__: pytest.fail("registered"))
    assert "install a newer jaxlib" in library.why_not()


def test_another_processor_is_told(monkeypatch, nothing_known, tmp_path):
    monkeypatch.setattr(library, "FOLDER", tmp_path)
    assert "no library for this processor" in library.why_not()
    assert not library.is_faster()


def test_a_processor_that_cannot_be_is_not_taken(monkeypatch, nothing_known):
    found = library.processor()
    library.processor.cache_clear()
    monkeypatch.setenv(library.PROCESSOR_VARIABLE, "riscv")
    assert library.processor() == found


@pytest.mark.skipif(not SANITIZED, reason="built by `make kernels` alone")
@pytest.mark.parametrize("program", SANITIZED, ids=lambda path: path.name)
def test_no_size_reads_or_writes_beyond_its_arrays(program: Path):
    if program.name == "sizes_avx512" and library.processor() == "avx2":
        pytest.skip("for another processor")
    done = subprocess.run([program], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("cases\n")
