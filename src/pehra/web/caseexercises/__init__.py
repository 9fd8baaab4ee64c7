"""The exercise desk: scenarios that are played, call trees, and what was learned."""
