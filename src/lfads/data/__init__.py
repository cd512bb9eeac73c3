"""From recordings to trials of counts: NumPy only, no device is touched."""
