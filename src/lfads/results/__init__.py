"""What inference gives: labelled arrays, saved as NetCDF (HDF5 inside, so MATLAB's h5read opens it)."""

from lfads.results.posterior import Posterior, open_posterior

__all__ = ["Posterior", "open_posterior"]
