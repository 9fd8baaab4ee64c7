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

    class Verdict(models.TextChoices):
        """Whether what a snapshot leaves out may be believed (`intake.health`)."""

        GOOD = "good"
        HELD = "held"
        """Something is wrong with it: what it leaves out stays listed."""
        LATE = "late"
        """It is older than one that is known: it adds, and takes nothing away."""
        ACCEPTED = "accepted"
        """It was held, and somebody said that it is true: the measure of those after it."""

    id = models.CharField(max_length=32, primary_key=True)
    """`kernel.ids.batch_id(sha256, source)`; see `intake.actions.receive` for snapshots."""
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
    """The day that the report covers. Null where it covers none: too little of it could be read, so
    that what is absent may be among the rejects, or its source's silence means nothing."""
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
    stream = models.CharField(max_length=160, blank=True, default="")
    """Of a snapshot: which of the source's lists it is."""
    verdict = models.CharField(max_length=8, choices=Verdict.choices, blank=True, default="")
    """Of a snapshot; fixed with `against` before any of it is stored."""
    against = models.CharField(max_length=32, null=True)  # noqa: DJ001 null: not judged; empty: with none
    """The snapshot with which this one is compared: its stream's one before."""
    place = models.BigIntegerField(null=True)
    """Of a snapshot: its number in its stream, in the order in which they were judged."""
    as_of = models.DateTimeField(null=True)
    """Of a snapshot: the moment of the list; before it is judged, only where that is known."""
    listed = models.BigIntegerField(null=True)
    """Of a snapshot: how many rows it has that could be read, each once."""
    removed = models.BigIntegerField(default=0)
    """Of a snapshot: things that it no longer names."""

    class Meta:
        indexes = (
            models.Index(fields=("-received_at",), name="batch_newest"),
            models.Index(fields=("source", "sha256"), name="batch_of_bytes"),
        )
        constraints = (
            models.UniqueConstraint(fields=("source", "stream", "place"), name="batch_place_once"),
        )

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


class Hold(models.Model):
    """Somebody's word that some of what was received must stay, whatever its age: a legal hold."""

    class Kind(models.TextChoices):
        """What it is about."""

        NETWORK = "network"
        ORGANISATION = "organisation"
        SOURCE = "source"
        BATCH = "batch"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    value = models.CharField(max_length=64)
    """A prefix, the id of an organisation, the slug of a source, the id of a batch."""
    ground = models.CharField(max_length=240)
    """By what order, law or case."""
    by = models.CharField(max_length=160)
    since = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "value"),
                condition=models.Q(lifted_at__isnull=True),
                name="hold_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


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


class SourceSetting(models.Model):
    """What an operator said of a source, where that differs from what its module says.

    The key that the publisher gave lies in the home's `keys`, never in a row.
    """

    source = models.SlugField(max_length=64, primary_key=True)
    enabled = models.BooleanField(default=False)
    """Fetched when it is due. Nothing is fetched from anywhere before somebody says so."""
    every_seconds = models.PositiveIntegerField(null=True)
    """How often; null: as its module says."""
    address = models.CharField(max_length=500, blank=True, default="")
    """Fetched in place of its module's addresses; `{secret}` stands for the key."""
    folder = models.CharField(max_length=500, blank=True, default="")
    """A folder whose files are taken in as this source's; empty: none."""
    silent_after = models.PositiveSmallIntegerField(default=3)
    """It is silent when nothing came for so many times its rhythm."""

    def __str__(self) -> str:
        return self.source


class SourceHealth(models.Model):
    """How a source does: what was tried, what came, what went wrong last."""

    source = models.SlugField(max_length=64, primary_key=True)
    since = models.DateTimeField()
    """Since when something is expected of it: silence is counted from here where nothing came."""
    last_try = models.DateTimeField(null=True)
    last_success = models.DateTimeField(null=True)
    """When its publisher last answered, or a file of it last came, and could be read."""
    last_new = models.DateTimeField(null=True)
    """When a file last came that was not there yet."""
    last_batch = models.CharField(max_length=32, blank=True, default="")
    last_rows = models.BigIntegerField(null=True)
    failures = models.PositiveIntegerField(default=0)
    """Tries that failed since the last success."""
    fault = models.TextField(blank=True, default="")
    """What went wrong last, in words; empty after a success."""
    next_at = models.DateTimeField(null=True)
    """Not fetched before."""

    def __str__(self) -> str:
        return self.source


class FetchedAddress(models.Model):
    """The version of a file that was fetched last, as its server names it (RFC 9110, section 8.8).

    It is written after the file was taken in, so that a crash in between fetches it again.
    """

    source = models.SlugField(max_length=64)
    address = models.CharField(max_length=500)
    """As configured: with `{secret}`, not with the key."""
    etag = models.CharField(max_length=500, blank=True, default="")
    last_modified = models.CharField(max_length=100, blank=True, default="")
    batches = models.JSONField(default=list)
    """What the file came to; where it is a list, these are listed again when it is as it was."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("source", "address"), name="fetched_address_once"),
        )

    def __str__(self) -> str:
        return self.address


class Mailbox(models.Model):
    """A folder of mail on an IMAP server, for one purpose; its password is a key."""

    class Security(models.TextChoices):
        """How the connection is protected (RFC 8314)."""

        TLS = "tls"
        STARTTLS = "starttls"
        NONE = "none"

    class Purpose(models.TextChoices):
        """What comes there."""

        REPORTS = "reports"
        REPLIES = "replies"
        CITIZENS = "citizens"

    name = models.SlugField(max_length=64, primary_key=True)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField()
    security = models.CharField(max_length=8, choices=Security.choices, default=Security.TLS)
    login = models.CharField(max_length=320)
    folder = models.CharField(max_length=255, default="INBOX")
    purpose = models.CharField(max_length=8, choices=Purpose.choices, default=Purpose.REPORTS)
    enabled = models.BooleanField(default=True)
    every_seconds = models.PositiveIntegerField(default=300)
    uid_validity = models.BigIntegerField(default=0)
    """Another value of the server's means that it counts anew (RFC 9051, section 2.3.1.1)."""
    last_uid = models.BigIntegerField(default=0)
    """Messages up to here are dealt with."""
    last_try = models.DateTimeField(null=True)
    last_success = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    fault = models.TextField(blank=True, default="")
    next_at = models.DateTimeField(null=True)
    unclaimed = models.BigIntegerField(default=0)
    """Messages for which no rule named a source, or that answer no notice."""

    def __str__(self) -> str:
        return self.name


class MailRule(models.Model):
    """Which messages of a mailbox are reports of which source; the first that fits decides."""

    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="rules")
    place = models.PositiveSmallIntegerField()
    source = models.SlugField(max_length=64)
    sender = models.CharField(max_length=320, blank=True, default="")
    """An address, or `@domain`; empty: anybody."""
    subject = models.CharField(max_length=200, blank=True, default="")
    """A pattern with `*` and `?`; empty: any."""
    file = models.CharField(max_length=200, blank=True, default="")
    """A pattern for names of attachments; empty: any."""
    whole = models.BooleanField(default=False)
    """The message itself is the report, not what is attached to it."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=("mailbox", "place"), name="mail_rule_once"),)

    def __str__(self) -> str:
        return f"{self.mailbox_id} {self.place}: {self.source}"


class Alarm(models.Model):
    """Something is wrong with a source, and somebody should look; one for as long as it lasts."""

    class State(models.TextChoices):
        """What has become of it."""

        OPEN = "open"
        ACKNOWLEDGED = "acknowledged"
        """Somebody looks into it."""
        ACCEPTED = "accepted"
        """Somebody said: what the source says is true."""
        OVER = "over"
        """The source does again as it did."""

    source = models.SlugField(max_length=64)
    stream = models.CharField(max_length=160, blank=True, default="")
    """Which of the source's lists; empty: the source itself, or its only list."""
    kind = models.CharField(max_length=16)
    """`intake.health.Kind`."""
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()
    """When it was last found to be so."""
    times = models.PositiveIntegerField(default=1)
    batch = models.ForeignKey(Batch, models.SET_NULL, null=True)
    """The newest that shows it."""
    facts = models.JSONField(default=dict)
    """What is wrong in numbers, as `intake.health` found it."""
    by = models.CharField(max_length=160, blank=True, default="")
    """Who acknowledged or accepted it."""
    why = models.CharField(max_length=240, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("source", "stream", "kind"),
                condition=models.Q(state__in=("open", "acknowledged")),
                name="alarm_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.source} {self.stream} {self.kind}"
