"""Trackers that come with the library: a table, TensorBoard, Weights & Biases."""
