"""What holds for every test: annotations checked at run time, JAX strict, figures without a screen.

JAX is told through its environment variables, so that nothing imports it before a test does;
processes that tests start inherit them.
"""

import os
from pathlib import Path

import hypothesis
from jaxtyping import install_import_hook

ROOT = Path(__file__).parents[1]

os.environ["JAX_NUMPY_RANK_PROMOTION"] = "raise"
os.environ["JAX_NUMPY_DTYPE_PROMOTION"] = "strict"
os.environ["JAX_NUM_CPU_DEVICES"] = "2"  # enough to share a batch
os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # tests are small: compiling takes longest
os.environ.setdefault(  # known to every version that pyproject.toml allows; halve compilation
    "XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"
)
os.environ["JAX_COMPILATION_CACHE_DIR"] = str(ROOT / ".pytest_cache" / "jax")
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
os.environ["MPLBACKEND"] = "Agg"
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # parallel tests share a GPU

# Settings are what users type: their classes check values themselves, with messages of their own.
UNHOOKED = {"__init__", "config", "hyperparameters", "cli", "sklearn"}
HOOKED = sorted({p.stem for p in (ROOT / "src" / "lfads").iterdir()} - UNHOOKED)
install_import_hook([f"lfads.{name}" for name in HOOKED], "beartype.beartype")

# The first example of a property compiles; a deadline would measure that.
hypothesis.settings.register_profile(
    "lfads", deadline=None, derandomize=True, max_examples=25, print_blob=True
)
hypothesis.settings.load_profile("lfads")
