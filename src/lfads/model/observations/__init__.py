"""What is observed, given the read-out: one file an observation, behind one interface."""
