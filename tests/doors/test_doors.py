"""Parts of another package: installed by pip, listed, used on the whole road, missed when they are gone."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.doors.installed import TOYS, Done, add_package, each_of, run_with
from tests.small import flags

pytestmark = pytest.mark.doors

SIZES = flags(num_epochs=2)


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
    few = ("--num-samples", "2")
    done = each_of(
        site, trained,
        ("infer", "run", *few),
        ("evaluate", "run", *few, "--json"),
        ("report", "run"),
        ("analyse", "run", "peak"),
        ("export", "run", "--format", "text", "--out", "rates.txt"),
        ("sample", "run", "--num-trials", "2", "--out", "drawn.h5"),
    )  # fmt: skip
    assert [one.status for one in done] == [0] * 6, done
    assert "bits_per_spike" in json.loads(done[1].out)["splits"]["valid"]
    assert "Time of the highest rate" in (trained / "run" / "report.html").read_text("utf-8")
    assert "median (s)" in done[3].out
    assert (trained / "rates.txt").read_text().startswith("lfads rates\ncoin\t0\t")


def test_a_baseline_is_a_run_as_well(site, folder):
    fitted, scored, reported, sampled = each_of(
        site, folder,
        ("baseline", "flat", "coin.h5", "--out", "flat"),
        ("evaluate", "flat", "--json"),
        ("report", "flat"),
        ("sample", "flat", "--num-trials", "2", "--out", "no.h5"),
    )  # fmt: skip
    assert (fitted.status, scored.status, reported.status, sampled.status) == (0, 0, 0, 2)
    scores = json.loads(scored.out)
    assert scores["splits"]["train"]["bits_per_spike"] == pytest.approx(0, abs=1e-6)
    assert "baseline" in sampled.err


def test_without_the_package_a_run_says_what_to_install(trained, tmp_path):
    shutil.copytree(trained / "run", tmp_path / "run")
    done = lfads(tmp_path, tmp_path, "evaluate", "run", str(trained / "coin.h5"))
    assert done.returncode == 2
    assert "of lfads-toys 1.2, which is not there: `pip install lfads-toys==1.2`" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_choice_that_a_part_refuses_is_a_users_mistake(site, folder):
    train = ("train", "coin.h5", "--out", "no", *SIZES, "--objective.augmentations")
    negative, misspelled = each_of(
        site, folder, (*train, "gain(spread=-1)"), (*train, "gain(spred=1)")
    )
    assert (negative.status, misspelled.status) == (2, 2)
    said = "augmentation `gain` of lfads-toys 1.2: `spread` must be 0 or more; got -1"
    assert said in negative.err
    said = "augmentation `gain` has no choice `spred`. Did you mean `spread`?"
    assert said in misspelled.err


def test_a_broken_package_breaks_no_other_command(tmp_path):
    points = (
        "[lfads.observations]\nbad = bad_module:Bad\npoisson = bad_module:Poisson\n"
        "[lfads.analyses]\nbad = bad_module:Bad\n[lfads.simulations]\nbad = bad_module:bad\n"
    )
    add_package(tmp_path, "bad", "0.1", points)
    (tmp_path / "bad_module.py").write_text("raise RuntimeError('half installed')\n")
    listed, ours, bad = each_of(
        tmp_path, tmp_path,
        ("parts",),
        ("simulate", "lorenz", "--out", "lorenz.h5"),
        ("simulate", "bad", "--out", "bad.h5"),
    )  # fmt: skip
    assert listed.status == 0
    assert "`bad` of bad 0.1 cannot be imported from bad_module:Bad" in listed.err
    assert "bad 0.1 brings the observation `poisson`, which lfads has already" in listed.err
    assert (ours.status, ours.err) == (0, "")
    assert bad.status == 2
    assert "RuntimeError: half installed. Mend or uninstall bad" in bad.err


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


@pytest.fixture(scope="module")
def attempts(folder, tmp_path_factory) -> dict[str, Done]:
    """Trainings with each mistake, in one process that sees them all."""
    mine = tmp_path_factory.mktemp("mine")
    names = "\n".join(f"{mistake} = my_{mistake}:Bad" for mistake in MISTAKES)
    add_package(mine, "mine", "0.1", f"[lfads.observations]\n{names}\n")
    for mistake, (code, _) in MISTAKES.items():
        (mine / f"my_{mistake}.py").write_text(
            f"from lfads.model.observations.poisson import Poisson\n{code}"
        )
    train = ("train", str(folder / "coin.h5"), *SIZES)
    done = each_of(
        mine, mine,
        *((*train, "--out", name, "--model.observation", name) for name in MISTAKES),
    )  # fmt: skip
    assert not [name for name in MISTAKES if (mine / name).exists()]
    return dict(zip(MISTAKES, done, strict=True))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_observation_with_a_mistake_is_named_before_training(mistake, attempts):
    done = attempts[mistake]
    assert done.status == 2, done.err
    assert f"observation `{mistake}` of mine 0.1" in done.err
    assert MISTAKES[mistake][1] in done.err
    assert "Traceback" not in done.err
