"""Spikes of simulated systems, with the rates and latents that made them."""
