"""The command line: commands, worker, bench."""

from __future__ import annotations
