"""What jobs have written: files, reports, the table of runs, and what follows from them."""
