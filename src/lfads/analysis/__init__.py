"""Questions to results: each gives labelled numbers, a figure and its caption."""
