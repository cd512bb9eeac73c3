"""Estimates that know the simulated system: what spikes of a trial can tell at most."""
