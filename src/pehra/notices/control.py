"""Which findings are held back for a while, so that what messages do can be measured. Pure.

The draw is random to everybody outside, and the same whenever it is made again: it is keyed by the
home's secret and the finding's number. What is severe, what concerns critical infrastructure and
what concerns the state is never held.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import polars as pl

from pehra.kernel.labels import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = timedelta(days=7)
"""So long at most a finding is held back."""
WORST = Severity.MEDIUM
"""What is more severe is never held back."""
_LABEL = b"pehra.notices.control/1"
_STATE = frozenset({"government", "defence", "national-databases"})
"""Sectors in which a holder of whom it is not known is taken for a body of the state."""
_ODD = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


class Control(msgspec.Struct, frozen=True):
    """How much is held back, and by which draw; `percent` 0 holds back nothing."""

    percent: int
    key: int


class Holder(msgspec.Struct, frozen=True):
    """An organisation as the draw sees it."""

    organisation: int
    graded: bool
    is_public: bool | None
    sector: str
    role: str


def key_of(secret: str) -> int:
    """The key of the draw, from the home's secret: who knows it learns nothing of other keys."""
    return int.from_bytes(hmac.digest(secret.encode(), _LABEL, hashlib.sha256)[:8], "big")


def may_wait(holder: Holder) -> bool:
    """Whether findings of a holder may be held back at all; whom one does not know, may not."""
    if holder.graded or holder.role or holder.is_public:
        return False
    if holder.is_public is None:
        return bool(holder.sector) and holder.sector not in _STATE
    return True


def drawn(findings: pl.Series, control: Control) -> pl.Series:
    """Whether each finding falls into the group that is held back.

    SplitMix64's finaliser over the number and the key: every bit of the result hangs on every bit
    of both, and a column takes no longer than a look at it.
    """
    mixed = findings.to_numpy().astype(np.uint64) ^ np.uint64(control.key)
    with np.errstate(over="ignore"):
        for shift, odd in zip((30, 27), _ODD, strict=True):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * odd
        mixed ^= mixed >> np.uint64(31)
        mixed = (mixed + np.uint64(control.key)) * _ODD[0]
        mixed ^= mixed >> np.uint64(32)
    return pl.Series("held", mixed % np.uint64(10_000) < control.percent * 100)


def candidates(rows: pl.DataFrame, waiting: Iterable[int]) -> pl.DataFrame:
    """Of findings that a round would name, those that may be held back: new, not severe.

    Args:
        rows: `findings.queries.told.outstanding`.
        waiting: organisations of which `may_wait` holds.
    """
    able = pl.Series(sorted(waiting), dtype=pl.Int64).implode()
    return rows.filter(
        pl.col("new"), pl.col("severity") <= int(WORST), pl.col("organisation").is_in(able)
    )
