"""Cases of other systems, brought in: read, compared with what was brought before, and written."""
