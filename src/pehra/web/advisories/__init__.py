"""Pages of advisories: what everybody reads, and the desk on which they are made."""
