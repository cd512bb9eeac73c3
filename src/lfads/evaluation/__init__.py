"""How well rates, latents and inputs are recovered; reads results only."""
