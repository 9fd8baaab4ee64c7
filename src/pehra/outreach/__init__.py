"""What the public is told: advisories, and whether they reached those who needed them."""
