"""The LFADS network: pure functions of parameters, data and noise; no training, no files."""
