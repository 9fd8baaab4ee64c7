"""Acts on notices: rounds are planned, let go and sent; answers are taken in."""
