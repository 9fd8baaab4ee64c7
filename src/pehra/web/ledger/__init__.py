"""Pages of the ledger: what was done, and whether the record holds."""

from __future__ import annotations
