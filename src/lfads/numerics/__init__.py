"""Rules of arrays that several parts follow, each written once; NumPy and SciPy only."""
