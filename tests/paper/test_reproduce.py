"""Experiments go on where they were broken off, and say what is missing of them."""

import dataclasses
import inspect
import json
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import pytest

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.cli.reproduce_paper import reproduce as command
from lfads.paper import reproduce as module
from lfads.paper.cells import Found, read_found, write_found
from lfads.paper.experiment import Case, Experiment, Results, claim
from lfads.paper.methods import (
    LFADS,
    Ceiling,
    Fitted,
    LFADSAlone,
    Method,
    Opponent,
    Simulated,
)
from lfads.paper.page import page_of
from lfads.paper.reproduce import NUMBERS, made_again, reproduce
from lfads.paper.size import FULL, QUICK, Size
from lfads.paper.tables import tables_of
from lfads.results import Posterior
from lfads.simulate.chaotic_rnn_sessions import simulate_chaotic_rnn_sessions
from lfads.simulate.lorenz import simulate_lorenz

SMALL = Size("small", 0.1, most_epochs=1)
ABOUT = {"command": "lfads reproduce one", "device": "CPU", "versions": {"lfads": "0"}}
TINY_MODEL = {
    "model": {
        "num_factors": 2, "generator_size": 4, "encoder_size": 4, "controller_size": 4,
        "num_inferred_inputs": 0,
    }
}  # fmt: skip


def simulated(seed: int, size: Size) -> Simulated:
    return Simulated(
        simulate_lorenz(seed, num_neurons=5, num_bins=20, num_conditions=size.of(20), gain=0.9)
    )


def keep(given: Simulated, posterior: Posterior) -> Found:
    return Found({"mean": float(posterior.dataset["rates"].mean())})


def experiment_of(methods: Mapping[str, Method]) -> Experiment:
    def claims(results: Results) -> list[Any]:
        return [
            claim(name, "", results.by_seed(lambda numbers: numbers["mean"], ("one", name)))
            for name in methods
        ]

    def draw(figure: Any, results: Results) -> None:
        figure.subplots().plot([0, 1])

    return Experiment(
        title="One", figures="S0", about="", cases={"one": Case("one", simulated)}, methods=methods,
        keep=keep, claims=claims, draw=draw, height_in=2.0, caption="A line.",
    )  # fmt: skip


@dataclasses.dataclass
class Counted:
    """A method that counts how often it is fitted, and can fail."""

    fits: int = 0
    fails: type[BaseException] | None = None

    def settings(self, size: Size, seed: int) -> Mapping[str, Any]:
        return {"seed": seed}

    def results(
        self, given: Simulated, size: Size, seed: int, folder: Path, progress: bool
    ) -> Fitted:
        if self.fails is not None:
            raise self.fails("too few trials")
        self.fits += 1
        return Opponent("constant").results(given, size, seed, folder, progress)


def test_what_was_done_is_used_again_and_what_was_broken_off_goes_on(tmp_path: Path) -> None:
    first, second = Counted(), Counted(fails=KeyboardInterrupt)
    experiment = experiment_of({"first": first, "second": second})
    with pytest.raises(KeyboardInterrupt):
        made_again({"one": experiment}, {0: SMALL}, tmp_path, ABOUT)
    numbers = json.loads((tmp_path / NUMBERS).read_text())["experiments"]["one"]
    assert [fit["method"] for fit in numbers["fits"]] == ["first"]
    assert not (tmp_path / "index.html").exists()
    second.fails = None
    made = made_again({"one": experiment}, {0: SMALL}, tmp_path, ABOUT)
    assert (first.fits, second.fits) == (1, 1)
    assert made.page.read_text().count("<svg") == 1
    made_again({"one": experiment}, {0: SMALL, 1: SMALL}, tmp_path, ABOUT)
    assert (first.fits, second.fits) == (2, 2)


def test_what_cannot_be_fitted_is_named_and_all_else_goes_on(tmp_path: Path) -> None:
    experiment = experiment_of({"fails": Counted(fails=UserError), "first": Counted()})
    made = made_again({"one": experiment}, {0: SMALL}, tmp_path, ABOUT)
    (why,) = made.failed
    assert why.startswith("one, seed 0 (small): fails: too few trials. ")
    assert [one.what for one in made.claims["one"]] == ["first"]
    assert escape(why) in made.page.read_text()


def test_other_code_that_scores_scores_again(tmp_path: Path) -> None:
    method = Counted()
    experiment = experiment_of({"method": method})
    made_again({"one": experiment}, {0: SMALL}, tmp_path, ABOUT)

    def keep_more(given: Simulated, posterior: Posterior) -> Found:
        return Found({"mean": 1.0, "more": 2.0})

    made_again(
        {"one": dataclasses.replace(experiment, keep=keep_more)}, {0: SMALL}, tmp_path, ABOUT
    )
    assert method.fits == 2


def test_what_is_damaged_is_computed_again(tmp_path: Path) -> None:
    place = tmp_path / "one"
    write_found(place, Found({"a": 1.0}))
    assert read_found(place) == Found({"a": 1.0})
    place.with_suffix(".json").write_text("[]")
    assert read_found(place) is None
    write_found(place, Found({"a": 1.0}))
    place.with_suffix(".npz").write_bytes(b"nothing")
    assert read_found(place) is None


def test_a_training_that_was_broken_off_goes_on_in_its_folder(tmp_path: Path) -> None:
    given, method = simulated(0, SMALL), LFADS(TINY_MODEL, num_samples=2)
    place = tmp_path / "one-case-LFADS-seed0-small"
    first = method.results(given, SMALL, 0, place, False)
    again = method.results(given, SMALL, 0, place, False)
    assert first.posterior.dataset["rates"].equals(again.posterior.dataset["rates"])
    assert again.seconds > 0
    tables = tables_of(tmp_path, ["one"], 0, SMALL)
    (settings,), (data,) = tables.settings[1:], tables.data[1:]
    assert settings[:5] == ["one, case, LFADS", "2", "4", "4", "4"]
    assert settings[-2:] == ["1", "1"]
    assert data == ["one, case, LFADS", "1", "32, 8", "20", "10", "5"]
    assert tables_of(tmp_path, ["other"], 0, SMALL) == (tables.settings[:1], tables.data[:1])
    page = page_of({}, {"one": Results({}, {0: SMALL})}, {}, ABOUT, tables=tables)
    assert "Supplementary Tables 1 and 2" in page


def test_no_numbers_come_of_a_training_that_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: Any, out: Path, **__: Any) -> None:
        out.mkdir()
        (out / "summary.json").write_text('{"stopped_by": "interrupted"}')

    monkeypatch.setattr("lfads.runs.train.train", stopped)
    with pytest.raises(KeyboardInterrupt):
        LFADS(TINY_MODEL).results(simulated(0, SMALL), SMALL, 0, tmp_path / "network", False)


def test_each_session_alone_has_a_network_of_its_own(tmp_path: Path) -> None:
    dataset = simulate_chaotic_rnn_sessions(
        num_sessions=2, neurons_per_session=3, num_network_neurons=6, num_conditions=2,
        trials_per_condition=5, num_bins=10,
    )  # fmt: skip
    found = LFADSAlone(TINY_MODEL).results(Simulated(dataset), SMALL, 0, tmp_path, False)
    assert list(found.posterior.sessions) == ["session_1", "session_2"]
    assert sorted(path.name[:9] for path in tmp_path.iterdir()) == ["session_1", "session_2"]


def test_a_ceiling_is_given_the_system_and_the_seed() -> None:
    told: list[Any] = []

    def estimate(dataset: Any, system: Any, seed: int) -> Posterior:
        told.extend([system, seed])
        return Opponent("constant").results(Simulated(dataset), SMALL, 0, Path(), False).posterior

    given = Simulated(simulated(0, SMALL).dataset, "the system")
    Ceiling(estimate).results(given, SMALL, 3, Path(), False)
    assert told == ["the system", 3]


def test_a_quick_look_has_fewer_rounds() -> None:
    opponent = Opponent("gpfa", {"num_latents": 3}, fewer="most_rounds")
    assert opponent.settings(QUICK, 0)["choices"]["most_rounds"] == QUICK.most_rounds
    assert opponent.settings(FULL, 0)["choices"]["most_rounds"] == 200
    assert LFADS().settings(QUICK, 0)["training"]["num_epochs"] == QUICK.most_epochs


@pytest.mark.parametrize(
    ("names", "choices", "message"),
    [
        (
            [],
            {},
            "name experiments, with spaces between, or `all`; there are pendulum (S1), lorenz (S2)",
        ),
        (["lorentz"], {}, "no experiment `lorentz`. Did you mean `lorenz`"),
        (["chaotic_rnnn"], {}, "no experiment `chaotic-rnnn`. Did you mean `chaotic-rnn`"),
        (["S2"], {}, "There are pendulum (S1), lorenz (S2), lorenz-settings, chaotic-rnn (S3)"),
        ("lorenz", {"out": ""}, "`out=` must name a folder; got ''"),
        (["lorenz"], {"seeds": 0}, "`seeds=` must be a whole number above 0; got 0"),
    ],
)
def test_mistakes_are_named(
    tmp_path: Path, names: Any, choices: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        reproduce(names, **{"out": tmp_path / "out", **choices})
    assert not (tmp_path / "out").exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError, match="must name a folder that can be written to"):
            reproduce("lorenz", out=place)


def test_the_command_prints_numbers_and_where_the_page_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    experiments = {"one": experiment_of({"constant": Opponent("constant")})}
    monkeypatch.setattr(module, "chosen_experiments", lambda _: experiments)
    monkeypatch.setattr("lfads.paper.size.QUICK", SMALL)
    out = tmp_path / "out"
    assert run(["reproduce", "lorenz", "--quick", "--out", str(out)]) == 0
    printed, told = capsys.readouterr()
    assert f"wrote {out / 'index.html'}" in printed
    assert "fit 1 of 1: one, seed 0 (small): constant" in told
    assert run(["reproduce", "lorenz", "--quick", "--out", str(out), "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    (claim_,) = values["experiments"]["one"]
    assert claim_["reached"] is None  # a quick look
    assert list(claim_["here"]) == ["seed 0"]


def test_every_seed_is_full_if_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    experiments = {"one": experiment_of({"constant": Opponent("constant")})}
    monkeypatch.setattr(module, "chosen_experiments", lambda _: experiments)
    monkeypatch.setattr("lfads.paper.size.FULL", SMALL)
    assert run(["reproduce", "lorenz", "--full", "--seeds", "2", "--out", str(tmp_path)]) == 0
    assert "fit 2 of 2: one, seed 1 (small): constant" in capsys.readouterr().err
    about = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert about["command"].endswith("--full --seeds 2")


def test_the_command_says_what_failed_and_ends_with_status_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    experiments = {"one": experiment_of({"fails": Counted(fails=UserError), "first": Counted()})}
    monkeypatch.setattr(module, "chosen_experiments", lambda _: experiments)
    assert run(["reproduce", "lorenz", "--quick", "--out", str(tmp_path)]) == 1
    assert "missing: one, seed 0 (quick): fails: too few trials" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "name experiments, with spaces between"),
        (["S2"], "there is no experiment `S2`. There are pendulum (S1)"),
        (
            ["lorenz", "--quick", "--full"],
            "`--quick` has few trials, `--full` all of them: choose one",
        ),
        (["lorenz", "--seeds", "1.5"], "expected a whole number; got 1.5"),
        (["lorenz", "--seeds", "0"], "`--seeds` must be a whole number above 0; got 0"),
        (["lorenz", "--out", "s3://bucket/x"], "must be a path of this machine"),
    ],
)
def test_mistakes_on_the_command_line_have_status_2(
    flags: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["reproduce", *flags]) == 2
    assert message in capsys.readouterr().err


def test_help_names_every_experiment() -> None:
    names = inspect.getdoc(command)
    assert names is not None
    listed = names.partition("Experiments:")[2].partition("or all")[0]
    assert re.findall(r"([a-z][a-z-]+)(?: \(|,|;)", listed) == [
        module.typed(name) for name in module.EXPERIMENTS
    ]
