"""Pages of reports: batches and the rows that could not be read."""

from __future__ import annotations
