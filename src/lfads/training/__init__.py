"""Training: optimiser, one compiled epoch, the loop around it, checkpoints."""
