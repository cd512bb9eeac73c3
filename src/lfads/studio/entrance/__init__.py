"""Who comes in: names and proxies of a studio, its guard, the door of one's own machine and its keys."""
