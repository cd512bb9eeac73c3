"""Files of trials, of every layout that opens: read into data sets, and written."""
