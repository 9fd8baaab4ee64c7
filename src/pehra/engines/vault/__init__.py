"""Evidence at rest: large files that come in pieces, sealed as they come, and stay for years."""
