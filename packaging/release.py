"""What a release says of itself, made from `pyproject.toml` and `CHANGELOG.md`.

python packaging/release.py requirements        what the package needs, a line each
python packaging/release.py notes 0.2.0         the section of a version
python packaging/release.py recipe              the recipe for conda-forge
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OF_CONDA = {"matplotlib": "matplotlib-base", "lazy-loader": "lazy-loader"}
"""Packages that are called otherwise there."""


def project() -> dict:
    """The table `[project]`."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def notes(changelog: str, version: str) -> str:
    r"""The section of a version.

    >>> notes("# Changelog\n\n## [0.2.0] - 2026-12-01\n\n- New.\n\n## [0.1.0]\n", "0.2.0")
    '- New.'
    """
    found = re.search(
        rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## \[|\Z)", changelog, re.M | re.S
    )
    if found is None:
        raise SystemExit(f"CHANGELOG.md: expected a section `## [{version}]`; there is none")
    return found[1].strip()


def recipe(about: dict) -> str:
    """A recipe in the format of rattler-build; the digest of the sdist is filled in by the feedstock's bot.

    Parameters
    ----------
    about
        The table `[project]`.
    """
    needed = [_of_conda(one) for one in about["dependencies"]]
    lines = "\n".join(f"    - {one}" for one in [f"python {about['requires-python']}", *needed])
    return f"""\
# Made by `python packaging/release.py recipe`. Never built on conda-forge.
schema_version: 1

context:
  version: "{about["version"]}"

package:
  name: {about["name"]}
  version: ${{{{ version }}}}

source:
  url: https://pypi.org/packages/source/l/lfads/lfads-${{{{ version }}}}.tar.gz
  sha256: "0000000000000000000000000000000000000000000000000000000000000000"  # of the sdist

build:
  number: 0
  noarch: python
  script: python -m pip install . --no-deps --no-build-isolation -vv
  python:
    entry_points:
      - lfads = lfads.cli.entry:main

requirements:
  host:
    - python {about["requires-python"]}
    - pip
    - hatchling >=1.26
  run:
{lines}

tests:
  - python:
      imports: [lfads]
      pip_check: true
  - script:
      - lfads --version
      - lfads simulate lorenz --out lorenz.h5

about:
  summary: "{about["description"]}"
  license: {about["license"]}
  license_file: LICENSE
"""


def _of_conda(requirement: str) -> str:
    """A requirement as conda writes it.

    >>> _of_conda("matplotlib>=3.9,<4")
    'matplotlib-base >=3.9,<4'
    """
    found = re.fullmatch(r"([A-Za-z0-9_.-]+)(.*)", requirement)
    if found is None:
        raise ValueError(requirement)
    name, bounds = found.groups()
    return f"{OF_CONDA.get(name, name)} {bounds}".strip()


def main(words: list[str]) -> str:
    """What is asked for."""
    match words:
        case ["requirements"]:
            return "\n".join(project()["dependencies"])
        case ["notes", version]:
            return notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version)
        case ["recipe"]:
            return recipe(project()).rstrip("\n")
    raise SystemExit(__doc__)


if __name__ == "__main__":
    print(main(sys.argv[1:]))  # noqa: T201 - this is its output
