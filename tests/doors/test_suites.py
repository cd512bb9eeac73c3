"""The contract suites of every kind run over the parts of another package, as over ours."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.doors.installed import run_with

pytestmark = pytest.mark.doors

ROOT = Path(__file__).parents[2]
SUITES = {
    "observation": ("tests/model/observations/test_contract.py", "laplace"),
    "observation on the whole road": ("tests/runs/test_observations.py", "laplace"),
    "prior": ("tests/model/priors/test_contract.py", "fixed"),
    "generator": ("tests/model/test_generators.py", "leaky"),
    "generator on the whole road": ("tests/runs/test_generators.py", "leaky"),
    "analysis": ("tests/analysis/test_contract.py", "peak"),
    "baseline": ("tests/baselines/test_contract.py", "flat"),
    "format": ("tests/results/test_formats.py", "text"),
    "augmentation": ("tests/augmentation/test_contract.py", "gain"),
}


@pytest.fixture(scope="module")
def outcomes(site: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], str]:
    """Tests that passed, as `tests/path.py::test[part]`, and the end of what pytest said.

    One process for all suites: each compiles what the former have not.
    """
    record = tmp_path_factory.mktemp("suites") / "outcomes.xml"
    pytest_ = ["-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "--no-header"]
    paths = [path for path, _ in SUITES.values()]
    names = " or ".join(dict.fromkeys(name for _, name in SUITES.values()))
    done = run_with(site, *pytest_, f"--junitxml={record}", *paths, "-k", names, folder=ROOT)
    cases = ET.parse(record).iter("testcase") if record.exists() else ()
    passed = {
        f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        for case in cases
        if not len(case)
    }
    return passed, done.stdout[-3000:] if done.returncode else ""


@pytest.mark.parametrize("kind", SUITES)
def test_the_suite_of_each_kind_runs_over_what_is_installed(kind: str, outcomes):
    """The contract suites take what is registered, and so whatever a user adds."""
    passed, said = outcomes
    assert not said, said
    path, name = SUITES[kind]
    assert any(test.startswith(path) and name in test.partition("[")[2] for test in passed)
