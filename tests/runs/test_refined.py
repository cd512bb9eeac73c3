"""`Run.infer(refine=…)`: what it leaves in the posterior, mistakes, members, sessions, causal networks."""

from unittest import mock

import numpy as np
import pytest
from tests.small import AUTONOMOUS, SETTINGS, tiny_dataset, tiny_sessions

from lfads.checks import UserError
from lfads.config import read_config
from lfads.data.dataset import Dataset
from lfads.results import Posterior
from lfads.results.netcdf import read_netcdf
from lfads.runs.inferred import Inferred, inferred_of
from lfads.runs.train import train
from lfads.runs.trained_run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    config = read_config(
        flags={**AUTONOMOUS, "training": {**SETTINGS["training"], "num_epochs": 1}}
    )
    return train(tiny_dataset(), config, out=tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def refined(run):
    return run.infer(num_samples=2, refine=3, progress=False)


def test_the_posterior_says_what_was_gained(run, refined, tmp_path):
    found = refined.dataset
    assert found.attrs["refine_steps"] == 3
    for name in ("bound", "bound_gain"):
        assert found[name].dims == ("trial",)
        assert found[name].attrs["units"] == "nats"
    assert (found["bound_gain"].values >= 0).all()
    assert (found["bound_gain"].values > 0).any()
    read = read_netcdf(refined.save(tmp_path / "posterior.nc"))
    np.testing.assert_array_equal(read["bound_gain"], found["bound_gain"])
    plain = run.infer(num_samples=2, progress=False).dataset
    assert not {"bound", "bound_gain"} & set(plain.variables)
    assert "refine_steps" not in plain.attrs
    assert (plain["rates"] != found["rates"]).any()


def test_columns_of_trials_make_room(run):
    session = tiny_dataset().session
    named = Dataset.from_arrays(
        session.spikes, bin_width_s=0.02, trial_table={"bound": np.arange(12)}
    )
    plain = run.infer(named, num_samples=2, progress=False).dataset
    np.testing.assert_array_equal(plain["trial_bound"], np.arange(12))


def test_mistakes(run, tmp_path):
    for bad in (-1, 10_001, True):
        with pytest.raises(
            UserError, match="`refine=` must be a whole number from 0 to 10000; got"
        ):
            run.infer(refine=bad)
    with pytest.raises(UserError, match="`keep_in=` keeps batches of a refinement: say `refine=`"):
        run.infer(keep_in=tmp_path / "batches")


def test_every_member_is_refined(run):
    def members(number: int, refine: int):
        return inferred_of(
            tiny_dataset(), run.trained, "run", others=[run.trained] * (number - 1), num_samples=2, seed=0,
            generator_states=False, refine=refine, keep_in=None, errors={}, progress=None,
        ).averaged.dataset  # fmt: skip

    two, one = members(2, 3), members(1, 3)
    np.testing.assert_allclose(two["rates"], one["rates"], rtol=1e-6)
    assert two.attrs["ensemble"] == 2
    np.testing.assert_array_equal(two["bound"], one["bound"])


def test_every_session_is_refined_and_keeps_its_own_parts(tmp_path):
    config = read_config(
        flags={**AUTONOMOUS, "training": {**SETTINGS["training"], "num_epochs": 1}}
    )
    run = train(tiny_sessions(), config, out=tmp_path / "run")
    found = run.infer(num_samples=2, refine=2, keep_in=tmp_path / "batches", progress=False)
    for session in found.sessions.values():
        assert (session["bound_gain"].values > 0).any()
    assert len(list((tmp_path / "batches").glob("*-00000.npz"))) == 2


def test_a_causal_network_warns_once(run, monkeypatch):
    causal = mock.Mock()
    causal.model.causal = True
    monkeypatch.setattr(Run, "config", causal)
    nothing = Inferred(Posterior({}), Posterior({}))
    with mock.patch("lfads.runs.trained_run.inferred_of", return_value=nothing):
        with pytest.warns(UserWarning, match="is causal, but every bin of a refined") as told:
            run.infer(refine=1)
        run.infer()  # warnings are errors
    assert len(told) == 1
