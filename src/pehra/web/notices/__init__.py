"""Pages of what is said to those who must act, and the page on which they answer."""

from __future__ import annotations
