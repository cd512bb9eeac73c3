"""What a release says of itself is that of the project."""

import importlib.util
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
spec = importlib.util.spec_from_file_location("release", ROOT / "packaging" / "release.py")
assert spec is not None
assert spec.loader is not None
release = importlib.util.module_from_spec(spec)
spec.loader.exec_module(release)


def test_the_recipe_is_that_of_this_project():
    written = (ROOT / "packaging/conda/recipe.yaml").read_text(encoding="utf-8")
    assert written == release.recipe(release.project()), "python packaging/release.py recipe"
    found = yaml.safe_load(written)
    assert found["context"]["version"] == release.project()["version"]
    names = {one.split()[0] for one in found["requirements"]["run"]}
    assert {"python", "jax", "equinox", "matplotlib-base"} <= names
    assert len(found["requirements"]["run"]) == 1 + len(release.project()["dependencies"])


def test_notes_are_the_section_of_the_version():
    text = "# Changelog\n\n## [Unreleased]\n\n- a\n\n## [0.2.0] - 2026-12-01\n\n### Added\n\n- b\n"
    assert release.notes(text, "0.2.0") == "### Added\n\n- b"
    assert release.notes(text, "Unreleased") == "- a"
    with pytest.raises(SystemExit, match=r"a section `## \[0\.3\.0\]`"):
        release.notes(text, "0.3.0")


def test_actions_are_pinned_by_digest():
    """But for none: what a tag stands for can be changed."""
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
        used = [step["uses"] for job in jobs for step in job.get("steps", []) if "uses" in step]
        assert all(len(one.rpartition("@")[2]) == 40 for one in used), path.name


def test_the_sdist_holds_what_a_build_needs():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    targets = build["build"]["targets"]
    assert "/packaging" in targets["sdist"]["include"]
    assert (ROOT / targets["wheel"]["hooks"]["custom"]["path"]).is_file()
