"""The organisation's own pages: what to fix first, what it holds, whom to tell and how."""

from __future__ import annotations
