"""The README keeps what it promises: its Python runs word for word, its links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_newcomer_sees_both_commands_at_once():
    beginning = "\n".join(README.splitlines()[:35])
    assert "make demo" in beginning
    assert "make test" in beginning


def test_it_is_short():
    assert len(README.splitlines()) <= 120


def test_links_lead_to_files():
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    missing = [t for t in targets if not t.startswith("http") and not (ROOT / t).exists()]
    assert not missing


@pytest.mark.slow
def test_python_block_runs_word_for_word(tmp_path: Path):
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    figure = tmp_path / "runs" / "lorenz" / "latents.png"
    assert figure.read_bytes().startswith(b"\x89PNG")
