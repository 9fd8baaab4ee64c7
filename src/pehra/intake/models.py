"""Tables of what came in: batches, the rows that could not be read, and what was covered."""

from __future__ import annotations

from django.db import models


class Batch(models.Model):
    """One file as received, from one source; the same bytes again are the same batch.

    Batches, rejects and coverage concern whole reports of many tenants: only national staff and
    the system see them (`pehra.intake.queries` holds that gate).
    """

    class State(models.TextChoices):
        """How far it has come; each step can be repeated after a crash."""

        RECEIVED = "received"
        READING = "reading"
        APPLIED = "applied"
        FAILED = "failed"

    id = models.CharField(max_length=32, primary_key=True)
    """`kernel.ids.batch_id(sha256, source)`."""
    sha256 = models.CharField(max_length=64)
    source = models.SlugField(max_length=64)
    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    received_at = models.DateTimeField()
    options = models.JSONField(default=dict)
    """What the reader was told besides the bytes, such as a column map; replay uses it."""
    kind = models.CharField(max_length=64, blank=True, default="")
    """Report type inside the source, such as `scan_telnet`."""
    day = models.DateField(null=True)
    """The day that the report is about."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    error = models.TextField(blank=True, default="")
    rows = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    attributed = models.BigIntegerField(default=0)
    opened = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    relapsed = models.BigIntegerField(default=0)
    parts = models.IntegerField(default=0)
    """Parts whose observations are in the lake."""
    part_bytes = models.BigIntegerField(default=0)
    """How the file is cut into parts; kept, so that a retry cuts it the same way."""
    dropped = models.BigIntegerField(default=0)
    """Values of content that were left out."""
    applied_through = models.BigIntegerField(default=0)
    """Last chunk of findings that is committed: fold times 1,000,000 plus the chunk's number."""
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("-received_at",), name="batch_newest"),)

    def __str__(self) -> str:
        return f"{self.source} {self.file_name}"


class Reject(models.Model):
    """A row that could not be read, with its place, the reason and its text."""

    batch = models.ForeignKey(Batch, models.CASCADE)
    row = models.BigIntegerField()
    """Number of the record in the file, the first after a header is 1."""
    line = models.BigIntegerField()
    """Line on which it begins, the first line of the file is 1."""
    offset = models.BigIntegerField()
    """Byte at which it begins."""
    reason = models.CharField(max_length=32)
    """Stable code: `fields`, `quote`, `encoding`, `time`, `address`, `port`, `json`, `missing`."""
    detail = models.CharField(max_length=240)
    raw = models.BinaryField()
    """The row as received, at most 4,096 bytes of it."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=("batch", "row"), name="reject_once"),)

    def __str__(self) -> str:
        return f"{self.batch_id} line {self.line}: {self.reason}"


class Coverage(models.Model):
    """This source reported for this day: what makes the absence of an asset mean something."""

    class Scope(models.TextChoices):
        """Which networks the report speaks of."""

        CONSTITUENCY = "constituency"
        NETWORKS = "networks"

    source = models.SlugField(max_length=64)
    stream = models.CharField(max_length=160, blank=True, default="")
    """Which of the source's reports: type and subscription. Only its own silence counts."""
    identifier = models.CharField(max_length=96)
    day = models.DateField()
    scope = models.CharField(max_length=14, choices=Scope.choices)
    networks = models.JSONField(default=list)
    """`networks`: those that the report names; `constituency`: those that its stream ever named,
    so far. Each is an ASN times two, plus one for IPv6; an unknown ASN is 0."""
    batch = models.ForeignKey(Batch, models.CASCADE)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("batch", "identifier", "day"), name="coverage_once"),
        )
        indexes = (models.Index(fields=("identifier", "day"), name="coverage_by_identifier"),)

    def __str__(self) -> str:
        return f"{self.source} {self.identifier} {self.day}"
