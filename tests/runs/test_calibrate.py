"""Calibration: only encoders and controller are trained, it is kept and goes on, and mistakes are said."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import numpy as np
import pytest
from tests.small import AUTONOMOUS, tiny_config, tiny_dataset, tiny_sessions

from lfads.checks import UserError
from lfads.config import read_config
from lfads.data.dataset import Dataset
from lfads.runs.calibrate import calibrate
from lfads.runs.kept_calibration import kept_calibration
from lfads.runs.train import train
from lfads.runs.trained_run import Run
from lfads.training.folder import open_trained

ask: Any = calibrate


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp("calibrate") / "run"
    dataset = dataclasses.replace(tiny_dataset(), num_forward_bins=2)
    return train(dataset, tiny_config(num_epochs=2), out=folder, progress=False)


def test_encoders_and_controller_are_trained_and_nothing_else(run):
    found = calibrate(run, num_ranked=100, num_trained=100, num_epochs=2, progress=False)
    assert set(found.as_inferred) == set(found.retrained) == {"code", "inputs"}
    before, after = run.model, open_trained(run.folder / "calibration").model
    for name in ("code_to_generator", "initial_condition_prior", "input_prior", "read_out"):
        one, other = getattr(before, name), getattr(after, name)
        assert eqx.tree_equal(one, other), name
    assert eqx.tree_equal(before.decoder.generator, after.decoder.generator)
    np.testing.assert_array_equal(before.decoder.factor_weights, after.decoder.factor_weights)
    for name in ("initial_condition_encoder", "controller_encoder", "code_to_posterior"):
        one, other = getattr(before, name), getattr(after, name)
        assert not eqx.tree_equal(one, other), name
    moved = jax.tree.leaves(after.decoder.controller), jax.tree.leaves(before.decoder.controller)
    assert any((a != b).any() for a, b in zip(*moved, strict=True))
    assert kept_calibration(run.folder)["session"] == found.to_dict()


def test_what_is_done_is_not_done_again_and_is_shown(run):
    with pytest.raises(UserError, match="already holds a run: choose a new one, or continue"):
        calibrate(run, num_ranked=100, num_trained=100, num_epochs=2, progress=False)
    ask(run, num_ranked=100, num_trained=100, num_epochs=2, resume=True, progress=False)
    alone = calibrate(run, num_ranked=100, training=False, progress=False)
    assert not alone.retrained
    assert kept_calibration(run.folder)["session"]["retrained"]  # stays, of the same draws
    page = run.report(baselines=False, progress=False).read_text(encoding="utf-8")
    assert "Are error bars right where the model is?" in page
    assert "encoders trained on draws" in page


def test_a_session_is_named_where_there_are_several(tmp_path):
    run = train(tiny_sessions(), tiny_config(num_epochs=1), out=tmp_path / "run", progress=False)
    with pytest.raises(UserError, match="name one of them with `session=`"):
        calibrate(run, training=False)
    found = calibrate(
        run, session="tuesday", num_ranked=100, num_trained=100, num_epochs=2, progress=False
    )
    assert found.session == "tuesday"
    assert found.retrained["inputs"].bars


def test_what_cannot_be_drawn_is_refused(tmp_path):
    alone = AUTONOMOUS["model"]
    segment = {**AUTONOMOUS, "model": {**alone, "initial_condition_length": 3}}
    one = train(tiny_dataset(), read_config(flags=segment), out=tmp_path / "a", progress=False)
    with pytest.raises(UserError, match="from the first 3 bins of a trial, which its"):
        calibrate(one)
    rng = np.random.default_rng(0)
    driven = Dataset.from_arrays(
        rng.poisson(0.5, (12, 9, 4)), bin_width_s=0.02, external_inputs=rng.random((12, 9, 1))
    )
    run = train(driven, read_config(flags=AUTONOMOUS), out=tmp_path / "b", progress=False)
    found = calibrate(run, num_ranked=100, num_trained=100, num_epochs=2, progress=False)
    assert found.num_ranked == 100
    to_encoders = {**AUTONOMOUS, "model": {**alone, "external_inputs_to": "encoders"}}
    other = train(driven, read_config(flags=to_encoders), out=tmp_path / "c", progress=False)
    with pytest.raises(UserError, match="external inputs to the encoders alone"):
        calibrate(other)
    for given, words in (({"num_ranked": 5}, "num_ranked"), ({"num_trained": 2}, "num_trained")):
        with pytest.raises(UserError, match=words):
            ask(run, **given)
