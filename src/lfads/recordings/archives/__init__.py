"""Recordings from archives of NumPy (`.npz`)."""
