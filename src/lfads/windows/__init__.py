"""Continuous recordings as overlapping windows."""
