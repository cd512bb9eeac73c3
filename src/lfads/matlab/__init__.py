"""The Python side of the MATLAB toolbox: one request in a folder, one reply in it."""
