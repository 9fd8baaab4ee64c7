"""Acts on reports: file, decide, tell, open a contact."""
