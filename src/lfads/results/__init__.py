"""What inference gives: labelled arrays, saved as NetCDF (HDF5 inside, so MATLAB's h5read opens it)."""

from lfads.results.continuous import is_continuous, open_continuous, save_continuous
from lfads.results.posterior import Posterior, is_posterior, open_posterior

__all__ = [
    "Posterior",
    "is_continuous",
    "is_posterior",
    "open_continuous",
    "open_posterior",
    "save_continuous",
]
