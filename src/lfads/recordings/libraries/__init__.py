"""Objects of other libraries: neo, pynapple, SpikeInterface, pandas, values with units of time."""
