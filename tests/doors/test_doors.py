"""Parts of another package: installed by pip, listed, used on the whole road, missed when they are gone."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.doors.installed import TOYS, add_package, install_toys, run_with
from tests.small import flags

pytestmark = pytest.mark.doors

ROOT = Path(__file__).parents[2]
SIZES = flags(num_epochs=2)


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    return install_toys(tmp_path_factory.mktemp("toys"))


@pytest.fixture(scope="module")
def folder(site, tmp_path_factory) -> Path:
    """With data of the toy simulation."""
    found = tmp_path_factory.mktemp("road")
    succeeds(site, found, "simulate", "coin", "--out", "coin.h5")
    return found


@pytest.fixture(scope="module")
def trained(site, folder) -> Path:
    """With a run that is made of toys."""
    settings = [
        "--model.inferred-input-prior", "fixed", "--model.initial-condition-prior", "fixed",
        "--model.generator", "leaky",
        "--objective.augmentations", "coordinated_dropout + gain(spread=0.2)",
    ]  # fmt: skip
    tracker = ["--track", "lines(prefix=after)"]
    succeeds(site, folder, "train", "coin.h5", "--out", "run", *SIZES, *settings, *tracker)
    return folder


def lfads(site: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run_with(site, "-c", "from lfads.cli.entry import main; main()", *words, folder=folder)


def succeeds(*args) -> str:
    done = lfads(*args)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_toy_is_one_short_file():
    for file in TOYS.glob("*.py"):
        assert len(file.read_text().splitlines()) <= 60, file.name


def test_parts_are_listed_with_their_package(site, folder):
    listed = json.loads(succeeds(site, folder, "parts", "--json"))["parts"]
    toys = {(one["kind"], one["name"]) for one in listed if one["from"] == "lfads-toys 1.2"}
    assert toys == {
        ("observations", "laplace"), ("priors", "fixed"), ("augmentations", "gain"),
        ("generators", "leaky"), ("simulations", "coin"), ("analyses", "peak"),
        ("baselines", "flat"), ("formats", "text"), ("trackers", "lines"),
    }  # fmt: skip
    says = {one["name"]: one["says"] for one in listed}
    assert says["coin"] == "Neurons that fire for heads, or for tails."


def test_the_whole_road(site, trained):
    lines = (trained / "run" / "lines.txt").read_text().splitlines()
    assert (lines[0], lines[1][:8], lines[-1]) == ("from 1", "after 1:", "num_epochs")
    succeeds(site, trained, "infer", "run", "--num-samples", "2")
    words = ("evaluate", "run", "--num-samples", "2", "--json")
    scores = json.loads(succeeds(site, trained, *words))
    assert "bits_per_spike" in scores["splits"]["valid"]
    succeeds(site, trained, "report", "run")
    assert (trained / "run" / "report.html").is_file()
    assert "Time of the highest rate" in (trained / "run" / "report.html").read_text("utf-8")
    assert "median (s)" in succeeds(site, trained, "analyse", "run", "peak")
    succeeds(site, trained, "export", "run", "--format", "text", "--out", "rates.txt")
    assert (trained / "rates.txt").read_text().startswith("lfads rates\ncoin\t0\t")
    succeeds(site, trained, "sample", "run", "--num-trials", "2", "--out", "drawn.h5")


def test_a_baseline_is_a_run_as_well(site, folder):
    succeeds(site, folder, "baseline", "flat", "coin.h5", "--out", "flat")
    scores = json.loads(succeeds(site, folder, "evaluate", "flat", "--json"))
    assert scores["splits"]["train"]["bits_per_spike"] == pytest.approx(0, abs=1e-6)
    succeeds(site, folder, "report", "flat")
    done = lfads(site, folder, "sample", "flat", "--num-trials", "2", "--out", "no.h5")
    assert done.returncode == 2
    assert "baseline" in done.stderr


def test_without_the_package_a_run_says_what_to_install(trained, tmp_path):
    shutil.copytree(trained / "run", tmp_path / "run")
    done = lfads(tmp_path, tmp_path, "evaluate", "run", str(trained / "coin.h5"))
    assert done.returncode == 2
    assert "of lfads-toys 1.2, which is not there: `pip install lfads-toys==1.2`" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_choice_that_a_part_refuses_is_a_users_mistake(site, folder):
    for text, said in (
        (
            "gain(spread=-1)",
            "augmentation `gain` of lfads-toys 1.2: `spread` must be 0 or more; got -1",
        ),
        ("gain(spred=1)", "augmentation `gain` has no choice `spred`. Did you mean `spread`?"),
    ):
        done = lfads(
            site,
            folder,
            "train",
            "coin.h5",
            "--out",
            "no",
            *SIZES,
            "--objective.augmentations",
            text,
        )
        assert done.returncode == 2
        assert said in done.stderr


def test_a_broken_package_breaks_no_other_command(tmp_path):
    points = (
        "[lfads.observations]\nbad = bad_module:Bad\npoisson = bad_module:Poisson\n"
        "[lfads.analyses]\nbad = bad_module:Bad\n[lfads.simulations]\nbad = bad_module:bad\n"
    )
    add_package(tmp_path, "bad", "0.1", points)
    (tmp_path / "bad_module.py").write_text("raise RuntimeError('half installed')\n")
    done = lfads(tmp_path, tmp_path, "parts")
    assert done.returncode == 0
    assert "`bad` of bad 0.1 cannot be imported from bad_module:Bad" in done.stderr
    assert "bad 0.1 brings the observation `poisson`, which lfads has already" in done.stderr
    done = lfads(tmp_path, tmp_path, "simulate", "lorenz", "--out", "lorenz.h5")
    assert (done.returncode, done.stderr) == (0, "")
    done = lfads(tmp_path, tmp_path, "simulate", "bad", "--out", "bad.h5")
    assert done.returncode == 2
    assert "RuntimeError: half installed. Mend or uninstall bad" in done.stderr


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


@pytest.mark.parametrize("kind", SUITES)
def test_the_suite_of_each_kind_runs_over_what_is_installed(kind, site):
    """The contract suites take what is registered, and so whatever a user adds."""
    path, name = SUITES[kind]
    pytest_ = ["-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "--no-header"]
    done = run_with(site, *pytest_, path, "-k", name, folder=ROOT)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


MISTAKES = {
    "no_kind": (
        "class Bad(Poisson):\n    kind = 'spikes'\n",
        "its `kind` must be `counts` or `real`",
    ),
    "no_method": (
        "from lfads.model.observations.observation import Observation\nclass Bad(Observation):\n"
        "    kind = 'counts'\n",
        "raised TypeError: Can't instantiate abstract class Bad",
    ),
    "no_mean": (
        "class Bad(Poisson):\n    of_neurons = ('shape',)\n",
        "`parameters` must give shape",
    ),
    "no_scores": (
        "class Bad(Poisson):\n    scores = ('bits',)\n",
        "its `scores` must be of bits_per",
    ),
    "raises": (
        "class Bad(Poisson):\n    def start(self, moments):\n        raise KeyError('gone')\n",
        "raised KeyError: 'gone'",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_observation_with_a_mistake_is_named_before_training(folder, tmp_path, mistake):
    code, said = MISTAKES[mistake]
    add_package(tmp_path, "mine", "0.1", "[lfads.observations]\nmine = my_part:Bad\n")
    (tmp_path / "my_part.py").write_text(
        f"from lfads.model.observations.poisson import Poisson\n{code}"
    )
    data = str(folder / "coin.h5")
    words = ("train", data, "--out", "run", *SIZES, "--model.observation", "mine")
    done = lfads(tmp_path, tmp_path, *words)
    assert done.returncode == 2, done.stderr
    assert "observation `mine` of mine 0.1" in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()
