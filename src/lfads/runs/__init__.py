"""The Python door: runs, and the scikit-learn style class."""
