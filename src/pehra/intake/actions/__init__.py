"""Verbs of intake; the only place where its rows are written.

`batches` brings a file from its receipt to its end; `alarms` says what is wrong with a source.
"""

from __future__ import annotations

from pehra.intake.actions.batches import (
    Covered,
    PartCounts,
    Received,
    fail,
    finish,
    keep_rejects,
    mark_applied,
    part_replayed,
    part_stored,
    receive,
    rejected_rows,
    replayed,
    take_up,
)

__all__ = [
    "Covered",
    "PartCounts",
    "Received",
    "fail",
    "finish",
    "keep_rejects",
    "mark_applied",
    "part_replayed",
    "part_stored",
    "receive",
    "rejected_rows",
    "replayed",
    "take_up",
]
