"""Prints the tests of what changed since this branch left main; `make check` runs them.

A module's tests are its doctests and the file that mirrors it; where there is none, the files that name it;
where none does, those of its folder. What is tested through other modules is not seen: that is for
`make test`.
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
SOURCES = ROOT / "src" / "lfads"
MAIN = ("origin/main", "main")


def git(*words: str) -> list[str]:
    """Lines of a git command's output; none where it fails."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.splitlines() if done.returncode == 0 else []


def changed() -> list[Path]:
    """Files that differ from where the branch left main, whether committed or not."""
    bases = (base for name in MAIN for base in git("merge-base", "HEAD", name))
    names = git("diff", "--name-only", "--diff-filter=d", next(bases, "HEAD"))
    return [ROOT / name for name in {*names, *git("ls-files", "--others", "--exclude-standard")}]


@cache
def texts() -> dict[Path, str]:
    """Test files and what stands in them."""
    return {file: file.read_text(encoding="utf-8") for file in TESTS.rglob("test_*.py")}


def that_name(module: str) -> list[Path]:
    """Test files in which a module is named, its submodules not counting."""
    named = re.compile(rf"\b{re.escape(module)}\b(?!\.\w)")
    return [file for file, text in texts().items() if named.search(text)]


def run_for(path: Path) -> list[Path]:
    """Files and folders to run for a file that changed."""
    if path.suffix != ".py" or not path.is_relative_to(SOURCES):
        return run_for_other(path)
    place = path.relative_to(SOURCES)
    mirror = TESTS / place.with_name(f"test_{place.name}")
    if mirror.exists():
        return [path, mirror]
    dotted = ".".join(["lfads", *place.with_suffix("").parts]).removesuffix(".__init__")
    folder = TESTS / place.parts[0]
    return [path, *(that_name(dotted) or ([folder] if folder.is_dir() else []))]


def run_for_other(path: Path) -> list[Path]:
    """Of tests, their helpers, and pages."""
    if path.is_relative_to(TESTS) and path.suffix == ".py":
        if path.name.startswith("test_"):
            return [path]
        return that_name(".".join(path.relative_to(ROOT).with_suffix("").parts))
    of_pages = (ROOT / "docs", ROOT / "examples", ROOT / "src")
    if path.suffix == ".md" or any(path.is_relative_to(one) for one in of_pages):
        return [TESTS / "docs"]
    return []


def run_for_all(paths: Iterable[Path]) -> list[str]:
    """Each once, by its path in the checkout."""
    found = {test for path in paths for test in run_for(path)}
    return sorted(test.relative_to(ROOT).as_posix() for test in found)


if __name__ == "__main__":
    sys.stdout.write("\n".join(run_for_all(changed())))
