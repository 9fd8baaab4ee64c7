"""Files as received, kept under the SHA-256 of their bytes."""
