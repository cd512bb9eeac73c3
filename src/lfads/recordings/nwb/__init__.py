"""Recordings from NWB files."""
