"""The version is the same wherever it is written."""

import json
import re
import tomllib
from pathlib import Path

HERE = Path(__file__).parents[2]


def test_the_version_is_the_same_everywhere():
    version = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "version"
    ]
    cited = re.search(r"^version: (.*)$", (HERE / "CITATION.cff").read_text(encoding="utf-8"), re.M)
    assert cited is not None
    assert cited[1] == version
    assert json.loads((HERE / "codemeta.json").read_text(encoding="utf-8"))["version"] == version


def test_the_licence_is_the_same_everywhere():
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"license: {project['license']}\n" in (HERE / "CITATION.cff").read_text(encoding="utf-8")
    meta = json.loads((HERE / "codemeta.json").read_text(encoding="utf-8"))
    assert meta["license"].endswith(f"/{project['license']}")
