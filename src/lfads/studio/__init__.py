"""The studio: LFADS in the browser, on this machine alone. It makes pages; `lfads.jobs` does the work."""
