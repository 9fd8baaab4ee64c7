"""Pages of findings: the list and the one."""

from __future__ import annotations
