"""Single trials to step through."""
