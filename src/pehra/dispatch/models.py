"""Tables of what leaves: envelopes, what is inside them, receipts, and how far sending is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from pehra.dispatch.rules import Channel, Mode, State
from pehra.kernel.labels import Pap, Tlp
from pehra.mandate.fences import held, named, within
from pehra.mandate.tenancy import TenantManager

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


def _choices(words: type[Channel | Mode | State | Tlp | Pap]) -> list[tuple[str, str]]:
    return [(word.value, word.value) for word in words]


def _reached(viewer: Viewer, prefix: str = "") -> models.Q:
    """What went to the viewer's organisations and teams, or waits there to be pulled.

    What is for one named person is seen by nobody else; a preview, by nobody outside.
    """

    def q(**terms: object) -> models.Q:
        return models.Q(**{f"{prefix}{name}": value for name, value in terms.items()})

    own = q(organisation__in=viewer.organisations) | q(team__in=viewer.teams)
    left = q(state__in=(State.SENT, State.BOUNCED)) | q(channel=Channel.PULL, state=State.WAITING)
    return own & left & (~q(tlp=Tlp.RED) | q(address=viewer.name))


def _reached_inside(viewer: Viewer) -> models.Q:
    return _reached(viewer, "envelope__")


_REACHED = (
    f"({held()}) AND (state IN ('{State.SENT.value}', '{State.BOUNCED.value}')"
    f" OR channel = '{Channel.PULL.value}' AND state = '{State.WAITING.value}')"
    f" AND (tlp <> '{Tlp.RED.value}' OR {named('address')})"
)


class Envelope(models.Model):
    """Something that leaves, or was to: to whom, under which label, and what became of it."""

    key = models.CharField(max_length=128, unique=True)
    """Names it for good: what is released twice leaves once."""
    token = models.CharField(max_length=40, unique=True)
    """Of the message's id and the relay's envelope id; nobody outside can guess it."""
    message_id = models.CharField(max_length=255, blank=True, default="")
    kind = models.CharField(max_length=32)
    reference = models.CharField(max_length=96)
    channel = models.CharField(max_length=8, choices=_choices(Channel))
    organisation = models.ForeignKey("mandate.Organisation", models.SET_NULL, null=True)
    team = models.ForeignKey("mandate.Team", models.SET_NULL, null=True)
    contact = models.BigIntegerField(null=True)
    """`registry.Contact`; it may be gone by now."""
    address = models.CharField(max_length=500, blank=True, default="")
    person = models.BooleanField(default=False)
    language = models.CharField(max_length=8, default="en")
    tlp = models.CharField(max_length=12, choices=_choices(Tlp))
    pap = models.CharField(max_length=5, choices=_choices(Pap), default=Pap.CLEAR)
    ground = models.CharField(max_length=64, blank=True, default="")
    about = models.JSONField(default=list)
    """Ids of the organisations whose facts are inside."""
    exercise = models.BooleanField(default=False)
    urgent = models.BooleanField(default=False)
    follows = models.CharField(max_length=128, blank=True, default="")
    """Key of the envelope before it in its thread."""
    digest = models.CharField(max_length=64)
    """SHA-256 of what is inside; it stays when that is gone."""
    state = models.CharField(max_length=10, choices=_choices(State))
    mode = models.CharField(max_length=8, choices=_choices(Mode))
    """How far sending was on when it was released; it never goes further."""
    refusal = models.CharField(max_length=24, blank=True, default="")
    """Code of the gate that did not let it pass."""
    sealed = models.CharField(max_length=8, blank=True, default="")
    """How it was encrypted when it was sent: `openpgp`, `smime`, `pointer`, or not at all."""
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    claim = models.CharField(max_length=32, blank=True, default="")
    """Of the try that has it in hand: a fence, so that two never end the same letter."""
    lease_until = models.DateTimeField(null=True)
    ending_at = models.DateTimeField(null=True)
    """When the try was about to say the last dot: from here on it may have left."""
    released_at = models.DateTimeField()
    released_by = models.CharField(max_length=160)
    sent_at = models.DateTimeField(null=True)

    objects: TenantManager[Envelope] = TenantManager(_reached, _REACHED)

    class Meta:
        indexes = (
            models.Index(fields=("state", "urgent", "next_at", "id"), name="envelope_due"),
            models.Index(fields=("organisation", "id"), name="envelope_by_organisation"),
            models.Index(fields=("reference",), name="envelope_by_reference"),
            models.Index(fields=("message_id",), name="envelope_by_message"),
            models.Index(fields=("sent_at",), name="envelope_by_moment"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} {self.state}"


class Content(models.Model):
    """What is inside an envelope, sealed under the home's data key; deleted in time."""

    envelope = models.OneToOneField(Envelope, models.CASCADE, primary_key=True)
    inside = models.BinaryField()

    objects: TenantManager[Content] = TenantManager(
        _reached_inside, within("dispatch_envelope", "id", "dispatch_content.envelope_id")
    )

    def __str__(self) -> str:
        return f"inside of {self.envelope_id}"


class Receipt(models.Model):
    """What was heard of an envelope: from its relay, from its recipient's server, from a person."""

    class Outcome(models.TextChoices):
        """What it says."""

        ACCEPTED = "accepted"
        TEMPORARY = "temporary"
        PERMANENT = "permanent"
        BROKEN = "broken"
        """The line broke before the last dot."""
        UNHEARD = "unheard"
        """The line broke after it."""
        BOUNCED = "bounced"
        RESOLVED = "resolved"
        """A person said what became of it."""
        PULLED = "pulled"

    envelope = models.ForeignKey(Envelope, models.CASCADE)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    by = models.CharField(max_length=255, blank=True, default="")
    """Name of the relay, or of the person."""
    code = models.PositiveSmallIntegerField(default=0)
    """Of the answer, as SMTP or HTTP has it; 0: none."""
    status = models.CharField(max_length=11, blank=True, default="")
    """Enhanced status code (RFC 3463)."""
    words = models.CharField(max_length=240, blank=True, default="")

    objects: TenantManager[Receipt] = TenantManager(
        _reached_inside, within("dispatch_envelope", "id", "dispatch_receipt.envelope_id")
    )

    class Meta:
        indexes = (models.Index(fields=("envelope", "id"), name="receipt_by_envelope"),)

    def __str__(self) -> str:
        return f"{self.envelope_id} {self.outcome}"


class SendingState(models.Model):
    """The one row that says how far sending is switched on; none: it is off."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    mode = models.CharField(max_length=8, choices=_choices(Mode), default=Mode.PREVIEW)
    redirect_to = models.CharField(max_length=254, blank=True, default="")
    pilot = models.JSONField(default=list)
    """Ids of organisations."""
    proposed_by = models.CharField(max_length=160, blank=True, default="")
    proposed_at = models.DateTimeField(null=True)
    changed_by = models.CharField(max_length=160, blank=True, default="")
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="one_sending_state"),)

    def __str__(self) -> str:
        return self.mode
