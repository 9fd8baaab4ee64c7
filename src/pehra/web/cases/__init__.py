"""Pages of cases: the list with its clocks, one case, and what is done in it."""
