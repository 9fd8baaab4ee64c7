"""Acts on breaches: record, judge, draft, release, and note who was told."""
