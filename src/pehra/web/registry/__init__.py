"""Pages of the register: who holds what, whom to tell, what must be decided."""

from __future__ import annotations
