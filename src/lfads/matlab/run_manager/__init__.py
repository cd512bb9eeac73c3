"""What the classes for users of lfads-run-manager ask: inputs, alignment, settings, results."""
