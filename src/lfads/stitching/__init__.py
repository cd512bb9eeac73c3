"""Maps from each session's neurons into one space, from which a network of several sessions starts."""
