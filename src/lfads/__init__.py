"""Latent factor analysis via dynamical systems: single-trial neural dynamics from spikes.

The public names stand in `__init__.pyi`; each is loaded on first use, so that `import lfads` stays cheap.
"""

from typing import Any

import lazy_loader

_load, _names, _public = lazy_loader.attach_stub(__name__, __file__)
__all__ = sorted([*_public, "__version__"])  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("lfads")
    return _load(name)


def __dir__() -> list[str]:
    return list(__all__)
