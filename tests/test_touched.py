"""`make check` finds the tests of a file: every module has some."""

import pytest
from tests.touched import ROOT, SOURCES, TESTS, run_for, run_for_all


@pytest.mark.slow
def test_modules_without_tests_are_few():
    """A module of words, and what only gathers names, are tested by their users."""
    without = {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        if not any(test.is_relative_to(TESTS) for test in run_for(path))
    }
    assert without <= {
        "__init__.py",
        "__main__.py",
        "arrays.py",
        "bounds.py",
        "presets/__init__.py",
    }


@pytest.mark.parametrize(
    ("changed", "tests"),
    [
        ("src/lfads/limits.py", ["src/lfads/limits.py", "tests/test_limits.py"]),
        ("tests/test_limits.py", ["tests/test_limits.py"]),
        (
            "tests/search/trackers.py",
            [
                "tests/search/test_random_search.py", "tests/search/test_ray_cluster.py",
                "tests/search/test_run.py",
            ],
        ),
        ("docs/data.md", ["tests/docs"]),
        ("examples/search.ipynb", ["tests/docs"]),
        ("src/conftest.py", ["tests/docs"]),
        ("Makefile", []),
    ],
)  # fmt: skip
def test_what_is_run_for_a_change(changed: str, tests: list[str]):
    assert run_for_all([ROOT / changed]) == tests
