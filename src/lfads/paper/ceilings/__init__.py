"""What can be told from spikes by one who knows the simulated system."""
