"""One obligation each, with an owner, a clock and an outcome that is verified."""

from __future__ import annotations
