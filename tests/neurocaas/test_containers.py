"""What an image runs: the script, with a stand-in for what NeuroCAAS calls there; container files."""

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "containers/neurocaas"
FILES = {name: (FOLDER / f"Containerfile.{name}").read_text() for name in ("cpu", "cuda")}

CONTRIB = """#!/usr/bin/env bash
echo "contrib $*" >> "$LOG"
[ "$1" = workflow ] || exit 64
case $2 in
    "$FAILS") exit 3 ;;
    get-config|get-data|get-data-multi) ;;
    get-configpath) echo "$HOME/c.yaml" ;;
    get-datapath) [ "$FAILS" = no-path ] || echo "$HOME/data path" ;;
    get-resultpath-tmp) echo "$HOME/results" ;;
    put-result) [ -f "$4" ] && cp "$4" "$HOME/put.zip" ;;
    *) exit 64 ;;
esac
"""
LFADS = """#!/usr/bin/env bash
echo "lfads $*" >> "$LOG"
[ "$2" = "$FAILS" ] && { echo "lfads: error: it failed" >&2; exit 7; }
[ "$2" = check ] && { echo '{"written_for": "lfads", "multisession": '"$SEVERAL"', "hours": null}'; exit; }
[ "$SKIPS" = yes ] || echo results > "$5/autolfads.zip"
"""


def run_main(home: Path, fails: str = "", several: str = "false", skips: str = "no"):
    """Run the script; gives back its end and what was called."""
    for name, text in (("neurocaas-contrib", CONTRIB), ("lfads", LFADS)):
        path = home / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    log = home / "log.txt"
    ended = subprocess.run(
        [FOLDER / "run_main.sh"], capture_output=True, text=True, timeout=60, check=False,
        env={
            "PATH": f"{home / 'bin'}:{os.environ['PATH']}", "HOME": str(home), "LOG": str(log),
            "FAILS": fails, "SEVERAL": several, "SKIPS": skips,
        },
    )  # fmt: skip
    return ended, log.read_text().splitlines()


@pytest.mark.parametrize(("several", "asks"), [("false", "get-data"), ("true", "get-data-multi")])
def test_the_script_asks_runs_and_puts_back(tmp_path, several, asks):
    ended, calls = run_main(tmp_path, several=several)
    assert ended.returncode == 0, ended.stderr
    config, result = tmp_path / "c.yaml", tmp_path / "results"
    assert calls == [
        "contrib workflow get-config", "contrib workflow get-configpath",
        f"lfads neurocaas check {config} --json", f"contrib workflow {asks}",
        "contrib workflow get-datapath", "contrib workflow get-resultpath-tmp",
        f"lfads neurocaas run {tmp_path / 'data path'} {config} {result}",
        f"contrib workflow put-result -r {result / 'autolfads.zip'}",
    ]  # fmt: skip
    assert (tmp_path / "put.zip").read_text() == "results\n"


@pytest.mark.parametrize(
    ("fails", "status", "last"),
    [
        ("get-config", 3, "get-config"),
        ("check", 7, "neurocaas check"),
        ("get-data", 3, "get-data"),
        ("no-path", 2, "get-datapath"),
        ("run", 7, "neurocaas run"),
        ("put-result", 3, "put-result"),
    ],
)
def test_every_failure_is_one_of_the_script_and_ends_it(tmp_path, fails, status, last):
    ended, calls = run_main(tmp_path, fails=fails)
    assert ended.returncode == status
    assert last in calls[-1]
    assert not (tmp_path / "put.zip").exists()
    if status == 7:
        assert ended.stderr.splitlines()[-1] == "lfads: error: it failed"


def test_a_run_without_results_fails(tmp_path):
    ended, _ = run_main(tmp_path, skips="yes")
    assert ended.returncode != 0


def test_the_script_can_be_called():
    assert (FOLDER / "run_main.sh").stat().st_mode & stat.S_IXUSR
    assert "set -euo pipefail" in (FOLDER / "run_main.sh").read_text()


@pytest.mark.parametrize("name", FILES)
def test_container_files_copy_what_there_is_and_run_as_no_root(name):
    text = FILES[name]
    for line in re.findall(r"^COPY (.+)$", text, re.M):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
    users = re.findall(r"^USER (\S+)$", text, re.M)
    assert users
    assert users[-1].isdigit()
    assert int(users[-1]) > 0
    assert re.search(r"^FROM \S+:\S+$", text, re.M)
    extras = re.search(r"'\.\[([\w,]+)\]'", text)
    assert extras
    known = re.search(
        r"\[project\.optional-dependencies\](.*?)\n\[", (ROOT / "pyproject.toml").read_text(), re.S
    )
    assert known
    for extra in extras[1].split(","):
        assert f"\n{extra} = " in known[1]
    assert ("cuda12" in extras[1]) == (name == "cuda")
    assert 'ENTRYPOINT ["lfads", "neurocaas"]' in text


def test_both_files_are_one_but_for_the_gpu():
    cpu, cuda = (text.splitlines() for text in FILES.values())
    differing = [line for line in cuda if line not in cpu]
    assert len(differing) == 5
