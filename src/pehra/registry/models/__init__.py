"""Tables of who holds what. A holding is a claim: dated, sourced, and never overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from pehra.mandate.fences import held
from pehra.mandate.tenancy import TenantManager
from pehra.registry.models.contacts import Contact, ContactKey
from pehra.registry.models.control import ControlProof, RegistryMailbox
from pehra.registry.models.joining import Application
from pehra.registry.models.subscriptions import Subscription

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


__all__ = [
    "Application",
    "Asset",
    "Claim",
    "Contact",
    "ContactKey",
    "ControlProof",
    "RegistryMailbox",
    "Revision",
    "Subscription",
    "WorkItem",
]


class Asset(models.Model):
    """A prefix, ASN, domain or piece of software that somebody may hold."""

    class Kind(models.TextChoices):
        """What it is."""

        PREFIX = "prefix"
        ASN = "asn"
        DOMAIN = "domain"
        SOFTWARE = "software"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=255)
    """Canonical: `192.0.2.0/24`, `64500` (no `AS`), `example.org.pk` (A-label, lower case)."""
    confidentiality = models.PositiveSmallIntegerField(default=1)
    integrity = models.PositiveSmallIntegerField(default=1)
    availability = models.PositiveSmallIntegerField(default=1)
    """What its loss would mean, 1 (little) to 3 (grave), each (R18)."""
    lead_team = models.ForeignKey("mandate.Team", models.SET_NULL, null=True, blank=True)
    """Set only where a decision overrides routing."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=("kind", "value"), name="asset_once"),)

    def __str__(self) -> str:
        return f"AS{self.value}" if self.kind == self.Kind.ASN else self.value


def _own_organisation(viewer: Viewer) -> models.Q:
    return models.Q(organisation__in=viewer.organisations)


class Claim(models.Model):
    """This organisation holds this asset from then till then, by this word."""

    class Source(models.TextChoices):
        """By whose word; see `pehra.registry.rules.SOURCE_RANK` for which beats which."""

        MANUAL = "manual"
        SELF = "self"
        REGISTRY = "registry"
        OBSERVED = "observed"

    class Use(models.TextChoices):
        """How addresses are used; in the last two a finding is about the pool."""

        STATIC = "static"
        DYNAMIC = "dynamic"
        CARRIER_NAT = "carrier-nat"

    asset = models.ForeignKey(Asset, models.CASCADE)
    organisation = models.ForeignKey("mandate.Organisation", models.CASCADE)
    source = models.CharField(max_length=10, choices=Source.choices)
    confidence = models.PositiveSmallIntegerField(default=100)
    """Per cent."""
    use = models.CharField(max_length=12, choices=Use.choices, default=Use.STATIC)
    valid_from = models.DateTimeField(null=True, blank=True)
    """Null: since before anybody knows."""
    valid_to = models.DateTimeField(null=True, blank=True)
    """First moment at which it no longer holds; null: still does."""
    proposed = models.BooleanField(default=False)
    """From a registry, in use, and waiting for a person's review."""
    approved_by = models.CharField(max_length=160, blank=True, default="")
    note = models.CharField(max_length=240, blank=True, default="")
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    """Set when the claim turns out never to have been true; it then attributes nothing."""

    objects: TenantManager[Claim] = TenantManager(_own_organisation, held(team=""))

    class Meta:
        indexes = (models.Index(fields=("organisation", "asset"), name="claim_by_holder"),)

    def __str__(self) -> str:
        return f"{self.organisation_id} holds {self.asset_id} ({self.source})"


class WorkItem(models.Model):
    """Something in the register that a person must decide: a conflict, a proposal, a gap."""

    class Kind(models.TextChoices):
        """Why it is here."""

        CONFLICT = "conflict"
        PROPOSAL = "proposal"
        GAP = "gap"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    subject = models.CharField(max_length=255)
    detail = models.TextField(blank=True, default="")
    team = models.ForeignKey("mandate.Team", models.SET_NULL, null=True, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=240, blank=True, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "subject"),
                condition=models.Q(closed_at__isnull=True),
                name="work_item_open_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}"


class Revision(models.Model):
    """Counts changes of the register; the compiled index carries the number it was made from."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="one_revision"),)

    def __str__(self) -> str:
        return f"revision {self.number}"
