"""What everybody comes to first, without an account."""
