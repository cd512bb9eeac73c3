"""Files of every kind with changed bytes: nothing but a UserError, and bounded memory.

`make fuzz` runs these; LFADS_FUZZ_EXAMPLES says how many changed files of each kind are tried.
"""

import os
import tracemalloc
import warnings
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fuzz.targets import TARGETS, Target

from lfads.checks import UserError
from lfads.guarded import memory

EXAMPLES = int(os.environ.get("LFADS_FUZZ_EXAMPLES", "1000"))
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
LIMIT = 2**26
MOST_BYTES = 2 * LIMIT
"""What may be taken with that limit: of it, and what does not grow with a file."""

CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("bit"), st.integers(0, 2**16), st.integers(0, 7)),
        st.tuples(st.just("byte"), st.integers(0, 2**16), st.sampled_from([0, 1, 0x7F, 0x80, 0xFF])),
        st.tuples(st.just("cut"), st.integers(0, 2**16), st.integers(1, 64)),
        st.tuples(st.just("repeat"), st.integers(0, 2**16), st.integers(1, 200)),
        st.tuples(st.just("end"), st.integers(0, 2**16), st.just(0)),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


def changed(whole: bytes, changes: list[tuple[str, int, int]]) -> bytes:
    data = bytearray(whole)
    for kind, place, by in changes:
        at = place % max(1, len(data))
        if kind == "end":
            del data[at:]
        elif not data:
            break
        elif kind == "bit":
            data[at] ^= 1 << by
        elif kind == "byte":
            data[at] = by
        elif kind == "cut":
            del data[at : at + by]
        else:
            data[at:at] = data[at : at + by]
    return bytes(data)


@cache
def whole(target: Target) -> tuple[Path, bytes]:
    path = Path(mkdtemp()) / target.name
    target.make(path)
    return path, path.read_bytes()


@pytest.mark.fuzz
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_changed_files_end_in_a_message(target, monkeypatch):
    monkeypatch.setattr(memory, "LIMIT_BYTES", LIMIT)
    path, content = whole(target)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=SLOW,
        database=None,
    )
    @given(CHANGES)
    def check(changes):
        path.write_bytes(changed(content, changes))
        tracemalloc.start()
        try:
            target.use(path)
        except UserError:
            pass
        finally:
            taken = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert taken < MOST_BYTES

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check()
