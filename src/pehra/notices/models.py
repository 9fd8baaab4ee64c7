"""Tables of notices: rounds, messages, which findings each names, what was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from pehra.kernel.labels import Severity
from pehra.mandate.fences import held, of_finding, of_notice
from pehra.mandate.tenancy import TenantManager

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


class Round(models.Model):
    """One planning of messages: what was proposed, who let it go, and what became of it."""

    class State(models.TextChoices):
        """`writing` is half a plan: once it is an hour old, the next planning takes it away."""

        WRITING = "writing"
        PREVIEW = "preview"
        HELD = "held"
        READY = "ready"
        RELEASED = "released"
        DROPPED = "dropped"

    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WRITING)
    urgent = models.BooleanField()
    rung = models.PositiveSmallIntegerField(default=0)
    """`rules.Rung` of all its messages."""
    exercise = models.BooleanField(default=False)
    scenario = models.CharField(max_length=32, blank=True, default="")
    """Of an exercise whose findings are made up; empty: it copies real ones."""
    begun_by = models.CharField(max_length=160, blank=True, default="")
    """Who began an exercise; somebody else lets it go."""
    recipients = models.PositiveIntegerField(default=0)
    findings = models.PositiveIntegerField(default=0)
    """Findings named, each counted once."""
    untold = models.PositiveIntegerField(default=0)
    """Findings whose holder has no address."""
    unapproved = models.PositiveIntegerField(default=0)
    """Findings left out since two persons have not yet approved any of their sources."""
    held_why = models.CharField(max_length=32, blank=True, default="")
    decided_by = models.CharField(max_length=160, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("state", "at"), name="round_by_state"),)

    def __str__(self) -> str:
        return f"round {self.pk}, {self.state}"


def _named_in(viewer: Viewer) -> models.Q:
    del viewer  # the parties' own manager reads the scope
    return models.Q(pk__in=Party.objects.values("notice"))


def _own(viewer: Viewer) -> models.Q:
    return models.Q(organisation__in=viewer.organisations) | models.Q(team__in=viewer.teams)


def _own_of_finding(viewer: Viewer) -> models.Q:
    return models.Q(finding__organisation__in=viewer.organisations) | models.Q(
        finding__team__in=viewer.teams
    )


class Notice(models.Model):
    """One message to one mailbox about findings of one or more organisations that it serves."""

    class State(models.TextChoices):
        """What became of it here; whether it arrived says its envelope."""

        PLANNED = "planned"
        RELEASED = "released"
        REFUSED = "refused"

    round = models.ForeignKey(Round, models.CASCADE)
    kind = models.CharField(max_length=8)
    """`rules.Kind`."""
    rung = models.PositiveSmallIntegerField(default=0)
    mailbox = models.CharField(max_length=254)
    """The address in lower case."""
    contact = models.BigIntegerField()
    """`registry.Contact`; it may be gone by now."""
    language = models.CharField(max_length=8)
    why = models.CharField(max_length=64)
    """Why this recipient: purpose, by whose word, how well tested."""
    severity = models.PositiveSmallIntegerField(
        choices=[(severity.value, severity.word) for severity in Severity]
    )
    """The worst of its findings."""
    findings = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.PLANNED)
    refused_why = models.CharField(max_length=240, blank=True, default="")
    planned_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    envelope = models.BigIntegerField(null=True)
    """`dispatch.Envelope`."""
    answered_at = models.DateTimeField(null=True)
    silent_at = models.DateTimeField(null=True)
    """When its time to be answered was over; where its findings still stood, that was noted."""

    objects: TenantManager[Notice] = TenantManager(_named_in, of_notice("notices_notice", "id"))

    class Meta:
        indexes = (
            models.Index(fields=("mailbox", "planned_at"), name="notice_by_mailbox"),
            models.Index(fields=("round", "id"), name="notice_by_round"),
        )

    def __str__(self) -> str:
        return f"N{self.pk} to {self.mailbox}"


class Party(models.Model):
    """An organisation whose findings a notice names, and the team that leads on it."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="parties")
    organisation = models.ForeignKey("mandate.Organisation", models.CASCADE)
    team = models.ForeignKey("mandate.Team", models.SET_NULL, null=True)
    findings = models.PositiveIntegerField()
    severity = models.PositiveSmallIntegerField()
    """The worst of its own."""

    objects: TenantManager[Party] = TenantManager(_own, held())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("notice", "organisation"), name="party_once"),
        )

    def __str__(self) -> str:
        return f"N{self.notice_id} about {self.organisation_id}"


class Named(models.Model):
    """A finding that a notice names. Written in bulk: nothing but the two numbers."""

    notice = models.ForeignKey(Notice, models.CASCADE, db_index=False, db_constraint=False)
    finding = models.ForeignKey("findings.Finding", models.CASCADE, db_constraint=False)

    objects: TenantManager[Named] = TenantManager(_own_of_finding, of_finding("notices_named"))

    class Meta:
        constraints = (models.UniqueConstraint(fields=("notice", "finding"), name="named_once"),)

    def __str__(self) -> str:
        return f"N{self.notice_id} names F{self.finding_id}"


def _of_a_notice(viewer: Viewer) -> models.Q:
    del viewer  # the parties' own manager reads the scope
    return models.Q(notice__in=Party.objects.values("notice"))


class Answer(models.Model):
    """What a recipient said; a claim, never a proof."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="answers")
    said = models.CharField(max_length=16)
    """`rules.Said`."""
    how = models.CharField(max_length=8)
    """`link`, `mail`, `page` or `phone`."""
    by = models.CharField(max_length=254)
    words = models.CharField(max_length=2000, blank=True, default="")
    findings = models.PositiveIntegerField()
    """How many findings it changed."""
    at = models.DateTimeField()

    objects: TenantManager[Answer] = TenantManager(_of_a_notice, of_notice("notices_answer"))

    def __str__(self) -> str:
        return f"{self.said} to N{self.notice_id}"


class Incoming(models.Model):
    """A message that came to a mailbox for replies, and what became of it. Taken once, by `key`."""

    class Kind(models.TextChoices):
        """What sent it, and what for."""

        REPLY = "reply"
        AUTOMATIC = "auto"
        DELIVERY = "delivery"

    class State(models.TextChoices):
        """What became of it."""

        COUNTED = "counted"
        """It was taken as an answer."""
        UNVERIFIED = "unverified"
        """A person must look: it changed nothing."""
        NOTED = "noted"
        """Nothing is to be done about it."""
        SET_ASIDE = "set-aside"
        """A person looked, and took no answer from it."""

    class Believed(models.TextChoices):
        """By what a message is known as a contact's, beside the notice's token."""

        ADDRESS = "address"
        SIGNATURE = "signature"

    key = models.CharField(max_length=64, unique=True)
    notice = models.ForeignKey(Notice, models.CASCADE, null=True)
    """Null: a delivery notification of another letter."""
    envelope = models.BigIntegerField(null=True)
    """`dispatch.Envelope`; null: it named none of ours."""
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices)
    why = models.CharField(max_length=16, blank=True, default="")
    """Code: why it did not count, or what a server said."""
    author = models.CharField(max_length=254, blank=True, default="")
    subject = models.CharField(max_length=240, blank=True, default="")
    said = models.CharField(max_length=16)
    words = models.CharField(max_length=2000, blank=True, default="")
    findings = models.JSONField(default=list)
    """Ids of findings that its first line names."""
    believed = models.CharField(max_length=9, choices=Believed.choices, blank=True, default="")
    """By what it counted as a contact's word; empty: by nothing, or by a person."""
    signed = models.CharField(max_length=8, blank=True, default="")
    """`openpgp` or `smime`; empty: it was not signed."""
    signer = models.CharField(max_length=128, blank=True, default="")
    """Fingerprint of the key on file whose signature holds; empty: none does."""
    proof = models.CharField(max_length=64, blank=True, default="")
    """Of what was signed and when: a signature counts once."""
    sha256 = models.CharField(max_length=64)
    """Of the message as received; the file is kept, sealed, as long as others are."""
    at = models.DateTimeField()
    decided_by = models.CharField(max_length=160, blank=True, default="")
    decided_at = models.DateTimeField(null=True)

    objects: TenantManager[Incoming] = TenantManager(_of_a_notice, of_notice("notices_incoming"))

    class Meta:
        indexes = (
            models.Index(fields=("state", "id"), name="incoming_by_state"),
            models.Index(
                fields=("proof",), condition=~models.Q(proof=""), name="incoming_by_proof"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} to N{self.notice_id}, {self.state}"


class Climbed(models.Model):
    """How far up the ladder a finding was told since its holder was; a row for each that was."""

    finding = models.OneToOneField(
        "findings.Finding", models.CASCADE, primary_key=True, db_constraint=False
    )
    rung = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    objects: TenantManager[Climbed] = TenantManager(_own_of_finding, of_finding("notices_climbed"))

    def __str__(self) -> str:
        return f"F{self.finding_id} at rung {self.rung}"


class Escalation(models.Model):
    """A step of the ladder that a person takes: nobody at the holder answered."""

    organisation = models.ForeignKey("mandate.Organisation", models.CASCADE)
    team = models.ForeignKey("mandate.Team", models.SET_NULL, null=True)
    rung = models.PositiveSmallIntegerField()
    """`rules.Rung`, from the lead team on."""
    findings = models.PositiveIntegerField()
    severity = models.PositiveSmallIntegerField()
    ground = models.CharField(max_length=64, blank=True, default="")
    """Slug of the ground in law, for those outside the CERTs."""
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=160, blank=True, default="")
    outcome = models.CharField(max_length=240, blank=True, default="")

    objects: TenantManager[Escalation] = TenantManager(_own, held())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "rung"),
                condition=models.Q(done_at__isnull=True),
                name="escalation_open_once",
            ),
        )

    def __str__(self) -> str:
        return f"rung {self.rung} for {self.organisation_id}"


class Approval(models.Model):
    """Two persons looked at a source, a template or a routing rule once, before it was used."""

    class Kind(models.TextChoices):
        """Of what."""

        SOURCE = "source"
        TEMPLATE = "template"
        ROUTING = "routing"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=96)
    """Slug of a source; of a template or a rule, its name and the digest of its text."""
    first_by = models.CharField(max_length=160)
    first_at = models.DateTimeField()
    second_by = models.CharField(max_length=160, blank=True, default="")
    second_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("kind", "name"), name="approval_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Call(models.Model):
    """A telephone call that somebody must make: mail did not reach those who must act."""

    organisation = models.ForeignKey("mandate.Organisation", models.CASCADE)
    team = models.ForeignKey("mandate.Team", models.SET_NULL, null=True)
    why = models.CharField(max_length=32)
    """`no-contact`, `unhealthy`, `no-answer`."""
    findings = models.PositiveIntegerField()
    severity = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=160, blank=True, default="")
    outcome = models.CharField(max_length=240, blank=True, default="")

    objects: TenantManager[Call] = TenantManager(_own, held())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "why"),
                condition=models.Q(done_at__isnull=True),
                name="call_open_once",
            ),
        )

    def __str__(self) -> str:
        return f"call {self.organisation_id}: {self.why}"


class Drawn(models.Model):
    """A finding that took part in the lot: told as always, or held back. Written in bulk."""

    finding = models.OneToOneField(
        "findings.Finding", models.CASCADE, primary_key=True, db_constraint=False
    )
    held = models.BooleanField()
    at = models.BigIntegerField()
    """Microseconds since 1970, as in the tables of findings."""
    until = models.BigIntegerField()
    """From then on its holder may be told, whatever the lot said."""

    objects: TenantManager[Drawn] = TenantManager(_own_of_finding, of_finding("notices_drawn"))

    class Meta:
        indexes = (
            models.Index(fields=("until",), name="drawn_held_until", condition=models.Q(held=True)),
        )

    def __str__(self) -> str:
        return f"F{self.finding_id} {'held' if self.held else 'told'}"


class Measure(models.Model):
    """What a measurement of all notices found, for those who may read a scope; made again daily."""

    scope = models.CharField(max_length=24, primary_key=True)
    """`national`, or `team N`."""
    at = models.DateTimeField()
    body = models.TextField()
    """`effect.Measured` as JSON."""

    def __str__(self) -> str:
        return f"{self.scope} at {self.at}"


class Behind(models.Model):
    """Which findings stand behind the numbers of a period that was counted: ids and marks."""

    measure = models.OneToOneField(Measure, models.CASCADE, primary_key=True)
    rows = models.BinaryField()
    """`behind.packed`."""

    def __str__(self) -> str:
        return f"behind {self.measure_id}"
