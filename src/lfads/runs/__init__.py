"""The Python door: train, search, adapt, leave out, and what can be asked of a trained run."""
