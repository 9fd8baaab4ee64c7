"""Verbs of intake; the only place where its rows are written.

`batches` brings a file from its receipt to its end, `snapshots` says what a list is compared with
and whether it is believed, `alarms` says what is wrong with a source, `silence` what does not come,
`sealing` brings new keys into use.
"""

from __future__ import annotations

from pehra.intake.actions.alarms import accept, acknowledge, end_alarms, raise_alarm
from pehra.intake.actions.batches import (
    PartCounts,
    Received,
    fail,
    finish,
    keep_rejects,
    mark_applied,
    part_replayed,
    part_stored,
    receive,
    received,
    rejected_rows,
    replayed,
    source_of,
    take_up,
)
from pehra.intake.actions.coverage import Covered
from pehra.intake.actions.retention import Pruned, hold, lift, prune
from pehra.intake.actions.sealing import RESEAL, reseal, retire_keys, rotate
from pehra.intake.actions.silence import listen
from pehra.intake.actions.snapshots import (
    Found,
    accepted_canaries,
    judge,
    needed_blobs,
    newest,
    refuse,
    standing,
    under_way,
)

__all__ = [
    "RESEAL",
    "Covered",
    "Found",
    "PartCounts",
    "Pruned",
    "Received",
    "accept",
    "accepted_canaries",
    "acknowledge",
    "end_alarms",
    "fail",
    "finish",
    "hold",
    "judge",
    "keep_rejects",
    "lift",
    "listen",
    "mark_applied",
    "needed_blobs",
    "newest",
    "part_replayed",
    "part_stored",
    "prune",
    "raise_alarm",
    "receive",
    "received",
    "refuse",
    "rejected_rows",
    "replayed",
    "reseal",
    "retire_keys",
    "rotate",
    "source_of",
    "standing",
    "take_up",
    "under_way",
]
