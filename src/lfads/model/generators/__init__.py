"""Generators: the dynamics that explain a trial, one file each; `lfads.parts` knows them by name."""
