"""Recordings from folders that spike sorters leave."""
