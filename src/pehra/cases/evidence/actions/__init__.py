"""Acts on evidence: take in, keep, hand over. Each act on an item is a line of its custody."""
