"""Data of the studio: files that came, what they hold, trials cut from recordings."""
