"""Groups of a studio that a lab shares: a folder and a queue each, quotas, and what they may ask for."""
