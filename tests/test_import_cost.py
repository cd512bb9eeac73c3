"""`import lfads` is cheap, and its public names are complete and unambiguous."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import lfads

HEAVY = {
    "jax", "equinox", "optax", "jaxtyping", "numpy", "xarray", "h5py", "h5netcdf", "matplotlib",
    "pandas", "ray", "pynwb", "sklearn", "scipy", "cyclopts", "rich", "tensorboardX", "wandb",
}  # fmt: skip
FOLDER = Path(lfads.__file__).parent


def modules_loaded_by(statement: str) -> list[str]:
    """Modules that `statement` loads in a fresh interpreter, beyond those of its start."""
    code = (
        "import json, sys; before = set(sys.modules)\n"
        f"{statement}\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(done.stdout.splitlines()[-1])


def packages(modules: list[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_importing_the_package_loads_nothing_heavy():
    loaded = modules_loaded_by("import lfads")
    assert not packages(loaded) & HEAVY
    assert len(loaded) < 40, loaded


@pytest.mark.parametrize(
    "module", ["config", "hyperparameters", "checks", "files", "arrays", "data.dataset"]
)
def test_settings_and_data_do_not_start_jax(module):
    loaded = packages(modules_loaded_by(f"import lfads.{module}"))
    assert not loaded & {"jax", "equinox", "optax", "matplotlib", "ray", "pynwb", "sklearn"}


@pytest.mark.parametrize("name", lfads.__all__)
def test_every_public_name_resolves(name):
    assert getattr(lfads, name) is not None
    assert name in dir(lfads)


def test_the_stub_lists_what_it_imports():
    stub = ast.parse((FOLDER / "__init__.pyi").read_text(encoding="utf-8"))
    listed = next(ast.literal_eval(n.value) for n in stub.body if isinstance(n, ast.Assign))
    assert sorted(listed) == lfads.__all__


def test_public_names_alone_are_shown():
    assert dir(lfads) == lfads.__all__


def test_no_public_name_is_shadowed_by_a_module():
    modules = {path.name.removesuffix(".py") for path in FOLDER.iterdir()}
    assert not modules & set(lfads.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="No lfads attribute latents"):
        _ = lfads.latents  # pyright: ignore[reportAttributeAccessIssue]
