"""The Neural Latents Benchmark 2021: its data sets, its metrics, and files for its evaluation."""
