"""The questions at the top of a report: what a run is told for good and for bad."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from tests.plots.posteriors import lorenz, posterior_of

from lfads.config import RunConfig, read_config
from lfads.report.lights import Light, as_html
from lfads.report.verdict import verdict
from lfads.report.verdict_on_need import needed

DATASET = lorenz(4, 5)
POSTERIOR = posterior_of(DATASET)
FINISHED = {"stopped_by": "patience", "best_epoch": 40}


def rising(*gains: float, start: float = 3.0) -> list[dict[str, Any]]:
    """Fifty epochs whose bits per spike pass through these values."""
    epochs = np.arange(1, 51)
    bits = np.interp(epochs, np.linspace(1, 50, len(gains)), gains)
    return [
        {"epoch": int(e), "valid_bits_per_spike": b, "valid_kl_initial_condition": start}
        for e, b in zip(epochs, bits, strict=True)
    ]


def scored(bits: float, trials: int = 50, **baselines: float) -> dict[str, Any]:
    def of(value: float) -> dict[str, Any]:
        return {"splits": {"valid": {"num_trials": trials, "bits_per_spike": value}}}

    return {**of(bits), "baselines": {name: of(value) for name, value in baselines.items()}}


def lights(**changes: Any) -> dict[str, Light]:
    given: dict[str, Any] = {
        "metrics": rising(0.0, 0.3, 0.3, 0.3), "summary": FINISHED, "config": RunConfig(),
        "scores": scored(0.3, smoothing=0.2, psth=0.1),
    }  # fmt: skip
    found = verdict(DATASET, POSTERIOR, **{**given, **changes})
    return {light.question.split()[-1]: light for light in found}


def test_a_good_run():
    found = lights()
    states = {
        word: found[word].state for word in ("finished?", "improving?", "methods?", "places?")
    }
    assert set(states.values()) == {"good"}, states


@pytest.mark.parametrize(
    ("summary", "config", "state", "said"),
    [
        ({}, RunConfig(), "bad", "has not ended"),
        ({"stopped_by": "interrupted"}, RunConfig(), "bad", "`--resume`"),
        ({"stopped_by": "num_epochs"}, read_config(preset="demo"), "bad", "preset `demo`"),
        ({"stopped_by": "max_hours"}, RunConfig(), "look", "time budget"),
        ({"stopped_by": "num_epochs"}, RunConfig(), "good", "by itself"),
    ],
)
def test_whether_a_run_is_finished(summary, config, state, said):
    light = lights(summary=summary, config=config)["finished?"]
    assert light.state == state
    assert said in light.answer


@pytest.mark.parametrize(
    ("gains", "state", "said"),
    [
        ((0.0, 0.1, 0.2, 0.3), "look", "Train longer"),
        ((0.0, 0.3, 0.3, 0.2), "look", "over-fits"),
        ((0.0, 0.3, 0.3, 0.29), "good", "changed little"),
    ],
)
def test_whether_validation_still_improves(gains, state, said):
    light = lights(metrics=rising(*gains))["improving?"]
    assert light.state == state
    assert said in light.answer


@pytest.mark.parametrize(
    ("scores", "state", "said"),
    [
        (scored(-0.196, smoothing=0.1), "bad", "no better than constant rates (smoothing 0.1000)"),
        (scored(0.2, smoothing=0.25, psth=0.1), "bad", "not better than smoothing"),
        (scored(0.2), "look", "Baselines were not computed"),
        (scored(0.2, trials=5, psth=0.1), "look", "few trials"),
    ],
)
def test_a_bad_score_does_not_sound_good(scores, state, said):
    light = lights(scores=scores)["methods?"]
    assert light.state == state
    assert said in light.answer


def test_held_out_neurons_decide_where_there_are_any():
    scores = scored(0.5, smoothing=0.2)
    for of, value in ((scores, 0.1), (scores["baselines"]["smoothing"], 0.15)):
        of["splits"]["valid"]["held_out_bits_per_spike"] = value
    assert lights(scores=scores)["methods?"].state == "bad"


def test_trials_that_all_start_alike():
    light = lights(metrics=rising(0.0, 0.3, 0.3, start=0.01))["places?"]
    assert light.state == "look"
    assert "start alike" in light.answer


def test_inputs_that_cost_no_more_than_shuffled_ones_are_noise():
    rng = np.random.default_rng(0)
    found = POSTERIOR.dataset
    shape = (found.sizes["trial"], found.sizes["time"], 1)
    found = found.assign(
        inferred_inputs=(("trial", "time", "input"), rng.normal(size=shape)),
        inferred_input_prior_std=("input", np.ones(1)),
    )
    posterior = dataclasses.replace(POSTERIOR, sessions={DATASET.session.name: found})

    def light(**scores: Any) -> Light:
        found = verdict(
            DATASET, posterior, metrics=[], summary=FINISHED, config=RunConfig(), scores=scores
        )
        return next(light for light in found if "inputs" in light.question)

    assert "`lfads evaluate RUN --shuffle-control`" in light().answer
    for kl, state in ((5.0, "good"), (2.0, "look")):
        control = {DATASET.session.name: {"kl_nats": [kl], "shuffled_kl_nats": [3.0]}}
        assert light(shuffle_control=control).state == state


def test_a_silent_controller_is_named():
    metrics = [{**line, "valid_kl_inferred_inputs": 0.02} for line in rising(0.0, 0.3, 0.3)]
    light = lights(metrics=metrics)["anything?"]
    assert light.state == "look"
    assert "0.02 nats a trial" in light.answer


def test_inputs_less_sure_than_they_differ_are_named():
    found = POSTERIOR.dataset
    shape = (found.sizes["trial"], found.sizes["time"], 1)
    dims = ("trial", "time", "input")
    for spread, state in ((0.5, "good"), (2.0, "look")):
        inputs = np.random.default_rng(0).normal(size=shape)
        made = found.assign(
            inferred_inputs=(dims, inputs), inferred_inputs_std=(dims, np.full(shape, spread))
        )
        posterior = dataclasses.replace(POSTERIOR, sessions={DATASET.session.name: made})
        control = {DATASET.session.name: {"kl_nats": [5.0], "shuffled_kl_nats": [3.0]}}
        found_lights = verdict(
            DATASET, posterior, metrics=[], summary=FINISHED, config=RunConfig(),
            scores={"shuffle_control": control},
        )  # fmt: skip
        light = next(light for light in found_lights if "inputs" in light.question)
        assert light.state == state


@pytest.mark.parametrize(
    ("agreement", "state"),
    [({"a": 0.9, "b": 0.8, "c": 0.85}, "good"), ({"a": 0.9, "b": 0.1, "c": 0.8}, "look"),
     ({"a": 0.2, "b": 0.1}, "look")],
)  # fmt: skip
def test_sessions_that_agree(agreement, state):
    light = lights(agreement=agreement)["agree?"]
    assert light.state == state
    if state == "look" and len(agreement) == 3:
        assert "b" in light.answer


def test_marks_differ_in_words_and_text_is_escaped():
    html = "".join(as_html([Light("bad", "Is <b> it?", "Do `x < y`.")]))
    assert "✗" in html
    assert "not yet" in html
    assert "Is &lt;b&gt; it?" in html
    assert "<code>x &lt; y</code>" in html


def test_whether_inputs_are_needed_is_said_with_what_to_do():
    def found(low: float, other: float | None = None, shuffled: float = 1.0) -> Light:
        def gain(value: float) -> dict[str, float]:
            return {"value": value + 0.1, "low": value, "high": value + 0.2}

        about = {"split": "valid", "num_trials": 50, "unit": "bits per spike"}
        need = {
            **about, "gains": [gain(low)], "gain_of_all": gain(low), "kl_nats": [2.0],
            "shares": [0.5], "share_of_all": 0.5,
        }  # fmt: skip
        scores: dict[str, Any] = {
            "inputs_needed": {"a": need},
            "shuffle_control": {"a": {"kl_nats": [2.0], "shuffled_kl_nats": [shuffled]}},
        }
        if other is not None:
            scores["without_inputs"] = {"a": {**about, "run": "alone", "gain": gain(other)}}
        (light,) = needed(scores)
        return light

    assert (found(-0.5).state, found(-0.1).state) == ("bad", "look")
    assert "predicted better with it at 0" in found(-0.5).answer
    assert "not shown to be needed" in found(-0.1).answer
    assert "`lfads evaluate RUN --without`" in found(0.1).answer
    assert "Input 0 (0.200 bits per spike) is in use by this network" in found(0.1).answer
    assert "no more than on shuffled trials" in found(0.1, 0.1, shuffled=3.0).answer
    assert "held-out samples about as well" in found(0.1, -0.1).answer
    assert found(0.1, 0.1).state == "good"
    assert list(needed({})) == []
