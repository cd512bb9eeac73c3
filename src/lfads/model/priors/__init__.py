"""Priors of the initial condition and of the inferred inputs, one file a kind."""
