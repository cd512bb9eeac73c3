"""The studio: LFADS in the browser, on this machine alone. Pages are made here; work is done by `lfads.jobs`."""
