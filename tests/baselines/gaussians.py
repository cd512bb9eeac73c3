"""Densities of Gaussians, written out."""

import numpy as np


def log_density(mean: np.ndarray, covariance: np.ndarray, at: np.ndarray) -> float:
    """log N(at; mean, covariance)."""
    off = at - mean
    squares = off @ np.linalg.solve(covariance, off)
    volume = np.linalg.slogdet(2 * np.pi * covariance)[1]
    return float(-0.5 * (squares + volume))
