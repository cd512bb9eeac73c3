"""The figures of Pandarinath et al. 2018 that simulations allow, made again beside the paper's numbers."""
