"""Acts on cases: each is one transaction, one entry of the ledger and one line of the timeline."""
