"""What a release says of itself is that of the project."""

import importlib.util
import os
import re
import subprocess
import sys
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


def test_the_pythons_that_are_claimed_are_those_of_ci():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [
        one.rpartition(" :: ")[2] for one in project["classifiers"] if ":: Python :: 3." in one
    ]
    assert min(named, key=lambda one: int(one.split(".")[1])) == project["requires-python"][2:]
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
    assert jobs["test"]["strategy"]["matrix"]["python"] == named


@pytest.mark.parametrize(
    ("there", "made"), [("Tests fail with the newest", 1), ("other", 1), ("", 0)]
)
@pytest.mark.skipif(sys.platform == "win32", reason="a script for bash on Linux")
def test_a_failure_with_newest_dependencies_makes_one_issue(there, made, tmp_path):
    """The workflow's own script, with a `gh` that lists one open issue and writes down what it is asked."""
    path = ROOT / ".github/workflows/newest.yml"
    job = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]["tell"]
    title = job["env"]["TITLE"]
    asked, gh = tmp_path / "asked", tmp_path / "gh"
    gh.write_text(f'#!/bin/bash\necho "$2" >> {asked}\n[ "$2" = create ] || echo "$OPEN"\n')
    gh.chmod(0o755)
    given = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TITLE": title, "PLACE": "https://x"}
    script = job["steps"][0]["run"]
    subprocess.run(["bash", "-e", "-c", script], env={**given, "OPEN": there or title}, check=True)
    assert asked.read_text().split() == ["list", *["create"] * made]
    assert job["permissions"] == {"issues": "write"}


def test_the_sdist_holds_what_a_build_needs():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    targets = build["build"]["targets"]
    assert "/packaging" in targets["sdist"]["include"]
    assert (ROOT / targets["wheel"]["hooks"]["custom"]["path"]).is_file()


CONTAINERS = sorted((ROOT / "containers").glob("*/Containerfile*"))


@pytest.mark.parametrize("path", CONTAINERS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_container_files_copy_all_that_the_build_reads(path):
    """In the order of a user's shell: before the package is installed, by a user who is not root."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    text = path.read_text(encoding="utf-8")
    before = text[: text.index("pip install")]
    copied = {one for line in re.findall(r"^COPY (.+) \S+$", before, re.M) for one in line.split()}
    assert all((ROOT / one).exists() for one in copied)
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    read = [
        "pyproject.toml", settings["project"]["readme"], *settings["project"]["license-files"],
        *wheel["packages"], wheel["hooks"]["custom"]["path"], "matlab/+lfads",
    ]  # fmt: skip
    missing = [one for one in read if not {one, one.split("/")[0]} & copied]
    assert not missing, f"{path}: COPY {missing[0]}"
    assert re.findall(r"^USER (\S+)$", text, re.M)[-1].isdigit()
    named = re.findall(r"\.\[([\w,]+)\]|^ARG EXTRAS=([\w,]+)$|EXTRAS=([\w,]+)", text, re.M)
    extras = {one for group in named for names in group if names for one in names.split(",")}
    assert extras
    assert extras <= set(settings["project"]["optional-dependencies"])
