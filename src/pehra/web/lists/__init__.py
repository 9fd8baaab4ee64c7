"""Every list of the site as a file: exactly its filter, streamed, as CSV or JSON Lines."""

from __future__ import annotations
