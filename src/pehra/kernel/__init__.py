"""Words that every room speaks: ids, time, addresses, labels, errors, actors, settings."""
