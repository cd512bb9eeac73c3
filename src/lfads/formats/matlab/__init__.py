"""MATLAB files: their values, and trials of counts in them."""
