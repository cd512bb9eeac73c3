"""Runs of the studio: forms, the queue, one job, curves and searches as they go."""
