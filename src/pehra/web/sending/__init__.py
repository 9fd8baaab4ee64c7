"""Pages of what leaves: how far sending is on, envelopes, and one letter as it would leave."""

from __future__ import annotations
