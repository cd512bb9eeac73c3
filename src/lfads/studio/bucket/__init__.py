"""A bucket of NeuroCAAS on the studio's pages."""
