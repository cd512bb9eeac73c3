"""Posterior averages of trained models, and draws from their prior."""
