"""Population-based training: a population trains together, the worse learn from the better."""
