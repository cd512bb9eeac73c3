"""Weights of another program become a run; numbers are held against a plain network in NumPy."""

import importlib.util
import json
import sys
from typing import Any

import h5py
import jax.numpy as jnp
import numpy as np
import pytest

from lfads.checks import UserError
from lfads.cli.main import run
from lfads.config import ModelConfig, RunConfig
from lfads.data.dataset import Dataset
from lfads.formats.hdf5 import write
from lfads.model.lfads import EncoderInputs
from lfads.model.noise import Noise
from lfads.runs.import_model import import_model

NEURONS, ENCODED, BINS, UNITS, GENERATOR, FACTORS, LATENT, INPUTS, CONTROLLER = (
    6,
    4,
    9,
    5,
    7,
    3,
    2,
    2,
    4,
)
RNG = np.random.default_rng(0)


def gru(name: str, inputs: int, units: int) -> dict[str, np.ndarray]:
    return {
        f"{name}.weight_ih": 0.3 * RNG.normal(size=(3 * units, inputs)),
        f"{name}.weight_hh": 0.3 * RNG.normal(size=(3 * units, units)),
        f"{name}.bias_ih": 0.1 * RNG.normal(size=3 * units),
        f"{name}.bias_hh": np.zeros(3 * units),
    }


def linear(name: str, inputs: int, outputs: int) -> dict[str, np.ndarray]:
    return {
        f"{name}.weight": 0.4 * RNG.normal(size=(outputs, inputs)),
        f"{name}.bias": 0.1 * RNG.normal(size=outputs),
    }


def state_dict(controlled: bool) -> dict[str, Any]:
    """A network with the names that lfads-torch gives its parts."""
    cell, encoders = "decoder.rnn.cell", ("ic", "ci") if controlled else ("ic",)
    found: dict[str, np.ndarray] = {}
    for which in encoders:
        found[f"encoder.{which}_enc_h0"] = 0.1 * RNG.normal(size=(2, 1, UNITS))
        for way in ("fwd", "bwd"):
            found |= gru(f"encoder.{which}_enc.{way}_gru.cell", ENCODED, UNITS)
    found |= linear("encoder.ic_linear", 2 * UNITS, 2 * LATENT)
    found |= linear("decoder.ic_to_g0", LATENT, GENERATOR)
    found |= gru(f"{cell}.gen_cell", INPUTS if controlled else 0, GENERATOR)
    found[f"{cell}.fac_linear.weight"] = RNG.normal(size=(FACTORS, GENERATOR))
    found |= linear("readout.0", FACTORS, NEURONS)
    found |= {"ic_prior.mean": np.zeros(LATENT), "ic_prior.logvar": np.full(LATENT, np.log(0.1))}
    found["decoder.con_h0"] = np.zeros((1, 0))
    if controlled:
        found["decoder.con_h0"] = 0.1 * RNG.normal(size=(1, CONTROLLER))
        found |= gru(f"{cell}.con_cell", 2 * UNITS + FACTORS, CONTROLLER)
        found |= linear(f"{cell}.co_linear", CONTROLLER, 2 * INPUTS)
        found |= {"co_prior.logtaus": np.zeros(INPUTS), "co_prior.lognvars": np.full(INPUTS, -2.0)}
    return found


def stepped(w: dict, name: str, x: np.ndarray, h: np.ndarray) -> np.ndarray:
    """One bin of a unit: update gate, reset gate, candidate."""
    size = h.shape[1]
    given = x @ w[f"{name}.weight_ih"].T + w[f"{name}.bias_ih"]
    kernel = w[f"{name}.weight_hh"].T
    gates = 1 / (1 + np.exp(-(given[:, : 2 * size] + h @ kernel[:, : 2 * size])))
    z, r = gates[:, :size], gates[:, size:]
    n = np.tanh(given[:, 2 * size :] + (r * h) @ kernel[:, 2 * size :])
    return np.clip(z * h + (1 - z) * n, -5, 5)


def encoded(w: dict, which: str, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """States forward and backward, trial time unit."""
    found = []
    for number, (way, order) in enumerate((("fwd", range(BINS)), ("bwd", range(BINS)[::-1]))):
        h = np.repeat(w[f"encoder.{which}_enc_h0"][number], len(x), axis=0)
        states = np.zeros((len(x), BINS, UNITS))
        for t in order:
            h = states[:, t] = stepped(w, f"encoder.{which}_enc.{way}_gru.cell", x[:, t], h)
        found.append(states)
    return found[0], found[1]


def affine(w: dict, name: str, x: np.ndarray) -> np.ndarray:
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def rates_of(w: dict, x: np.ndarray, controlled: bool) -> tuple[np.ndarray, np.ndarray]:
    """Counts per bin, and means of initial conditions, where posterior means drive everything."""
    forward, backward = encoded(w, "ic", x)
    mean = affine(w, "encoder.ic_linear", np.hstack([forward[:, -1], backward[:, 0]]))[:, :LATENT]
    g = affine(w, "decoder.ic_to_g0", mean)
    weights = w["decoder.rnn.cell.fac_linear.weight"]
    to_factors = (weights / np.linalg.norm(weights, axis=1, keepdims=True)).T
    f, found = g @ to_factors, []
    seen, c = np.zeros((len(x), BINS, 0)), np.zeros((len(x), 0))
    if controlled:
        ahead, behind = encoded(w, "ci", x)
        none = np.zeros((len(x), 1, UNITS))
        seen = np.concatenate([
            np.concatenate([none, ahead[:, :-1]], 1), np.concatenate([behind[:, 1:], none], 1)
        ], axis=2)  # fmt: skip
        c = np.repeat(w["decoder.con_h0"], len(x), axis=0)
    for t in range(BINS):
        u = np.zeros((len(x), 0))
        if controlled:
            c = stepped(w, "decoder.rnn.cell.con_cell", np.hstack([seen[:, t], f]), c)
            u = affine(w, "decoder.rnn.cell.co_linear", c)[:, :INPUTS]
        g = stepped(w, "decoder.rnn.cell.gen_cell", u, g)
        f = g @ to_factors
        found.append(np.exp(affine(w, "readout.0", f)))
    return np.stack(found, 1), mean


@pytest.fixture
def dataset() -> Dataset:
    counts = np.random.default_rng(1).poisson(0.8, (10, BINS, NEURONS))
    return Dataset.from_arrays(counts, bin_width_s=0.01, held_out_neurons=[4, 5])


@pytest.mark.parametrize("controlled", [True, False])
def test_the_run_has_the_networks_numbers(dataset, tmp_path, controlled):
    weights = state_dict(controlled)
    np.savez(tmp_path / "w.npz", **weights)
    run = import_model(tmp_path / "w.npz", dataset, out=tmp_path / "run")
    x = dataset.session.spikes[:, :, :ENCODED].astype(np.float32)
    expected, mean = rates_of(weights, x.astype(float), controlled)
    seen = EncoderInputs(jnp.asarray(x.transpose(1, 0, 2)), None, None)
    at_mean = Noise(
        jnp.zeros((len(x), LATENT)), jnp.zeros((BINS, len(x), INPUTS)) if controlled else None, None
    )
    encoded = run.model.encode(seen, at_mean)
    counts = np.exp(np.asarray(run.model.decode(encoded, at_mean).read_outs[0]))
    np.testing.assert_allclose(encoded.initial_condition.mean, mean, atol=2e-6)
    np.testing.assert_allclose(counts.transpose(1, 0, 2), expected, rtol=2e-5)
    assert run.summary["stopped_by"] == "imported"
    assert run.summary["data"]["imported_from"] == "w.npz"
    assert run.config.model.generator_size == GENERATOR


def test_by_command_and_in_the_report(dataset, tmp_path, capsys):
    np.savez(tmp_path / "w.npz", **state_dict(True))
    write(dataset, tmp_path / "d.h5")
    out = str(tmp_path / "run")
    words = ["import-model", str(tmp_path / "w.npz"), str(tmp_path / "d.h5"), "--out", out]
    assert run([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stopped_by"] == "imported"
    assert run(["infer", out, "--num-samples", "2"]) == 0
    assert run(words) == 2
    assert "already holds a run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda w: w.pop("readout.0.bias"), "the weights: lack `?readout.0.bias"),
        (lambda w: w.update({"readin.0.weight": np.ones((2, 2))}), "readin.0.weight.*no counterpart here"),
        (lambda w: w.update({"decoder.rnn.cell.gen_cell.bias_hh": np.ones(21)}), "bias_hh` is not 0"),
        (lambda w: w.update({"ic_prior.logvar": np.array([0.0, 1.0])}), "several variances"),
        (lambda w: w.update({"readout.0.bias": np.full(NEURONS, np.nan)}), "must be finite"),
        (lambda w: [w.pop(k) for k in [*w] if "gen_cell" in k], "no state dictionary of lfads-torch"),
    ],
)  # fmt: skip
def test_what_has_no_counterpart_is_said(dataset, tmp_path, change, said):
    weights = state_dict(True)
    change(weights)
    np.savez(tmp_path / "w.npz", **weights)
    with pytest.raises(UserError, match=said):
        import_model(tmp_path / "w.npz", dataset, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_other_data_and_other_files_are_refused(tmp_path):
    np.savez(tmp_path / "w.npz", **state_dict(True))
    counts = np.ones((10, BINS, NEURONS), int)
    other = Dataset.from_arrays(counts, bin_width_s=0.01)
    with pytest.raises(UserError, match="are for 4 encoded of 6 neurons; the data have 6 of 6"):
        import_model(tmp_path / "w.npz", other, out=tmp_path / "run")
    (tmp_path / "w.csv").write_bytes(b"1,2")
    with pytest.raises(
        UserError, match=r"is no \.npz of weights\. Where the network was trained, write"
    ):
        import_model(tmp_path / "w.csv", other, out=tmp_path / "run")
    h5py.File(tmp_path / "model_params", "w").close()
    with pytest.raises(UserError, match=r"weights of LFADS in TensorFlow 1.*are not imported"):
        import_model(tmp_path / "model_params", other, out=tmp_path / "run")
    np.savez(tmp_path / "p.npz", a=np.array([{}], dtype=object))
    with pytest.raises(UserError, match="cannot be read"):
        import_model(tmp_path / "p.npz", other, out=tmp_path / "run")


def test_what_no_weight_says_is_given(dataset, tmp_path):
    np.savez(tmp_path / "w.npz", **state_dict(True))
    config = RunConfig(model=ModelConfig(controller_lag=2))
    run = import_model(tmp_path / "w.npz", dataset, out=tmp_path / "run", config=config)
    assert run.config.model.controller_lag == 2


TORCH = """
import numpy
__version__ = "{version}"
float64 = "float64"
class Tensor:
    def __init__(self, values): self.values = values
    def detach(self): return self
    def to(self, kind): return self
    def numpy(self): return self.values
def load(path, map_location, weights_only):
    assert weights_only is True
    if open(path, "rb").read() == b"harm": raise ValueError("Unsupported global: GLOBAL a.Harm was")
    return {{"epoch": 3, "state_dict": {{k: Tensor(v) for k, v in numpy.load(path).items()}}}}
"""


@pytest.fixture
def torch(tmp_path, monkeypatch):
    """A module in the place of PyTorch, which the project does without: a function of its version."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    (tmp_path / "site").mkdir()
    return lambda v: (tmp_path / "site" / "torch.py").write_text(TORCH.format(version=v))


def test_checkpoints_go_through_torch_in_a_process_of_its_own(dataset, tmp_path, torch):
    checkpoint, npz = tmp_path / "last.ckpt", tmp_path / "w.npz"
    np.savez(npz, **state_dict(True))
    checkpoint.write_bytes(npz.read_bytes())
    torch("2.6.0")
    python = sys.executable
    one = import_model(checkpoint, dataset, out=tmp_path / "one", torch_python=python)
    other = import_model(npz, dataset, out=tmp_path / "other")
    assert one.data["weights"] == other.data["weights"]
    assert one.data["imported_from"] == "last.ckpt"


def test_no_other_way_opens_a_checkpoint(dataset, tmp_path, torch, monkeypatch):
    checkpoint, out = tmp_path / "last.ckpt", tmp_path / "run"
    checkpoint.write_bytes(b"harm")
    if importlib.util.find_spec("torch") is None:
        with pytest.raises(UserError, match=r"that is not installed here: name a Python.*savez"):
            import_model(checkpoint, dataset, out=out)
    for version, said in (
        ("2.6.1+cpu", r"does not open it as weights alone \(it holds a a\.Harm\).*savez"),
        ("2.5.9", r"it has PyTorch 2\.5\.9, and 2\.6 or later is needed"),
    ):
        torch(version)
        with pytest.raises(UserError, match=said):
            import_model(checkpoint, dataset, out=out, torch_python=sys.executable)
    with pytest.raises(UserError, match="cannot be run"):
        import_model(checkpoint, dataset, out=out, torch_python=tmp_path / "none")
    assert not out.exists()
