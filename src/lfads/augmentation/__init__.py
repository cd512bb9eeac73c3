"""What is done to values before the network sees them, in training."""
