"""One file that holds many, with a manifest of their digests."""
