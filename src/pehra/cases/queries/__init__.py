"""Cases as their readers see them."""
