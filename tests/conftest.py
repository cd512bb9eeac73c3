"""What holds for every test: annotations checked at run time, JAX strict, figures without a screen.

JAX is told through its environment variables, so that nothing imports it before a test does;
processes that tests start inherit them.
"""

import gc
import hashlib
import os
import platform
import signal
import sys
from importlib.metadata import version
from pathlib import Path

import hypothesis
import pytest
from jaxtyping import install_import_hook

ROOT = Path(__file__).parents[1]


def cache_folder() -> Path:
    """Where compiled programs are kept: beside the packages that made them, for this processor alone."""
    cpu_info = Path("/proc/cpuinfo")
    text = cpu_info.read_text(encoding="utf-8") if cpu_info.exists() else platform.processor()
    features = {line for line in text.splitlines() if line.startswith(("flags", "Features"))}
    processor = hashlib.sha256(f"{sorted(features) or text}".encode()).hexdigest()[:8]
    name = f"{platform.machine()}-{processor}-jaxlib-{version('jaxlib')}"
    environment = Path(sys.prefix)
    home = environment / "cache" if os.access(environment, os.W_OK) else ROOT / ".pytest_cache"
    return home / "jax" / name


os.environ["JAX_NUMPY_RANK_PROMOTION"] = "raise"
os.environ["JAX_NUMPY_DTYPE_PROMOTION"] = "strict"
os.environ["JAX_NUM_CPU_DEVICES"] = "2"  # enough to share a batch
os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # tests are small: compiling takes longest
xla_flags = ["--xla_cpu_parallel_codegen_split_count=1"]
if tuple(map(int, version("jaxlib").split(".")[:2])) < (0, 11):
    # Halves compilation; JAX 0.12 exits at its name.
    xla_flags.append("--xla_cpu_use_fusion_emitters=false")
os.environ.setdefault("XLA_FLAGS", " ".join(xla_flags))
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache_folder()))
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
os.environ["MPLBACKEND"] = "Agg"
# Scripts ignore Ctrl-C in what they start in the background, `nohup` the end of the terminal; processes
# that tests start would do so, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # parallel tests share a GPU

# Settings are what users type: their classes check values themselves, with messages of their own.
UNHOOKED = {"__init__", "config", "hyperparameters", "cli", "sklearn"}
HOOKED = sorted({p.stem for p in (ROOT / "src" / "lfads").iterdir()} - UNHOOKED)
install_import_hook([f"lfads.{name}" for name in HOOKED], "beartype.beartype")

# The first example of a property compiles; a deadline would measure that.
hypothesis.settings.register_profile(
    "lfads", deadline=None, derandomize=True, max_examples=25, print_blob=True
)
# Others each time, and more: `make nightly`.
hypothesis.settings.register_profile(
    "nightly", deadline=None, derandomize=False, max_examples=250, print_blob=True
)
hypothesis.settings.load_profile("lfads")


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of pages are made but not rendered, which takes longest: for tests of words."""
    monkeypatch.setattr("lfads.plots.page.as_svg", lambda figure: "<svg ></svg>")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what imports made out of garbage collection, which took a twentieth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
