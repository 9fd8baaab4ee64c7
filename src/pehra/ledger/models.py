"""Tables of the ledger: its entries, its head, and the checkpoints that were signed."""

from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """One act. Rows are only ever appended; `leaf` and `root` make any change visible."""

    seq = models.BigIntegerField(primary_key=True)
    """Index of the leaf, from 0, without gaps."""
    body = models.BinaryField()
    """Canonical JSON of the act, exactly the bytes that were hashed."""
    act = models.CharField(max_length=64)
    subject = models.CharField(max_length=128, db_index=True)
    at = models.DateTimeField()
    leaf = models.BinaryField(max_length=32)
    """RFC 9162 leaf hash of `body`."""
    root = models.BinaryField(max_length=32)
    """Root of the tree of the first `seq + 1` leaves."""

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(seq__gte=0), name="entry_seq_from_zero"),
        )

    def __str__(self) -> str:
        return f"{self.seq} {self.act} {self.subject}"


class Head(models.Model):
    """The one row that appenders lock: size of the tree and the hashes of its right edge."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(default=0)
    frontier = models.BinaryField(default=bytes)
    """Roots of the perfect subtrees from left to right, 32 bytes each."""

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="one_head"),)

    def __str__(self) -> str:
        return f"{self.size} entries"


class Checkpoint(models.Model):
    """A signed statement of the ledger's size and root, as text of the C2SP formats."""

    size = models.BigIntegerField(unique=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"checkpoint at {self.size}"
