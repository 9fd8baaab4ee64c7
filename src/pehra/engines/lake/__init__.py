"""The lake: one Delta table of rows that are appended, read in bulk, and deleted by the day."""
