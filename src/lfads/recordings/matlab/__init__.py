"""Recordings from MATLAB files."""
