"""Whom to tell, how they want to be told, how they answer, and the keys that seal what they get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from pehra.mandate.fences import held, within
from pehra.mandate.tenancy import TenantManager

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


def _own(viewer: Viewer) -> models.Q:
    return models.Q(organisation__in=viewer.organisations) | models.Q(team__in=viewer.teams)


def _of_own_contacts(viewer: Viewer) -> models.Q:
    return models.Q(contact__organisation__in=viewer.organisations) | models.Q(
        contact__team__in=viewer.teams
    )


class Contact(models.Model):
    """Whom to tell, at an organisation or a team."""

    class Purpose(models.TextChoices):
        """What for."""

        ABUSE = "abuse"
        TECHNICAL = "technical"
        ALL_HOURS = "24x7"
        CISO = "ciso"
        HEAD = "head"

    organisation = models.ForeignKey("mandate.Organisation", models.CASCADE, null=True, blank=True)
    team = models.ForeignKey("mandate.Team", models.CASCADE, null=True, blank=True)
    purpose = models.CharField(max_length=24, choices=Purpose.choices)
    name = models.CharField(max_length=160, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    language = models.CharField(max_length=8, blank=True, default="en")
    source = models.CharField(max_length=240, blank=True, default="")
    automatic = models.BooleanField(default=False)
    """From a registry and not from a person; one that a person gave is told instead."""
    active = models.BooleanField(default=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    """When a link that went to the address was answered."""
    asked_at = models.DateTimeField(null=True, blank=True)
    token_digest = models.CharField(max_length=64, blank=True, default="")
    """SHA-256 of the link's token that was sent last; empty: none is out."""
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)
    """In the nation's zone; from the one until the other nothing but the critical is sent."""
    business_days = models.BooleanField(default=False)
    """Only on days that are neither weekend nor holiday."""
    intervals = models.JSONField(default=dict, blank=True)
    """Severity in words -> hours between two mails; what is not named is as usual."""
    inhibits = models.JSONField(default=list, blank=True)
    """RSIT classes, types or identifiers that are not sent to it."""
    bounces = models.PositiveIntegerField(default=0)
    """In a row, since something last arrived."""
    last_bounce = models.DateTimeField(null=True, blank=True)
    last_answer = models.DateTimeField(null=True, blank=True)
    silences = models.PositiveIntegerField(default=0)
    """Notices in a row whose time passed without an answer."""
    wrong_owner = models.PositiveIntegerField(default=0)
    """Answers that say "not ours", since the contact was last verified."""
    unhealthy_since = models.DateTimeField(null=True, blank=True)

    objects: TenantManager[Contact] = TenantManager(_own, held())

    class Meta:
        indexes = (
            models.Index(
                fields=("token_digest",),
                condition=~models.Q(token_digest=""),
                name="contact_by_token",
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose}: {self.email or self.phone}"


class ContactKey(models.Model):
    """A public key or certificate to which a contact's mail is sealed."""

    class Kind(models.TextChoices):
        """Of which world it is."""

        OPENPGP = "openpgp"
        SMIME = "smime"

    contact = models.ForeignKey(Contact, models.CASCADE)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    content = models.BinaryField()
    """As uploaded: an OpenPGP certificate, or an X.509 certificate in DER or PEM."""
    fingerprint = models.CharField(max_length=128)
    """Hexadecimal, lower case."""
    added_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    """When the holder confirmed the fingerprint."""

    objects: TenantManager[ContactKey] = TenantManager(
        _of_own_contacts, within("registry_contact", "id", "registry_contactkey.contact_id")
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("contact", "fingerprint"), name="contact_key_once"),
        )

    def __str__(self) -> str:
        return f"{self.kind}: {self.fingerprint}"
