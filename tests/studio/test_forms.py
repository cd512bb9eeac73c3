"""A form has every setting with its text, and the same run comes out of every way to copy it."""

import dataclasses
import shlex
import tomllib

import pytest
from tests.studio.browser import Browser

from lfads.checks import UserError
from lfads.cli.submitted import parsed, submitted
from lfads.config import read_config, tables_of_config
from lfads.studio.runs.asked_run import AskedRun, asked_run, width_of
from lfads.studio.runs.fields import FIRST, by_name, form_fields


def test_every_setting_is_in_the_form_with_its_text_and_advice():
    fields = by_name("search")
    names = [
        f"{table}.{f.name}"
        for table, kind in tables_of_config().items()
        for f in dataclasses.fields(kind)
        if f.name != "space"
    ]
    assert set(fields) == set(names)
    assert set(FIRST) <= set(names)
    for field in fields.values():
        assert field.text, field.name
        assert field.advice, field.name
    assert "search.population" not in by_name("train")
    assert fields["model.generator"].choices[:1] == ("gru",)
    assert fields["training.freeze"].choices[0] == "nothing"
    assert fields["model.causal"].choices == ("true", "false")


def test_what_suits_the_data_is_shown_with_its_reason():
    tables = form_fields("train", {"training.batch_size": [16, "about an eighth of 130 trials"]})
    found = {f.name: f for _, fields in tables for f in fields}
    assert found["training.batch_size"].default == "16"
    assert found["training.batch_size"].reason == "about an eighth of 130 trials"
    assert found["hyperparameters.learning_rate"].default == "0.008"
    assert found["training.max_hours"].default == ""


WORDS = {
    "seed": "7", "model.num_factors": "4", "model.causal": "", "training.num_epochs": " 12 ",
    "hyperparameters.learning_rate": "2e-3", "objective.rescale_coordinated_dropout": "false",
    "training.learning_rate_schedule": "plateau", "model.observation": "negative_binomial",
    "csrf": "x", "do": "copy", "unknown.field": "5",
}  # fmt: skip
SEARCHED = {"search.population": "3", "search.max_hours": "0.5"}


@pytest.mark.parametrize(
    ("command", "more", "preset"),
    [("train", {}, ""), ("train", {}, "demo"), ("search", SEARCHED, "autolfads")],
)
def test_command_python_and_toml_are_the_same_run(tmp_path, command, more, preset):
    data = tmp_path / "it's $HOME.h5"
    asked = asked_run(command, data, {**WORDS, **more, "preset": preset}, 0.01)
    expected = read_config(preset=preset or None, flags=_with_search(asked))
    words = shlex.split(asked.as_command())
    name, function, given = parsed(words[1:])
    job = submitted(name, function, {k: v for k, v in given.items() if k != "out"})
    assert (job.command, job.inputs) == (command, [str(data)])
    assert job.options == asked.options == ["--bin-width-s", "0.01"]
    search = {"search": {}} if command == "search" else {}
    assert read_config(flags={**search, **job.settings}) == expected
    assert read_config(flags={**search, **tomllib.loads(asked.as_toml())}) == expected
    said: list = []
    _run(asked.as_python().replace("import lfads", ""), {"lfads": _Recorder(said)})
    assert said[0] == ("read", (str(data),), {"bin_width_s": 0.01})
    made = said[-1]
    assert made[0] == ("train" if command == "train" else "search_population")
    assert made[1][1] == expected


def _with_search(asked: AskedRun):
    return {**({"search": {}} if asked.command == "search" else {}), **asked.given}


class _Recorder:
    """Notes what is called on it; configurations are made."""

    def __init__(self, said: list) -> None:
        self.said = said

    def __getattr__(self, name: str):
        if name == "read_config":
            return read_config
        return lambda *words, **named: self.said.append((name, words, named))


def _run(code: str, names: dict) -> None:
    exec(code, names)  # noqa: S102 - of our own making


def test_nothing_given_is_a_run_as_it_is(tmp_path):
    asked = asked_run("train", tmp_path / "a.h5", {})
    assert asked.settings == {}
    assert asked.as_command() == f"lfads train {tmp_path}/a.h5 --out RUN"
    assert tomllib.loads(asked.as_toml()) == {}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"model.num_factors": "many"}, "`model.num_factors` must be a whole number; got 'many'"),
        ({"hyperparameters.dropout_rate": "x"}, "`hyperparameters.dropout_rate` must be a number"),
        ({"model.causal": "maybe"}, "`model.causal` must be true or false; got 'maybe'"),
        ({"seed": "1.5"}, "`seed` must be a whole number; got '1.5'"),
        ({"preset": "../x"}, "there is no preset `../x`"),
        ({"hyperparameters.dropout_rate": "3"}, r"`dropout_rate` must be in \[0, 1\); got 3"),
        ({"training.freeze": "all"}, "`freeze` must be"),
    ],
)
def test_mistakes_are_named(tmp_path, words: dict[str, str], message: str):
    with pytest.raises(UserError, match=message):
        asked_run("train", tmp_path, words)


def test_widths_are_checked(tmp_path):
    assert (width_of(" "), width_of("0.01")) == (None, 0.01)
    for text in ("x", "0", "-1", "nan", "inf", "1e9"):
        with pytest.raises(UserError, match="the width of a bin is a number of seconds"):
            width_of(text)
    with pytest.raises(UserError, match="a form asks for a training or a search; got delete"):
        asked_run("delete", tmp_path, {})
    assert Browser(tmp_path / "jobs").get("/data/x/run?command=delete").status == 404
