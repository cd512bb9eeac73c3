"""Named recipes, as TOML."""
