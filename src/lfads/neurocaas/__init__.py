"""NeuroCAAS: jobs that are asked for in a bucket, with the keys, files and states of AutoLFADS there."""
