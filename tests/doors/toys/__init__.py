"""A part of each kind, as another package would bring it: a file each, of 60 lines at most."""
