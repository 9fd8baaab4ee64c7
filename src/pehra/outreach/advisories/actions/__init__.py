"""Acts on advisories: write, review, publish, tell, and hear who has read them."""
