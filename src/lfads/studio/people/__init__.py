"""People of a studio that a lab shares: who they are, their groups, how they log in, what they may use."""
