"""Mutation score of the numerical core: how many small mistakes, one at a time, its tests notice.

`mutation.toml` names parts of the core, their files, and the tests that are to notice. Of each part 30
mutants are sampled, the same as long as its files and the operators stay as they are. Each stands for a
while in a copy of the checkout. It is killed if a test fails, or takes too much time. What was killed
before is not tried again, nor what survived the same tests or has the verdict that it computes the same:
`build/mutation/tried.jsonl` keeps it.

`make mutation` runs this in an environment of its own. cosmic-ray gives the operators; its own runner
starts Python anew for each mutant, and imports take longer than most of these tests.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import grimp
from _mutants import Mutant, sampled
from _record import ROOT, parser, record

SOURCE = ROOT / "src" / "lfads"
TABLE = Path(__file__).with_name("mutation.toml")
HOME = ROOT / "build" / "mutation"
TREE = HOME / "tree"
TRIED = HOME / "tried.jsonl"
COPIED = ("src", "tests", "pyproject.toml")
LEAST_CPU_S, TIMES = 20.0, 5.0
"""Processor time that a mutant may take: so many seconds, and so many times that of unchanged code."""


class Runner:
    """A process of the copy that has imported what is slow to import, asked for one run after the other."""

    def __init__(self) -> None:
        # Text of modules decides what is run, never what was compiled of an earlier mutant.
        environment = {
            **os.environ,
            "PYTHONPATH": str(TREE / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("_warm_tests.py"))],
            cwd=TREE,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self, tests: Sequence[str], cpu_s: float = 600.0, warm: Sequence[str] = ()
    ) -> dict[str, Any]:
        """What `_warm_tests.run_apart` says, with these modules imported before."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(
            json.dumps({"tests": list(tests), "cpu_s": cpu_s, "warm": list(warm)}),
            file=self._process.stdin,
            flush=True,
        )
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the process that runs tests ended; what it said stands above")
        return json.loads(line)


class Part(NamedTuple):
    """A part of the core: its files and, for each, the tests that are to notice."""

    name: str
    tests: dict[str, list[str]]

    def mutants(self, number: int, sample: str = "") -> list[Mutant]:
        """The sample of a name, file by file."""
        return sorted(sampled(SOURCE, sorted(self.tests), number, self.name + sample))


def parts(table: Mapping[str, Any]) -> Iterator[Part]:
    """Parts of the table, in its order."""
    for name, groups in table["parts"].items():
        yield Part(name, {file: asked(group, file) for group in groups for file in group["files"]})


def asked(group: Mapping[str, Any], file: str) -> list[str]:
    """What pytest is asked for: tests, those of the file's docstrings, and words that names must have."""
    has_own = ">>>" in (SOURCE / file).read_text(encoding="utf-8")
    own = [f"src/lfads/{file}"] if has_own and "named" not in group else []
    return [*group["tests"], *own, *(["-k", group["named"]] if "named" in group else [])]


def tried_before() -> list[dict[str, Any]]:
    """What earlier runs found, in their order."""
    lines = TRIED.read_text(encoding="utf-8").splitlines() if TRIED.is_file() else []
    return list(map(json.loads, lines))


def copy_checkout() -> None:
    """The checkout as it is now, in the place of an earlier copy."""
    shutil.rmtree(TREE, ignore_errors=True)
    TREE.mkdir(parents=True)
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, TREE / name)


def digest(*texts: str) -> str:
    """A name for texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def name_of(mutant: Mutant) -> str:
    """A name for a mutant, the same as long as its file stays as it is."""
    return digest(mutant.file, mutant.text)


def digest_of_tests(tests: Sequence[str]) -> str:
    """A name for what tests are asked for, and for the text of their files."""
    files = sorted(
        file
        for path in {TREE / test.partition("::")[0] for test in tests if test.startswith("tests/")}
        for file in (path.rglob("*.py") if path.is_dir() else [path])
    )
    return digest(*tests, *(file.read_text(encoding="utf-8") for file in files))


class Unchanged(NamedTuple):
    """What tests take without a mutant, and which modules they load."""

    cpu_s: float
    modules: frozenset[str]


class Trials:
    """Tries mutants, and keeps what was found."""

    def __init__(self, verdicts: Sequence[Mapping[str, str]]) -> None:
        copy_checkout()
        self.verdicts = verdicts
        before = tried_before()
        self.before = {entry["mutant"]: entry for entry in before}
        self.survived_once = {e["mutant"] for e in before if e["outcome"] == "survived"}
        self.runner = Runner()
        self.imports = grimp.build_graph("lfads", cache_dir=None)
        self.unchanged: dict[tuple[str, ...], Unchanged] = {}

    def without(self, tests: Sequence[str]) -> Unchanged:
        """Of the tests without a mutant, which must pass."""
        key = tuple(tests)
        if key not in self.unchanged:
            found = self.runner.run(tests)
            if found["status"] != 0:
                raise SystemExit(f"without a mutant: {' '.join(tests)}\n{found['output']}")
            self.unchanged[key] = Unchanged(found["cpu_s"], frozenset(found["modules"]))
            print(
                f"{found['cpu_s']:6.1f} s ({found['wall_s']:.1f} s): {' '.join(tests)}", flush=True
            )
        return self.unchanged[key]

    def unaware(self, modules: frozenset[str], file: str) -> list[str]:
        """Modules that import neither a file nor what imports it: they are the same whatever it holds."""
        own = "lfads." + file.removesuffix(".py").replace("/", ".")
        return sorted(modules - {own} - self.imports.find_downstream_modules(own))

    def outcome(self, mutant: Mutant, tests: Sequence[str]) -> str:
        """`survived`, `killed`, or `timeout`."""
        name = name_of(mutant)
        asked = digest_of_tests(tests)
        known = self.before.get(name)
        same = verdict_on(mutant, self.verdicts).get("verdict") == "equivalent"
        if known and (known["outcome"] != "survived" or known["tests"] == asked or same):
            return known["outcome"]
        unchanged = self.without(tests)
        place = TREE / "src" / "lfads" / mutant.file
        whole = place.read_text(encoding="utf-8")
        try:
            place.write_text(mutant.text, encoding="utf-8")
            found = self.runner.run(
                tests,
                LEAST_CPU_S + TIMES * unchanged.cpu_s,
                self.unaware(unchanged.modules, mutant.file),
            )
        finally:
            place.write_text(whole, encoding="utf-8")
        status = found["status"]
        if status in (4, 5):  # wrong words, no tests: nothing was run
            raise SystemExit(f"{' '.join(tests)}: pytest's status is {status}\n{found['output']}")
        outcome = "survived" if status == 0 else "killed" if status > 0 else "timeout"
        kept = {n: found[n] for n in ("status", "cpu_s", "wall_s", "output")}
        entry = {"mutant": name, "tests": asked, "outcome": outcome, "file": mutant.file, **kept}
        with TRIED.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(entry) + "\n")
        told = f"{outcome:8} {found['cpu_s']:6.1f} s  {mutant.file}:{mutant.line} {mutant.operator}"
        print(f"{told}\n    - {mutant.before}\n    + {mutant.after}", flush=True)
        return outcome


def verdict_on(mutant: Mutant, verdicts: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What was found when somebody looked at a mutant: a verdict and the reason."""
    for said in verdicts:
        if all(said[name] == getattr(mutant, name) for name in ("file", "before", "after")):
            return {name: said[name] for name in ("verdict", "why")}
    return {"verdict": "open"}


def survivor(mutant: Mutant, verdicts: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """A mutant that no test noticed, as it is recorded."""
    names = ("file", "line", "operator", "before", "after")
    return {**{name: getattr(mutant, name) for name in names}, **verdict_on(mutant, verdicts)}


def scored(part: Part, trials: Trials, number: int, sample: str) -> dict[str, Any]:
    """What became of the mutants of a part."""
    outcomes = [
        (mutant, trials.outcome(mutant, part.tests[mutant.file]))
        for mutant in part.mutants(number, sample)
    ]
    counts = Counter(outcome for _, outcome in outcomes)
    survivors = [
        survivor(mutant, trials.verdicts) for mutant, outcome in outcomes if outcome == "survived"
    ]
    equivalent = sum(each["verdict"] == "equivalent" for each in survivors)
    killed = counts["killed"] + counts["timeout"]
    at_first = sum(
        found == "survived" or name_of(mutant) in trials.survived_once for mutant, found in outcomes
    )
    return {
        "files": sorted(part.tests),
        "tests": sorted(
            {test for tests in part.tests.values() for test in tests if test.startswith("tests/")}
        ),
        "tried": len(outcomes),
        "killed": killed,
        "killed_by_time": counts["timeout"],
        "survived_at_first": at_first,
        "equivalent": equivalent,
        "score": round(killed / len(outcomes), 3),
        "score_of_those_that_differ": round(killed / (len(outcomes) - equivalent), 3),
        "survivors": survivors,
    }


def main() -> None:
    """Try all, and record."""
    arguments = parser(__doc__)
    arguments.add_argument(
        "--only", nargs="*", metavar="PART", help="parts of the table; all by default"
    )
    arguments.add_argument(
        "--number", type=int, default=30, metavar="N", help="mutants of each part (30)"
    )
    arguments.add_argument(
        "--sample",
        default="",
        metavar="NAME",
        help="of another sample, for which no test was written",
    )
    asked = arguments.parse_args()
    with TABLE.open("rb") as file:
        table = tomllib.load(file)
    trials = Trials(table.get("verdicts", []))
    found = {
        part.name: scored(part, trials, asked.number, asked.sample)
        for part in parts(table)
        if not asked.only or part.name in asked.only
    }
    tried, killed, at_first, same = (
        sum(each[n] for each in found.values())
        for n in ("tried", "killed", "survived_at_first", "equivalent")
    )
    whole = {
        "tried": tried,
        "killed": killed,
        "survived_at_first": at_first,
        "equivalent": same,
        "score": round(killed / tried, 3),
        "score_of_those_that_differ": round(killed / (tried - same), 3),
    }
    record({"cosmic_ray": version("cosmic-ray"), "all": whole, "parts": found}, asked.out)


if __name__ == "__main__":
    main()
